"""The best k of a shelf for a block of users at once: `FactorIndex.best` of each, by products of matrices.

The shelf is walked in tiles of a few megabytes. A tile's scores are read once, for the greatest of each group of places; a group
whose greatest reaches nobody's threshold is done with. Users whom no place further on can reach are left out.
"""

from __future__ import annotations

import numpy as np

from models.factor_index import FactorIndex
from models.rescoring import LARGEST, LEAST, below, exact, lengths, rounding
from models.scoring import in_order, placed
from models.scratch import Scratch

_GROUPS, _MEMBERS, _TILE, _FULL = 128, 8, 1 << 21, 256
"""Groups of a strip for a small k, places in a group, and scores of a tile: 8 MB, of which a strip for 256 users is 1 MB.

A tile for fewer is no longer than for so many: between two tiles it is seen that no more need be read.
"""


def best_block(
    index: FactorIndex, users: np.ndarray, k: int, eligible: np.ndarray | None = None, scratch: Scratch | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """(rows int64[m,k], scores float64[m,k]) for users float32[m,f]: row i is `index.best(users[i], k, eligible)`.

    -1 and NaN after the last where fewer are eligible. ValueError for a user that isn't finite.
    """
    length = lengths(users)
    if not np.isfinite(length).all():
        raise ValueError("a user's factors hold NaN or infinity")
    rows, scores = np.full((len(users), k), -1, np.int64), np.full((len(users), k), np.nan)
    if not rows.size or not len(index.rows):
        return rows, scores
    usual = (length > 0.0) & (-length * index.fall[0] < LARGEST)
    for odd in np.flatnonzero(~usual).tolist():  # whoever has no factors, or some out of all proportion
        best = index.best(users[odd], k, eligible)
        rows[odd, : len(best.rows)], scores[odd, : len(best.rows)] = best.rows, best.scores
    on = np.flatnonzero(usual)
    if len(on):
        user, place = _contenders(index, users[on], length[on], k, eligible, scratch or Scratch())
        score, row = exact(index.factors, place, users, on[user]), index.rows[place]
        order = in_order(user, score, row)
        user, row, score = user[order], row[order], score[order]
        at = placed(user, np.ones(len(user), bool), len(on))
        kept = at < k
        cells = on[user[kept]] * k + at[kept]
        rows.reshape(-1)[cells], scores.reshape(-1)[cells] = row[kept], score[kept]
    return rows, scores


def _contenders(
    index: FactorIndex, users: np.ndarray, length: np.ndarray, k: int, eligible: np.ndarray | None, scratch: Scratch
) -> tuple[np.ndarray, np.ndarray]:
    """(user, place) int64[c]: eligible places, of which the best k of each of users float32[m,f] surely are some."""
    groups = max(_GROUPS, 4 << k.bit_length())
    wide = groups * _MEMBERS
    tiles = -(-index.loud // max(_TILE // max(len(users), _FULL), wide))
    strips = max(-(-index.loud // (wide * max(tiles, 1))), 1)
    slack = np.asarray(rounding(users.shape[1], -length * index.fall[0]))
    best = np.full((len(users), k), -np.inf, np.float32)
    least = np.full(len(users), LEAST, np.float32)
    found = []
    for start in range(0, index.loud, strips * wide):
        on = np.flatnonzero(-length * index.fall[start] >= best[:, 0] - slack)
        if not len(on):
            break
        peers = users if len(on) == len(users) else users[on]
        tile, peaks = _scores(index, start, (strips, _MEMBERS, groups, len(on)), peers, eligible, scratch)
        pool = np.concatenate((best[on], peaks.max(axis=0).T), axis=1)
        pool.partition(groups, axis=1)
        best[on] = pool[:, groups:]
        least[on] = bar = np.maximum(below(pool[:, groups] - 2.0 * slack[on]), LEAST).astype(np.float32)
        group, user = np.divmod(np.flatnonzero(peaks >= bar), len(on))
        strip, group = np.divmod(group, groups)
        score = tile[strip, :, group, user]
        hit, member = np.divmod(np.flatnonzero(score >= bar[user, None]), _MEMBERS)
        place = start + strip[hit] * wide + member * groups + group[hit]
        found.append((on[user[hit]], place, score[hit, member]))
    if len(quiet := np.flatnonzero(best[:, 0] <= slack)):
        zeros = index.silent(k, eligible)
        size = len(quiet) * len(zeros)
        found.append((np.repeat(quiet, len(zeros)), np.tile(zeros, len(quiet)), np.zeros(size, np.float32)))
    user, place, score = (np.concatenate(column) for column in zip(*found, strict=True))
    kept = score >= least[user]
    return user[kept], place[kept]


def _scores(
    index: FactorIndex,
    start: int,
    shape: tuple[int, int, int, int],
    users: np.ndarray,
    eligible: np.ndarray | None,
    scratch: Scratch,
) -> tuple[np.ndarray, np.ndarray]:
    """float32[strips, members, groups, m]: of the places from `start` on, -inf for what is not eligible and after the last.

    And its maxima over the members, each strip's reckoned while it is in the cache.
    """
    strips, members, groups, m = shape
    tile, peaks = scratch.array("tile", shape, np.float32), scratch.array("peaks", (strips, groups, m), np.float32)
    wide = members * groups
    for number, strip in enumerate(tile):
        first = start + number * wide
        end = max(min(first + wide, index.loud), first)
        flat = strip.reshape(wide, m)
        np.matmul(index.factors[first:end], users.T, out=flat[: end - first])
        flat[end - first :] = -np.inf
        if eligible is not None:
            flat[np.flatnonzero(~eligible[index.rows[first:end]])] = -np.inf
        strip.max(axis=0, out=peaks[number])
    return tile, peaks
