"""The two forms, learned: a ridge logistic regression on every term and every pair of terms of what users took next.

Users weigh alike whatever the size of their baskets, as in recall and hit rate; one slope and one intercept over both forms then
bring the scores back to chances (Platt 1999), which keeps every order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.form import Form
from models.term_names import WIDE_TERMS
from training.design import Design, Rows
from training.newton import Problem, minimise
from training.recipe import Recipe

LEAST_POSITIVES = 50
_TAILS = (0.5, 99.5)
_FIRST_STEP = 8
# For a shop too young to learn from. New: what sells, as a probability per visit, leaning to what sells there and then (by a
# third only: `here` grows with a store's sales without bound). Usual: about what Complete Journey taught.
DEFAULT_NEW: Mapping[str, float] = {"popularity": 1.0, "here": 0.3}
DEFAULT_USUAL: Mapping[str, float] = {"habit": 0.3, "lately": 0.5, "count": 0.7, "rebuy": 0.5}


@dataclass(frozen=True)
class Blend:
    """Arrays usual_range, usual_matrix, new_range, new_matrix of an artifact, and what they rest on."""

    arrays: Mapping[str, NDArray[np.float32]]
    how: str


def fit_blend(designs: Sequence[Design], basket: float, recipe: Recipe) -> Blend:
    """Learn both forms from the designs of the windows. basket: mean products a visit, for the defaults.

    A form of which fewer than LEAST_POSITIVES rows were taken keeps its default, and `how` says so.
    """
    halves = (
        ("usual", Rows.of([d.usual for d in designs], len(recipe.usual_terms)), recipe.usual_terms, DEFAULT_USUAL),
        ("new", Rows.of([d.new for d in designs], len(recipe.new_terms)), recipe.new_terms, DEFAULT_NEW),
    )
    fitted: dict[str, Form] = {}
    forms: dict[str, Form] = {}
    for name, rows, terms, default in halves:
        alone, ease = (WIDE_TERMS, recipe.blend_new_ease) if name == "new" else ((), 1.0)
        learned = _learned(rows, terms, recipe, pairs_of(terms, alone=alone), ease)
        if learned is not None:
            fitted[name] = learned
        forms[name] = learned or _default(terms, default, basket)
    if fitted:
        forms |= _calibrated(fitted, {name: rows for name, rows, *_ in halves})
    arrays = {}
    for name, form in forms.items():
        arrays[f"{name}_range"] = np.column_stack([form.low, form.high, form.centre]).astype(np.float32)
        arrays[f"{name}_matrix"] = form.matrix
    return Blend(arrays, f"{' and '.join(fitted)} fitted" if fitted else "defaults")


def pairs_of(terms: Sequence[str], alone: Sequence[str] = ()) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(first, second) of every pair, squares included, in which no term stands alone."""
    first, second = np.triu_indices(len(terms))
    single = np.isin(np.array(terms), list(alone))
    kept = ~(single[first] | single[second])
    return first[kept], second[kept]


def _learned(
    rows: Rows,
    terms: tuple[str, ...],
    recipe: Recipe,
    pairs: tuple[NDArray[np.int64], NDArray[np.int64]],
    ease: float,
) -> Form | None:
    """None for too little data. The ridge is on standardised terms, and on products of two such terms."""
    if rows.taken.sum() < LEAST_POSITIVES or rows.taken.all():
        return None
    low, high = np.percentile(rows.values, _TAILS, axis=0)
    clipped = np.clip(rows.values, low, high)
    centre, spread = clipped.mean(axis=0, dtype=np.float64), clipped.std(axis=0, dtype=np.float64)
    spread[spread < 1e-6] = np.inf  # a term that never varies weighs nothing
    weight = rows.weight * rows.user ** np.float32(recipe.user_power)
    z = ((clipped - centre) / spread).astype(np.float32)
    problem = Problem(z, rows.taken, weight / weight.mean(), *pairs, recipe.blend_c, ease)
    # Most steps on few rows, the last on all: the same optimum, sooner.
    few = problem.thinned(_FIRST_STEP)
    beta = minimise(problem, minimise(few) if few.taken.any() and not few.taken.all() else None)
    matrix = np.zeros((len(terms) + 1, len(terms) + 1))
    matrix[:-1, -1] = beta[: len(terms)] / spread
    np.add.at(matrix, pairs, beta[len(terms) : -1] / (spread[pairs[0]] * spread[pairs[1]]))
    matrix = (matrix + matrix.T) / 2.0
    matrix[-1, -1] = beta[-1]
    return Form(terms, low.astype("f4"), high.astype("f4"), centre.astype("f4"), matrix.astype(np.float32))


def _calibrated(forms: Mapping[str, Form], rows: Mapping[str, Rows]) -> dict[str, Form]:
    """The same forms on the scale of chances: slope and intercept over all rows, every user's products counting as they are."""
    from sklearn.linear_model import LogisticRegression

    score = np.concatenate([form.score(rows[name].values) for name, form in forms.items()])[:, None].astype(np.float64)
    taken = np.concatenate([rows[name].taken for name in forms])
    weight = np.concatenate([rows[name].weight for name in forms]).astype(np.float64)
    platt = LogisticRegression(C=np.inf, max_iter=100).fit(score, taken, sample_weight=weight)
    slope, shift = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    if not slope > 0:  # nothing learned that is worth a scale
        return dict(forms)
    made = {}
    for name, form in forms.items():
        matrix = form.matrix.astype(np.float64) * slope
        matrix[-1, -1] += shift
        made[name] = Form(form.terms, form.low, form.high, form.centre, matrix.astype(np.float32))
    return made


def _default(terms: tuple[str, ...], weights: Mapping[str, float], basket: float) -> Form:
    """Linear in the terms themselves, whatever their range."""
    wide, n = np.full(len(terms), np.float32(1e6)), len(terms)
    matrix = np.zeros((n + 1, n + 1), np.float32)
    for term, value in weights.items():
        if term in terms:
            matrix[terms.index(term), n] = matrix[n, terms.index(term)] = value / 2.0
    matrix[n, n] = np.log(max(basket, 1.0))
    return Form(terms, -wide, wide, np.zeros(n, np.float32), matrix)
