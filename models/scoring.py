"""The scoring core: the best k of n, exactly."""

from __future__ import annotations

import numpy as np


def top_k(scores: np.ndarray, k: int) -> np.ndarray:
    """Rows int64[min(k, eligible)] of the k greatest scores, greatest first, ties by row ascending.

    scores float[n]; NaN means "not eligible" and is never returned. Equals sorting everything, in linear time.
    """
    if scores.ndim != 1:
        raise ValueError(f"scores has {scores.ndim} dimensions, not 1")
    if k < 0:
        raise ValueError(f"k {k} is below zero")
    if k == 0 or len(scores) == 0:
        return np.empty(0, dtype=np.int64)
    cut = max(len(scores) - k, 0)
    best = np.partition(scores, cut)[cut:]
    if np.isnan(best).any():  # numpy sorts NaN last, so any NaN at all would stand here
        rows = np.flatnonzero(~np.isnan(scores))
        return rows[top_k(scores[rows], k)]
    worst = best[0]
    above = np.flatnonzero(scores > worst)
    ties = np.flatnonzero(scores == worst)[: len(best) - len(above)]
    # Both parts are in row order and every tie is below all of `above`, so a stable sort settles the rest.
    return np.concatenate((above[np.argsort(-scores[above], kind="stable")], ties))


def top_k_block(scores: np.ndarray, k: int) -> list[np.ndarray]:
    """`top_k` of each row of scores float[m,n]: a list, as rows may have fewer than k eligible products."""
    return [top_k(row, k) for row in scores]
