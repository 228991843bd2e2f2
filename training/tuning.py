"""The blend, tuned on windows inside the sales: each refitted on what lay before its cut, and asked what came next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from training.blend import Design, design, fit_weights
from training.cases import Case, taken_by
from training.cuts import Window
from training.fit import Factors, Parts, catalogue_of, fit_factors, fit_parts
from training.recipe import Recipe
from training.scoreboard import Report, scoreboard

KS = (10, 20)


@dataclass(frozen=True)
class Tables:
    """What is known of products and stores, None when nothing: `product_id`, `category`; `store_id`, `timezone`."""

    products: pl.DataFrame | None = None
    stores: pl.DataFrame | None = None


@dataclass(frozen=True)
class Tuned:
    """What the windows taught.

    weights float32[T], from all windows; how: what they rest on; validation: a scoreboard of the last window under the weights
    of the windows before it, empty when not asked for or when there was no window.
    """

    weights: NDArray[np.float32]
    how: str
    n_windows: int
    validation: Mapping[str, Any]


def tune(
    lines: pl.DataFrame,
    windows: Sequence[Window],
    tables: Tables,
    recipe: Recipe,
    report: Report,
    cases_at: Callable[[Window, Sequence[str]], list[Case]] | None = None,
    validate: bool = False,
) -> Tuned:
    """Fit the blend on windows of sales lines, oldest first (`cuts.inner_windows`).

    cases_at: what was known of users at a window's cut (training asks the feature store); else folded from the window's lines.
    """
    ask = cases_at or (lambda window, users: window.known.cases(users, recipe.history_limit))
    designs: list[Design] = []
    validation: dict[str, Any] = {}
    factors: Factors | None = None
    for number, window in enumerate(windows):
        report("tuning on windows of the past", number, len(windows))
        catalogue = catalogue_of(window.known.lines, tables.products, tables.stores)
        # Fitted at the oldest cut and used at all: no window sees its own future, and the dear part is fitted once.
        factors = factors or fit_factors(window.known, catalogue, recipe)
        parts = fit_parts(window.known, catalogue, recipe, factors)
        taken = taken_by(window.targets)
        cases = ask(window, list(taken))
        if validate and number == len(windows) - 1:
            validation = _validate(parts, window, cases, designs, recipe, report)
        rng = np.random.default_rng([recipe.seed, number])
        designs.append(design(parts.ranker(), _some(cases, recipe.blend_users, rng), taken, recipe, rng))
    report("tuning on windows of the past", len(windows), len(windows))
    weights, how = fit_weights(designs, recipe.terms, mean_basket(lines), recipe)
    return Tuned(weights, how, len(windows), validation)


def mean_basket(lines: pl.DataFrame) -> float:
    """Distinct products of a user's shopping day, on average; 1 when there is none."""
    baskets = lines.drop_nulls("user_id").group_by("user_id", "day").agg(pl.col.product_id.n_unique())
    mean = baskets["product_id"].mean()
    return float(mean) if isinstance(mean, float) else 1.0


def _validate(
    parts: Parts, window: Window, cases: Sequence[Case], designs: Sequence[Design], recipe: Recipe, report: Report
) -> dict[str, Any]:
    weights, how = fit_weights(designs, recipe.terms, mean_basket(window.known.lines), recipe)
    board = scoreboard(parts.ranker(weights), window.known, cases, window.targets, KS, report)
    return {**board, "blend": how, "cut": None if window.moment is None else window.moment.isoformat()}


def _some(cases: list[Case], most: int, rng: np.random.Generator) -> list[Case]:
    if len(cases) <= most:
        return cases
    return [cases[index] for index in np.sort(rng.choice(len(cases), most, replace=False))]
