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


def summary(ranked: NDArray[np.int64], truth: Truth, ks: Sequence[int]) -> dict[str, dict[str, dict[str, float]]]:
    """{"k": {...}, "repeat": {...}, "explore": {...}}, each {str(k): {metric: value}}.

    ranked int64[n_users, >= max(ks)]: product rows, best first, -1 after the last; row u is user u of `truth`.
    """
    parts = {"k": np.ones(len(truth.rows), bool), "repeat": truth.seen, "explore": ~truth.seen}
    result = {}
    for name, kept in parts.items():
        sizes = np.bincount(truth.owner[kept], minlength=len(ranked))
        hits = _hits(ranked, truth, kept)
        result[name] = {str(k): measure(hits[:, :k], sizes) for k in ks}
    return result


def measure(hits: NDArray[np.bool_], sizes: NDArray[np.int64]) -> dict[str, float]:
    """The four metrics at k = hits.shape[1]; hits bool[n_users, k], sizes int64[n_users]. Users with size 0 are left out."""
    hits, sizes = hits[sizes > 0], sizes[sizes > 0]
    if not len(sizes):
        return dict.fromkeys(KEYS, 0.0)
    k = hits.shape[1]
    gain = hits @ (1.0 / np.log2(np.arange(2, k + 2)))
    ideal = np.cumsum(1.0 / np.log2(np.arange(2, max(k, int(sizes.max())) + 2)))
    values = (
        hits.sum(axis=1) / sizes,
        gain / ideal[np.minimum(k, sizes) - 1],
        gain / ideal[sizes - 1],
        hits.any(axis=1),
    )
    return {key: float(np.mean(value)) for key, value in zip(KEYS, values, strict=True)}


def _hits(ranked: NDArray[np.int64], truth: Truth, kept: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """bool of ranked's shape: whether the user's kept targets hold that product."""
    width = int(max(ranked.max(initial=-1), truth.rows.max(initial=-1))) + 2
    wanted = kept & (truth.rows >= 0)
    keys = np.unique(truth.owner[wanted] * width + truth.rows[wanted])
    asked = np.arange(len(ranked))[:, None] * width + ranked
    # A row of -1 meets no key: it lands on the last number of the user before, which no product has.
    return np.asarray(np.isin(asked, keys))
