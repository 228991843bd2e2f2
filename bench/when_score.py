"""The rules When is scored by; each is proper or reads one thing only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

BINS = 10


def auc(chance: NDArray[np.float64], came: NDArray[np.bool_]) -> float:
    """The chance that somebody who came was given more than somebody who did not."""
    return float(roc_auc_score(came, chance))


def log_loss(chance: NDArray[np.float64], came: NDArray[np.bool_]) -> float:
    """Mean of -log of the chance given to what happened."""
    return float(-np.log(np.where(came, chance, 1.0 - chance)).mean())


def slot_log_loss(density: NDArray[np.float64], slot: NDArray[np.int64]) -> float:
    """Mean of -log of the chance given to the slot that was; density float64[n, slots]."""
    return float(-np.log(density[np.arange(len(slot)), slot]).mean())


def top_1(density: NDArray[np.float64], slot: NDArray[np.int64]) -> float:
    """Share of visits in the likeliest slot, ties to the earlier one."""
    return float((density.argmax(axis=1) == slot).mean())


def reliability(
    chance: NDArray[np.float64], came: NDArray[np.bool_], bins: int = BINS
) -> list[tuple[float, float, int]]:
    """(mean chance, share who came, how many) of each of ten bins of equal width that holds somebody."""
    bin_of = np.minimum((chance * bins).astype(np.int64), bins - 1)
    inside = [bin_of == nth for nth in range(bins)]
    return [(float(chance[here].mean()), float(came[here].mean()), int(here.sum())) for here in inside if here.any()]


def calibration_error(chance: NDArray[np.float64], came: NDArray[np.bool_], bins: int = BINS) -> float:
    """Σ over bins of their share of users · |mean chance - share who came| (expected calibration error, Naeini et al. 2015)."""
    return float(sum(n * abs(said - was) for said, was, n in reliability(chance, came, bins)) / len(chance))
