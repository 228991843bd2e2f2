"""Four kinds of user by how an offer would move them, as chances: the words a campaign's owner reads.

persuadable: a class that answers a discount; put_off: one that stays away for being sent anything; of the rest, which nothing
moves: would_buy_anyway, who comes on at least `OFTEN` of their days untouched, and lost, who seldom do.
"""

from __future__ import annotations

import numpy as np

from models.response_classes import ResponseClasses

KINDS = ("would_buy_anyway", "persuadable", "lost", "put_off")
OFTEN = 0.2


def kind_chances(classes: ResponseClasses, weight: np.ndarray, p_come: np.ndarray) -> np.ndarray:
    """float64[n, 4] by KINDS, rows sum to 1. weight: float64[n, C], own; p_come: float64[n], chance of a day with a visit."""
    answers, away = weight @ (classes.height > 0), weight @ (classes.away > 0)
    still, often = np.maximum(1.0 - answers - away, 0.0), np.asarray(p_come) >= OFTEN
    return np.stack([still * often, answers, still * ~often, away], axis=1)


def likeliest_kind(chances: np.ndarray) -> list[tuple[str, float]]:
    """Each user's likeliest kind and its chance; ties go to the first of KINDS."""
    best = chances.argmax(axis=1)
    return [(KINDS[kind], float(row[kind])) for kind, row in zip(best.tolist(), chances, strict=True)]
