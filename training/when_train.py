"""`daypart train`, the second candidate: when users come, fitted on the sales that the ranker is fitted on."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from training.errors import TrainingError
from training.untouched import untouched
from training.visit_log import visit_log
from training.when_export import export_when
from training.when_fit import fit_when

_FIRST = date(1970, 1, 1).toordinal()


def train_when(
    shelf: Path, lines: pl.DataFrame, end: datetime, seed: int, answers: pl.DataFrame | None = None
) -> tuple[str | None, tuple[str, ...]]:
    """Fit on the days that were over in every store's zone at `end` (aware), and write a candidate; nothing is promoted.

    Its version, None where there was nothing to fit; and what it fell back on, a sentence each. lines: `training.sales`, all
    before `end`; answers: the lake's, whose days count as they were foretold. Too little data raises nothing.
    """
    habits = lines if answers is None else untouched(lines, answers, end)
    try:
        fitted = fit_when(visit_log(habits), first_open_day(lines, end), seed)
    except TrainingError as error:
        return None, (f"when users come was not learned: {error}",)
    notes = tuple(f"when users come: {told}" for told in fitted.fell_back_on)
    return export_when(shelf, fitted, end, seed).version, notes


def first_open_day(lines: pl.DataFrame, end: datetime) -> int:
    """The first local day, since 1970, that was not over everywhere at `end`: a part of a day would teach too few visits."""
    zones = lines["zone"].drop_nulls().unique().to_list()
    days = [end.astimezone(ZoneInfo(zone)).toordinal() for zone in zones] or [end.toordinal()]
    return min(days) - _FIRST
