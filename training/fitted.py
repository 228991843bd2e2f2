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
from training.fallbacks import fallbacks
from training.fit import fit_parts
from training.ranked import Report
from training.recipe import Recipe
from training.recipe_limits import check_recipe
from training.tuning import Tables, Tuned, tune


@dataclass(frozen=True)
class Fitted:
    """A model of anybody's sales. known: what it was fitted on; tuned: what the windows taught.

    at: the moment that is asked about (aware), None where days only order: then right after each user's own last visit.
    parameters: every hyperparameter as used, as in a manifest; with `ranker.parts.arrays` (name to array, dtypes and shapes in
    models/README.md) it is the whole model: `Ranker.from_arrays(ranker.parts.arrays, parameters)`.
    """

    ranker: Ranker
    known: Known
    at: datetime | None
    tuned: Tuned
    parameters: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    """What the fit fell back on (`training.fallbacks`)."""

    def cases(self, users: Sequence[str]) -> list[Case]:
        """One case per user of `users`, in order, asked at `at`; unknown ones have an empty history and no store."""
        return self.known.cases(users, self.tuned.recipe.history_limit, self.at)


def fitted(lines: pl.DataFrame, recipe: Recipe, report: Report) -> Fitted:
    """Tune inside `lines` and fit on all of them: about a second for 25,000 lines, minutes for millions.

    lines: columns and types as `training.sales.sales` returns them, ids `coded` for speed. recipe: `replace(Recipe(), ...)` to
    change a hyperparameter. report: told (what, done, total) as the work goes on. The same lines and recipe on one thread
    (OPENBLAS_NUM_THREADS=1 before numpy is imported) give the same arrays to the bit.
    TrainingError when `lines` is empty, the recipe is out of range, or a fit diverges.
    """
    check_recipe(recipe)
    windows = inner_windows(lines, recipe.windows)
    tuned = tune(lines, windows, Tables(), recipe, report)
    report("fitting on all events", 0, 1)
    known, catalogue = Known(lines), catalogue_of(lines, None, None)
    parts = fit_parts(known, catalogue, tuned.recipe)
    report("fitting on all events", 1, 1)
    notes = fallbacks(known, catalogue, [window.moment for window in windows], tuned, judged=False)
    return Fitted(parts.ranker(tuned.blend.arrays), known, _moment(lines, windows), tuned, parts.parameters, notes)


def _moment(lines: pl.DataFrame, windows: Sequence[Window]) -> datetime | None:
    """When it is asked: after the last sale; where days only order, None: after each user's own last visit."""
    last = lines["occurred_at"].max()
    calendar = any(window.moment is not None for window in windows)
    return last if calendar and isinstance(last, datetime) else None
