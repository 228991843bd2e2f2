"""The best k of a shelf for a block of users at once: `FactorIndex.best` of each, by products of matrices.

The shelf is walked in tiles that stay in the processor's cache. A tile's scores are read once, for the greatest of each group of
places; a group whose greatest reaches nobody's threshold is done with. Users whom no place further on can reach are left out.
"""

from __future__ import annotations

import numpy as np

from models.factor_index import FactorIndex
from models.rescoring import LARGEST, below, exact, lengths, rounding
from models.scoring import placed
from models.scratch import Scratch

_GROUPS, _MEMBERS = 128, 16


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
    idle = np.flatnonzero(length == 0.0)
    if len(idle):
        lowest = index.lowest(k, eligible)
        rows[idle, : len(lowest)], scores[idle, : len(lowest)] = lowest, 0.0
    far = np.flatnonzero(~(-length * index.fall[:1] < LARGEST)) if len(index.rows) else idle
    for user in far.tolist():  # which only factors out of all proportion are
        best = index.best(users[user], k, eligible)
        rows[user, : len(best.rows)], scores[user, : len(best.rows)] = best.rows, best.scores
    on = np.setdiff1d(np.arange(len(users)), np.concatenate((idle, far)))
    if k and len(on) and len(index.rows):
        user, place = _contenders(index, users[on], length[on], k, eligible, scratch or Scratch())
        score, row = exact(index.factors, place, users[on[user]]), index.rows[place]
        order = np.lexsort((row, -score, user))
        user, row, score = user[order], row[order], score[order]
        at = placed(user, np.ones(len(user), bool), len(on))
        kept = at < k
        rows[on[user[kept]], at[kept]], scores[on[user[kept]], at[kept]] = row[kept], score[kept]
    return rows, scores


def _contenders(
    index: FactorIndex, users: np.ndarray, length: np.ndarray, k: int, eligible: np.ndarray | None, scratch: Scratch
) -> tuple[np.ndarray, np.ndarray]:
    """(user, place) int64[c]: eligible places among which the best k of each of users float32[m,f] surely are."""
    groups = max(_GROUPS, 4 << k.bit_length())
    slack = np.asarray(rounding(users.shape[1], -length * index.fall[0]))
    best = np.full((len(users), k), -np.inf, np.float32)
    least = np.full(len(users), -np.inf, np.float32)
    found = []
    for start in range(0, index.loud, groups * _MEMBERS):
        on = np.flatnonzero(-length * index.fall[start] >= best[:, 0] - slack)
        if not len(on):
            break
        peers = users if len(on) == len(users) else users[on]
        tile = _scores(index, start, groups, peers, eligible, scratch)
        peaks = tile.max(axis=1)
        pool = np.concatenate((best[on], peaks), axis=1)
        pool.partition(groups, axis=1)
        best[on] = pool[:, groups:]
        least[on] = below(pool[:, groups] - 2.0 * slack[on])
        least_on = np.maximum(least[on], np.finfo(np.float32).min)
        user, group = np.divmod(np.flatnonzero(peaks >= least_on[:, None]), groups)
        score = tile[user, :, group]
        hit, member = np.divmod(np.flatnonzero(score >= least_on[user, None]), _MEMBERS)
        found.append((on[user[hit]], start + member * groups + group[hit], score[hit, member]))
    quiet = np.flatnonzero(best[:, 0] <= slack)
    silent = index.silent(k, eligible) if len(quiet) else quiet
    found.append((np.repeat(quiet, len(silent)), np.tile(silent, len(quiet)), np.zeros(len(quiet) * len(silent), np.float32)))
    user, place, score = (np.concatenate(column) for column in zip(*found, strict=True))
    kept = score >= least[user]
    return user[kept], place[kept]


def _scores(
    index: FactorIndex, start: int, groups: int, users: np.ndarray, eligible: np.ndarray | None, scratch: Scratch
) -> np.ndarray:
    """float32[m, _MEMBERS, groups]: of the places from `start` on, -inf for what is not eligible and after the last."""
    wide = groups * _MEMBERS
    tile = scratch.array("tile", (len(users), wide), np.float32)
    end = min(start + wide, index.loud)
    np.matmul(users, index.factors[start:end].T, out=tile[:, : end - start])
    tile[:, end - start :] = -np.inf
    if eligible is not None:
        tile[:, np.flatnonzero(~eligible[index.rows[start:end]])] = -np.inf
    return tile.reshape(len(users), _MEMBERS, groups)
