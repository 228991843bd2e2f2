"""Does a chance of 10% come true one time in ten? The rows of a scored design in bins of predicted probability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from training.errors import TrainingError


def calibration(
    probability: NDArray[np.float64], taken: NDArray[np.bool_], weight: NDArray[np.float64], bins: int = 10
) -> list[dict[str, float]]:
    """At most `bins` bins, least probable first, each {predicted, observed, weight, error}; [] without a row that weighs.

    probability float64[m]: predicted, 0 to 1; taken bool[m]: whether it came true; weight float64[m]: rows each one stands for.
    predicted, observed: weighted means of the bin; weight: its sum; error: one standard error of `observed`, from
    Σ w² (taken − observed)² / (Σ w)² (the linearised variance of a ratio; rows of one user count as independent, so it is a
    little small). TrainingError for a probability that is not one: the model diverged.

    A bin holds an equal share of the purchases *expected*, not of the rows: of all user-product pairs one in some hundreds is
    taken, so nine of ten quantile bins would split the dust at the bottom and one would hold everything a customer ever sees.
    Equal expected purchases also give every `observed` about the same relative error. Equal probabilities stay together, so
    the order of the rows changes nothing.
    """
    _check(probability, taken, weight, bins)
    kept = weight > 0
    own, hit = np.asarray(weight[kept], dtype=np.float64), np.asarray(taken[kept], dtype=np.float64)
    values, of = np.unique(np.asarray(probability[kept], dtype=np.float64), return_inverse=True)
    expected = np.bincount(of, own, len(values)) * values
    # A value's middle decides, so a value with many rows goes where most of it lies.
    middle = np.cumsum(expected) - expected / 2
    share = middle / expected.sum() if expected.sum() > 0 else np.zeros(len(values))
    number = np.minimum((share * bins).astype(np.int64), bins - 1)[of]
    return [_bin(values[of[number == at]], hit[number == at], own[number == at]) for at in np.unique(number)]


def _bin(value: NDArray[np.float64], hit: NDArray[np.float64], weight: NDArray[np.float64]) -> dict[str, float]:
    total = float(weight.sum())
    observed = float(weight @ hit) / total
    return {
        "predicted": float(weight @ value) / total,
        "observed": observed,
        "weight": total,
        "error": float(np.sqrt(np.square(weight * (hit - observed)).sum())) / total,
    }


def _check(probability: NDArray[np.float64], taken: NDArray[np.bool_], weight: NDArray[np.float64], bins: int) -> None:
    if bins < 1 or not len(probability) == len(taken) == len(weight):
        counted = f"{len(probability)} probabilities, {len(taken)} outcomes, {len(weight)} weights"
        raise ValueError(f"{bins} bins of {counted}: give at least one bin and columns of one length")
    if not ((probability >= 0) & (probability <= 1)).all():
        raise TrainingError(
            "a predicted probability is not between 0 and 1: the model diverged; fit it with a stronger ridge"
        )
    if not (np.isfinite(weight) & (weight >= 0)).all():
        raise ValueError("weights must be finite and not negative")


def expected_calibration_error(bins: Sequence[Mapping[str, float]]) -> float:
    """Mean |observed − predicted| over the bins of `calibration`, by weight (Naeini et al. 2015); NaN without bins."""
    total = sum(bin_["weight"] for bin_ in bins)
    if not total:
        return float("nan")
    return float(sum(bin_["weight"] * abs(bin_["observed"] - bin_["predicted"]) for bin_ in bins) / total)
