"""How good a ranking by predicted effect is, on the half of a trial that it was not learned from.

Reached at a share: among the so-many rows ranked first, the outcome's rate of those who drew the arm less the rate of those who
drew nothing. A Qini curve (Radcliffe 2007) says it for every share: outcomes gained, as a share of all rows, were only those
ranked first given the arm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.uplift import fit
from training.uplift_trial import Trial

TOP = 0.3


@dataclass(frozen=True)
class Split:
    """One half-and-half split: reached at the top 30% by ranking, the Qini curves, and which learner was taken."""

    top: dict[str, float]
    curve: dict[str, NDArray[np.float64]]
    learner: str


def split(whole: Trial, seed: int, rules: dict[str, str] | None = None) -> Split:
    """Learn arm 1 on a random half, rank the other. rules: name → column whose larger numbers go first, ranked beside."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(whole.outcome))
    learned = fit(whole.rows(order[: len(order) // 2]), seed)
    asked = whole.rows(order[len(order) // 2 :])
    scores = {"model": learned.uplift.effect(asked.x)[:, 1], "random": np.zeros(len(asked.outcome))}
    scores |= {name: asked.x[:, whole.columns.index(column)] for name, column in (rules or {}).items()}
    # Ties are broken by lot, the same lot for every ranking: whom a rule does not tell apart it ranks at random.
    lot = rng.random(len(asked.outcome))
    orders = {name: np.lexsort((lot, -score)) for name, score in scores.items()}
    return Split(
        {name: reached(asked, rows[: round(TOP * len(rows))]) for name, rows in orders.items()},
        {name: qini(asked, rows) for name, rows in orders.items()},
        learned.learner[whole.arms[1]],
    )


def reached(asked: Trial, rows: NDArray[np.int64]) -> float:
    """Rate of the outcome with arm 1 less the rate with nothing, among `rows`; NaN when one of the two has none."""
    arm, outcome = asked.arm[rows], asked.outcome[rows]
    if not (arm == 1).any() or not (arm == 0).any():
        return float("nan")
    return float(outcome[arm == 1].mean() - outcome[arm == 0].mean())


def qini(asked: Trial, order: NDArray[np.int64], points: int = 50) -> NDArray[np.float64]:
    """float64[points + 1]: at each share k/points of the rows, share · reached; 0 at 0."""
    ends = np.round(np.arange(1, points + 1) / points * len(order)).astype(int)
    return np.array([0.0, *(end / len(order) * reached(asked, order[:end]) for end in ends)])
