"""The scoring core's selection: the best k of n scores, exactly, ties to the lower row. `factor_index.py` is of factors.

A threshold comes first: the k-th greatest, by partition in a buffer. What reaches it is found in one pass and alone is sorted.
"""

from __future__ import annotations

import numpy as np

from models.scratch import Scratch

_NOTHING = np.float32(-np.inf)
_MANY = 512
"""Groups whose greatest stand for a long row of scores, where that spares a partition."""


def top_k(scores: np.ndarray, k: int, eligible: np.ndarray | None = None, scratch: Scratch | None = None) -> np.ndarray:
    """Rows int64[min(k, eligible)] of the k greatest scores, greatest first, ties by row ascending.

    scores float[n]; NaN means "not eligible" and is never returned, nor is where `eligible` bool[n] is false. Equals sorting
    everything, in linear time. ValueError for another number of dimensions or k below zero.
    """
    if scores.ndim != 1:
        raise ValueError(f"scores has {scores.ndim} dimensions, not 1")
    if k < 0:
        raise ValueError(f"k {k} is below zero")
    if k == 0 or len(scores) == 0:
        return np.empty(0, dtype=np.int64)
    if k <= _MANY // 8 and len(scores) >= 4 * _MANY:
        shown = scores if eligible is None else np.where(eligible, scores, np.float32(np.nan))
        rows = (shown >= _least_peak(shown, k)).nonzero()[0]
        if k <= len(rows) <= 4 * k:
            return rows[np.argsort(-scores[rows], kind="stable")[:k]]
    worst = greatest(scores, k, eligible, scratch or Scratch())[0]
    rows = (scores >= worst).nonzero()[0]  # never NaN
    if eligible is not None:
        rows = rows[eligible[rows]]
    found = scores[rows]
    if len(rows) > k:
        above = found > worst
        kept = above | (np.cumsum(~above) <= k - np.count_nonzero(above))
        rows, found = rows[kept], found[kept]
    # Rows ascend, so a stable sort leaves ties by row.
    return rows[np.argsort(-found, kind="stable")]


def top_k_block(
    scores: np.ndarray, k: int, eligible: np.ndarray | None = None, scratch: Scratch | None = None
) -> np.ndarray:
    """`top_k` of each row of scores float[m,n] at once: int64[m, min(k, n)], -1 after the last where fewer are eligible.

    eligible bool[n] for all, or bool[m,n].
    """
    if scores.ndim != 2:
        raise ValueError(f"scores has {scores.ndim} dimensions, not 2")
    if k < 0:
        raise ValueError(f"k {k} is below zero")
    m, n = scores.shape
    best = np.full((m, min(k, n)), -1, dtype=np.int64)
    if best.size == 0:
        return best
    worst = greatest(scores, k, eligible, scratch or Scratch())[:, 0]
    reached = scores >= worst[:, None]
    if eligible is not None:
        reached &= eligible
    user, row = np.divmod(np.flatnonzero(reached), n)
    above = scores[user, row] > worst[user]
    tie = placed(user, ~above, m)
    kept = above | (tie < k - np.bincount(user[above], minlength=m)[user])
    user, row = user[kept], row[kept]
    order = np.lexsort((-scores[user, row], user))
    user, row = user[order], row[order]
    best[user, placed(user, np.ones(len(user), bool), m)] = row
    return best


def greatest(scores: np.ndarray, k: int, eligible: np.ndarray | None, scratch: Scratch) -> np.ndarray:
    """float[..., min(k, n)]: the k greatest along the last axis of scores float[..., n], both at least 1; the least comes first.

    NaN and what is not eligible count as -inf. A view into `scratch`, so read it before the next call.
    """
    standing = scratch.array("standing", scores.shape, scores.dtype)
    np.copyto(standing, scores)
    if eligible is not None:
        struck = ~eligible
        standing[struck if struck.ndim == standing.ndim else (slice(None), struck)] = _NOTHING
    cut = max(scores.shape[-1] - k, 0)
    standing.partition(cut, axis=-1)
    # numpy sorts NaN last, so any at all would stand among these.
    if np.isnan(np.maximum.reduce(standing[..., cut:], axis=None, initial=_NOTHING)):
        np.fmax(standing, _NOTHING, out=standing)  # the maximum that passes over NaN
        standing.partition(cut, axis=-1)
    return standing[..., cut:]


def _least_peak(scores: np.ndarray, k: int) -> float:
    """At most the k-th greatest of scores float[n], n at least 512 and k less: `kth_of_peaks` that passes over NaN."""
    whole = len(scores) // _MANY * _MANY
    peaks = np.fmax(np.fmax.reduce(scores[:whole].reshape(-1, _MANY), axis=0), _NOTHING)
    peaks.partition(_MANY - k)
    return float(peaks[_MANY - k])


def placed(group: np.ndarray, counted: np.ndarray, n_groups: int) -> np.ndarray:
    """int64[len(group)]: how many of the counted stand before each in its group; group int64 ascending, counted bool."""
    before = np.cumsum(counted) - counted
    starts = np.searchsorted(group, np.arange(n_groups))
    return np.asarray(before - np.append(before, 0)[starts][group])


def kth_of_peaks(score: np.ndarray, n: int, groups: int, k: int) -> float:
    """At most the k-th greatest of score[:n] float32 without NaN, and seldom less: that of the greatest of each group.

    Row j is of group j mod `groups`, more than k, so one pass of vector maxima finds them. `score` has room for a group more.
    """
    whole = -(-n // groups) * groups
    score[n:whole] = _NOTHING
    peaks = score[:whole].reshape(-1, groups).max(axis=0)
    peaks.partition(groups - k)
    return float(peaks[groups - k])


def in_order(user: np.ndarray, score: np.ndarray, row: np.ndarray) -> np.ndarray:
    """int64[c]: the order by user int64[c], below 65,536, then score float64[c] descending, then row int64[c].

    What `lexsort` gives, and is left to it only where scores tie: two single keys are sorted ten times faster.
    """
    order = np.argsort(-score)
    order = order[np.argsort(user[order].astype(np.uint16), kind="stable")]
    score, user = score[order], user[order]
    if ((score[1:] == score[:-1]) & (user[1:] == user[:-1])).any():
        order = order[np.lexsort((row[order], -score, user))]
    return order
