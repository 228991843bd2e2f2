"""What is known of every product beside its popularity and rebuy rate: the columns of `goods`, in the order of GOODS_TERMS."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.term_names import GOODS_TERMS
from training.visits import Visits

MONTH_D, WEEK_D = 28, 7
LATELY, LAST = 0.60, 0.01
"""Decays per visit of the user: what people took of late, and what they took last, whatever the calendar says."""
_FEW = 1e-5
_BUYERS, _CHANCES = 3.0, 20.0
"""How many buyers', and how many visits', worth of the mean is mixed into every product's."""


def goods(visits: Visits) -> NDArray[np.float32]:
    """float32[n, len(GOODS_TERMS)], all finite; row i is `visits.products[i]`.

    | column | value |
    |---|---|
    | month, week | log(share of the visits of the last 28 and 7 days that had it + 1e-5) |
    | taken, taken_last | the same share with visits fading by .60 and .01 at each later visit of the same user |
    | repeat | log of the chance that a buyer's next visit has it again |
    | faithful | log of the mean visits with it per buyer |
    | company | log of the mean products of a visit that had it |
    | final | share of its sales that were on the buyer's last visit: what comes up of late, or comes last |
    """
    n = len(visits.products)
    back = visits.n_visits[visits.user] - visits.visit
    age = visits.day.max(initial=0) - visits.day
    sold = np.maximum(np.bincount(visits.row, minlength=n), 1).astype(np.float64)
    columns = {
        "month": _share(visits, (age < MONTH_D).astype(np.float64)),
        "week": _share(visits, (age < WEEK_D).astype(np.float64)),
        "taken": _share(visits, LATELY**back),
        "taken_last": _share(visits, LAST**back),
        "repeat": _repeat(visits),
        "faithful": _faithful(visits),
        "company": np.log(np.maximum(np.bincount(visits.row, weights=visits.basket, minlength=n) / sold, 1.0)),
        "final": np.bincount(visits.row, weights=back == 0, minlength=n) / sold,
    }
    return np.column_stack([columns[name] for name in GOODS_TERMS]).astype(np.float32)


def _share(visits: Visits, weight: NDArray[np.floating]) -> NDArray[np.float64]:
    """log(weight of the visits with the product over the weight of all visits + 1e-5); weight float64[rows], one per visit."""
    total = (weight / visits.basket).sum()
    return np.asarray(
        np.log(np.bincount(visits.row, weights=weight, minlength=len(visits.products)) / max(total, 1e-9) + _FEW)
    )


def _repeat(visits: Visits) -> NDArray[np.float64]:
    """Of the visits a buyer made after first buying it, how many had it; shrunk to the mean with 20 visits' worth."""
    n = len(visits.products)
    first = visits.by_pair[visits.pairs]
    again = np.bincount(visits.row[first], weights=visits.times - 1, minlength=n)
    left = visits.n_visits[visits.user[first]] - visits.visit[first]
    chances = np.bincount(visits.row[first], weights=left, minlength=n)
    mean = (again.sum() + 1.0) / (chances.sum() + 2.0)
    return np.asarray(np.log((again + _CHANCES * mean) / (chances + _CHANCES)))


def _faithful(visits: Visits) -> NDArray[np.float64]:
    n = len(visits.products)
    sold = np.bincount(visits.row, minlength=n)
    buyers = np.bincount(visits.row[visits.by_pair[visits.pairs]], minlength=n)
    mean = max(sold.sum(), 1) / max(buyers.sum(), 1)
    return np.asarray(np.log((sold + _BUYERS * mean) / (buyers + _BUYERS)))
