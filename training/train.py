"""`daypart train`: the lake → a candidate on the shelf, judged on the newest window of the past beside the baselines."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from settings import Settings
from training.account import account
from training.answers import read_answers
from training.cases import Case, Known, prepare, served
from training.catalogue import catalogue_of
from training.cuts import Window, inner_windows
from training.errors import TrainingError
from training.export import export
from training.fallbacks import fallbacks
from training.fit import fit_parts
from training.lake import read_events, read_table
from training.measured import measured
from training.odd_data import odd_lines
from training.ranked import Report
from training.recipe import Recipe
from training.recipe_limits import check_recipe
from training.report import write_report
from training.response_train import train_response
from training.sales import CANCELS, coded, sales
from training.tracking import Logged, tracker
from training.tuning import Tables, Tuned, tune
from training.when_train import train_when

_COLUMNS = ("event_id", "event_type", "occurred_at", "user_id", "product_id", "store_id", "order_id", "quantity")
_Taught = tuple[Tuned, list[datetime | None]]
"""What the windows taught, and the moment of each."""


@dataclass(frozen=True)
class TrainReport:
    """What a training run made. metrics: the validation scoreboard (WIRE.md's shape), empty when there was no window."""

    version: str
    trained_through: datetime
    metrics: Mapping[str, Any]
    notes: tuple[str, ...]
    """What the run fell back on, in plain words; empty when nothing was missing."""
    n_sales: int
    n_users: int
    n_products: int
    n_windows: int
    odd_data: Mapping[str, int]
    """`training.odd_data.odd_lines`."""
    seconds: float
    report: Path
    """The HTML report of this run."""
    when_version: str | None = None
    """The `when` candidate written beside it, None where there was nothing to fit."""
    response_version: str | None = None
    """The `response` candidate written beside it, None where too few offers were answered."""
    logged: Logged | None = None
    """What became of it at MLflow, None where nobody asks."""


def train(settings: Settings, through: datetime | None = None, progress: Report | None = None) -> TrainReport:
    """Fit on the lake's events before `through` (all without it); write candidates, ranker, `when`, `response`; promote nothing.

    Histories at the cuts of the windows come from the feature store's join in time. TrainingError when there is nothing to
    learn from or a fit diverges, and at once when `mlflow_url` cannot be used; DataError and FeatureError as their rooms raise.
    """
    began, report, log = time.perf_counter(), progress or _silent, tracker(settings)
    tables = Tables(read_table(settings.lake, "products"), read_table(settings.lake, "stores"))
    lines = _lines(settings, through, tables)
    recipe = replace(Recipe(), seed=settings.seed, history_limit=settings.history_limit)
    read_s = time.perf_counter() - began
    check_recipe(recipe)
    tuned, moments = _tuned(settings, lines, tables, recipe, report)
    tuned_s = time.perf_counter() - began - read_s
    report("fitting on all events", 0, 1)
    known, catalogue = Known(lines), catalogue_of(lines, tables.products, tables.stores)
    parts = fit_parts(known, catalogue, tuned.recipe)
    end = _end(lines, through)
    artifact = export(settings.shelf, parts, tuned, end)
    timed, told = train_when(settings.shelf, lines, end, settings.seed, read_answers(settings.lake))
    answered, said = train_response(settings.shelf, settings.lake, lines, end)
    report("fitting on all events", 1, 1)
    seconds = time.perf_counter() - began
    stages = {"reading": read_s, "windows, search and blend": tuned_s, "fit and export": seconds - read_s - tuned_s}
    notes = (*fallbacks(known, catalogue, moments, tuned, judged=True), *told, *said)
    sizes, odd = (len(lines), len(known.histories.users), len(catalogue.products)), odd_lines(lines, catalogue)
    counts = {**dict(zip(("sales", "users", "products"), sizes, strict=True)), **odd}
    page = account(tuned, artifact.version, end, stages, notes, counts)
    path = write_report(page, settings.home / "reports" / f"train-{artifact.version}.html")
    figures = {**counts, "windows": tuned.n_windows, "seconds": seconds}
    logged = log.log(artifact, figures, notes, path) if log else None
    metrics = artifact.manifest["metrics"]["validation"]
    return TrainReport(
        artifact.version, end, metrics, notes, *sizes, tuned.n_windows, odd, seconds, path, timed, answered, logged
    )  # fmt: skip


def _lines(settings: Settings, through: datetime | None, tables: Tables) -> pl.DataFrame:
    wanted = ("purchase", *CANCELS)
    events = read_events(settings.lake, through, types=wanted, columns=_COLUMNS)
    lines = coded(sales(measured(settings.lake, settings.consent_default, events), tables.stores))
    if lines.is_empty():
        before = f" before {through.isoformat()}" if through else ""
        raise TrainingError(
            f"{settings.lake}: holds no purchase that stands{before}; ingest events, or take a later --through"
        )
    return lines


def _end(lines: pl.DataFrame, through: datetime | None) -> datetime:
    """What was trained through, UTC: as asked, else just after the last sale."""
    last = lines["occurred_at"].max()
    end = through or (last if isinstance(last, datetime) else datetime.now(UTC)) + timedelta(microseconds=1)
    return end.astimezone(UTC)


def _tuned(settings: Settings, lines: pl.DataFrame, tables: Tables, recipe: Recipe, report: Report) -> _Taught:
    windows = inner_windows(lines, recipe.windows + 1)
    moments = [window.moment for window in windows if window.moment is not None]
    if moments:
        prepare(settings, moments, report)

    def cases_at(window: Window, users: Sequence[str]) -> list[Case]:
        # Where each user's own last visit is held out there is no one moment to join at.
        if window.moment is None:
            return window.known.cases(users, recipe.history_limit, window.moment)
        return served(settings, users, window.moment)

    tuned = tune(lines, windows, tables, recipe, report, cases_at, validate=True)
    return tuned, [window.moment for window in windows]


def _silent(what: str, done: int, total: int) -> None:
    """Nobody watches."""
