"""Anybody's sales → a model ready to be asked: tuned on windows inside them, fitted on all of them. The door for a notebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from models.ranker import Ranker
from training.cases import Case, Known
from training.catalogue import catalogue_of
from training.cuts import Window, inner_windows
from training.fit import fit_parts
from training.ranked import Report
from training.recipe import Recipe
from training.tuning import Tables, Tuned, tune


@dataclass(frozen=True)
class Fitted:
    """A model of anybody's sales. known: what it was fitted on; at: when it is asked; tuned: what the windows taught."""

    ranker: Ranker
    known: Known
    at: datetime | None
    tuned: Tuned
    parameters: Mapping[str, Any]

    def cases(self, users: Sequence[str]) -> list[Case]:
        """Of `users`, in order; unknown ones have an empty history."""
        return self.known.cases(users, self.tuned.recipe.history_limit, self.at)


def fitted(lines: pl.DataFrame, recipe: Recipe, report: Report) -> Fitted:
    """Tune inside `lines` (as `training.sales.coded` gives them) and fit on all of them."""
    windows = inner_windows(lines, recipe.windows)
    tuned = tune(lines, windows, Tables(), recipe, report)
    report("fitting on all events", 0, 1)
    known = Known(lines)
    parts = fit_parts(known, catalogue_of(lines, None, None), tuned.recipe)
    report("fitting on all events", 1, 1)
    return Fitted(parts.ranker(tuned.blend.arrays), known, _moment(lines, windows), tuned, parts.parameters)


def _moment(lines: pl.DataFrame, windows: Sequence[Window]) -> datetime | None:
    """When it is asked: after the last sale; where days only order, None: after each user's own last visit."""
    last = lines["occurred_at"].max()
    calendar = any(window.moment is not None for window in windows)
    return last if calendar and isinstance(last, datetime) else None
