"""The blend, tuned on windows inside the sales: each refitted on what lay before its cut, and asked what came next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from training.blend import Blend, fit_blend
from training.cases import Case, taken_by
from training.catalogue import catalogue_of
from training.cuts import Window
from training.design import Design, design
from training.factors import Factors, fit_factors
from training.fit import Parts, fit_parts, mean_basket
from training.ranked import Report
from training.recipe import Recipe
from training.scoreboard import scoreboard
from training.search import Fold, is_asked, search
from training.visits import visits_of

KS = (10, 20)


@dataclass(frozen=True)
class Tables:
    """What is known of products and stores, None when nothing: `product_id`, `category`; `store_id`, `timezone`."""

    products: pl.DataFrame | None = None
    stores: pl.DataFrame | None = None


@dataclass(frozen=True)
class Tuned:
    """What the windows taught.

    blend: the two forms, from all windows; recipe: with the hyperparameters that were chosen; trials: what was tried; validation:
    a scoreboard of the last window under the blend of the windows before it, empty when not asked for or without a window, and
    `judged`: that window and blend, for a closer look.
    """

    blend: Blend
    recipe: Recipe
    trials: tuple[Mapping[str, Any], ...]
    n_windows: int
    validation: Mapping[str, Any]
    judged: tuple[Fold, Blend] | None = None


def tune(
    lines: pl.DataFrame,
    windows: Sequence[Window],
    tables: Tables,
    recipe: Recipe,
    report: Report,
    cases_at: Callable[[Window, Sequence[str]], list[Case]] | None = None,
    validate: bool = False,
) -> Tuned:
    """Search and fit the blend on windows of sales lines, oldest first (`cuts.inner_windows`).

    cases_at: what was known of users at a window's cut (training asks the feature store); else folded from the window's lines.
    With `validate` the last window is kept out of the search, so that its scoreboard is of something unseen.
    """
    ask = cases_at or (lambda window, users: window.known.cases(users, recipe.history_limit, window.moment))
    folds: list[Fold] = []
    factors: Factors | None = None
    for number, window in enumerate(windows):
        report("tuning on windows of the past", number, len(windows))
        catalogue = catalogue_of(window.known.lines, tables.products, tables.stores)
        # Fitted at the oldest cut and used at all: no window sees its own future, and the dear part is fitted once.
        factors = factors or fit_factors(window.known, catalogue, recipe)
        folds.append(_fold(window, fit_parts(window.known, catalogue, recipe, factors), ask, recipe, number))
    report("tuning on windows of the past", len(windows), len(windows))
    found = search(folds[:-1] if validate else folds, recipe, report)
    blend = fit_blend(_designs(folds), mean_basket(visits_of(lines)), found.recipe)
    tuned = Tuned(blend, found.recipe, found.trials, len(windows), {})
    return _validated(tuned, windows[-1], folds, report) if validate and folds else tuned


def _fold(
    window: Window,
    parts: Parts,
    ask: Callable[[Window, Sequence[str]], list[Case]],
    recipe: Recipe,
    number: int,
) -> Fold:
    taken = taken_by(window.targets)
    cases, rng = ask(window, list(taken)), np.random.default_rng([recipe.seed, number])
    ranker, some = parts.ranker(), _some(cases, recipe, rng)
    teach, held = (
        design(ranker, [case for case in some if is_asked(case.user_id) == asked], taken, recipe, rng)
        for asked in (False, True)
    )
    return Fold(parts, teach, held, cases, taken, mean_basket(window.known.visits))


def _validated(tuned: Tuned, window: Window, folds: Sequence[Fold], report: Report) -> Tuned:
    last = folds[-1]
    blend = fit_blend(_designs(folds[:-1]), last.basket, tuned.recipe)
    board = scoreboard(last.parts.ranker(blend.arrays), window.known, last.cases, window.targets, KS, report)
    cut = None if window.moment is None else window.moment.isoformat()
    return replace(tuned, validation={**board, "blend": blend.how, "cut": cut}, judged=(last, blend))


def _designs(folds: Sequence[Fold]) -> list[Design]:
    return [rows for fold in folds for rows in (fold.design, fold.held)]


def _some(cases: list[Case], recipe: Recipe, rng: np.random.Generator) -> list[Case]:
    """Cases drawn until their rows are about `blend_rows`, store by store, as what a place sells is kept for the next one."""
    rows = np.array([min(len(case.history), recipe.blend_usual) + recipe.blend_others for case in cases])
    drawn = rng.permutation(len(cases))
    enough = int(np.searchsorted(np.cumsum(rows[drawn]), recipe.blend_rows)) + 1
    kept = [cases[place] for place in np.sort(drawn[:enough])]
    return sorted(kept, key=lambda case: case.store_id or "")
