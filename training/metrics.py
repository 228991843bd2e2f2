"""How good rankings are: recall, NDCG and hit rate, whole and apart for what was bought before (repeat) and not (explore).

Per user with target set T and the first k of the ranking:
recall = |hits| / |T|; hit_rate = 1 if any hit; ndcg = DCG / ideal DCG of min(k, |T|) items; ndcg_untruncated divides by the ideal
DCG of all |T| items (Next Basket Reality Check). DCG = Σ hit_i / log2(i + 1), i from 1 (Järvelin & Kekäläinen 2002).
All are means over users. Repeat keeps of T only what the user bought before, explore only what the user did not; the ranking
stays whole, and a part's mean is over the users whose part of T is not empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

KEYS = ("recall", "ndcg", "ndcg_untruncated", "hit_rate")


@dataclass(frozen=True)
class Truth:
    """Target sets. User `u` owns entries `indptr[u]:indptr[u+1]`.

    rows int32: product row, -1 for a product nobody sold before (a miss for everybody); seen bool: the user bought it before.
    """

    indptr: NDArray[np.int64]
    rows: NDArray[np.int32]
    seen: NDArray[np.bool_]

    @property
    def owner(self) -> NDArray[np.int64]:
        """User of each entry."""
        return np.repeat(np.arange(len(self.indptr) - 1), np.diff(self.indptr))

    def sizes(self, kept: NDArray[np.bool_]) -> NDArray[np.int64]:
        """int64[n_users]: how many kept entries each user has."""
        return np.bincount(self.owner[kept], minlength=len(self.indptr) - 1)


def summary(
    ranked: NDArray[np.int64], truth: Truth, ks: Sequence[int], weights: NDArray[np.float64] | None = None
) -> dict[str, dict[str, dict[str, float]]]:
    """{"k": {...}, "repeat": {...}, "explore": {...}}, each {str(k): {metric: value}}.

    ranked int64[n_users, >= max(ks)]: product rows, best first, -1 after the last; row u is user u of `truth`.
    weights float64[n_users], positive: how much each user counts in a mean, 1 by default.
    """
    parts = {"k": np.ones(len(truth.rows), bool), "repeat": truth.seen, "explore": ~truth.seen}
    result = {}
    for name, kept in parts.items():
        hits, sizes = hits_of(ranked, truth, kept), truth.sizes(kept)
        result[name] = {str(k): measure(hits[:, :k], sizes, weights) for k in ks}
    return result


def measure(
    hits: NDArray[np.bool_], sizes: NDArray[np.int64], weights: NDArray[np.float64] | None = None
) -> dict[str, float]:
    """The four metrics at k = hits.shape[1]; hits bool[n_users, k], sizes int64[n_users]. Users with size 0 are left out.

    weights float64[n_users], positive: how much each user counts in the mean, 1 by default.
    """
    asked = sizes > 0
    means = mean(per_user(hits[asked], sizes[asked]), None if weights is None else weights[asked])
    return dict(zip(KEYS, means.tolist(), strict=True))


def mean(values: NDArray[np.float64], weights: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """float64[n_columns]: mean of each column of values float64[n_users, n_columns], 0 without users."""
    return np.average(values, axis=0, weights=weights) if len(values) else np.zeros(values.shape[1])


def per_user(hits: NDArray[np.bool_], sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """float64[n_users, 4], columns as in KEYS: each user's own metrics, which `measure` takes the mean of.

    hits bool[n_users, k], sizes int64[n_users] of at least 1.
    """
    k = hits.shape[1]
    gain = hits @ (1.0 / np.log2(np.arange(2, k + 2)))
    ideal = np.cumsum(1.0 / np.log2(np.arange(2, max(k, int(sizes.max(initial=1))) + 2)))
    return np.stack(
        [
            hits.sum(axis=1) / sizes,
            gain / ideal[np.minimum(k, sizes) - 1],
            gain / ideal[sizes - 1],
            hits.any(axis=1).astype(np.float64),
        ],
        axis=1,
    )


def hits_of(ranked: NDArray[np.int64], truth: Truth, kept: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """bool of ranked's shape: whether the user's kept targets hold that product. kept bool: per entry of `truth`."""
    width = int(max(ranked.max(initial=-1), truth.rows.max(initial=-1))) + 2
    wanted = kept & (truth.rows >= 0)
    keys = np.unique(truth.owner[wanted] * width + truth.rows[wanted])
    asked = np.arange(len(ranked))[:, None] * width + ranked
    # A row of -1 meets no key: it lands on the last number of the user before, which no product has.
    return np.asarray(np.isin(asked, keys))
