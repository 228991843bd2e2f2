"""Product-to-product neighbours, counted: what goes together in a basket, what comes at the next visit, what the same people buy.

Cosine of co-occurrence, shrunk so that a chance meeting of two rare products is not an affinity: c_ij / sqrt((c_i + s)(c_j + s))
(Sarwar et al. 2001, Deshpande & Karypis 2004). A product of fewer than LEAST_BUYERS people is nobody's neighbour and has none, so
what only one or two people buy, however often, shows in no row. Two products that many buy can still be linked by one person who
buys both; no row says whose.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags

from training.recipe import Recipe
from training.visits import Visits

LEAST_BUYERS = 5
_SHRINK = 5.0
_CHUNK = 4096

Table = tuple[NDArray[np.int32], NDArray[np.float32]]
Counts = NDArray[np.int64]


def neighbours(visits: Visits, name: str, recipe: Recipe) -> Table:
    """(rows int32[n, m], values float32[n, m]) of `models.neighbours.Neighbours`; name: together, next or alike."""
    from_rows, to_rows, counted, buyers = _sides(visits, name, recipe)
    scale = 1.0 / np.sqrt(counted + _SHRINK)
    scale[buyers < LEAST_BUYERS] = 0.0
    weigh = diags(scale.astype(np.float32))
    return _strongest((from_rows @ weigh).tocsr(), (to_rows @ weigh).tocsr(), recipe.neighbours)


def _sides(visits: Visits, name: str, recipe: Recipe) -> tuple[csr_matrix, csr_matrix, Counts, Counts]:
    """Two matrices float32[occasions, n] whose product counts the meetings, each product's occasions, and its buyers in them."""
    n = len(visits.products)
    if name == "alike":
        at, row = _dearest(visits, recipe.alike_kinds)
        people = _matrix(at, row, len(visits.n_visits), n)
        counted = np.bincount(row, minlength=n)
        return people, people, counted, counted
    recent = visits.n_visits[visits.user] - visits.visit < recipe.neighbour_visits
    baskets = _matrix(visits.number[recent], visits.row[recent], int(visits.number.max(initial=-1)) + 1, n)
    counted = np.bincount(visits.row[recent], minlength=n)
    buyers = _matrix(visits.user[recent], visits.row[recent], len(visits.n_visits), n).getnnz(axis=0)
    if name == "together":
        return baskets, baskets, counted, buyers
    start = np.unique(visits.number[recent], return_index=True)
    users = visits.user[recent][start[1]]
    followed = start[0][:-1][(np.diff(users) == 0) & (np.diff(start[0]) == 1)]
    return baskets[followed], baskets[followed + 1], counted, buyers


def _matrix(at: NDArray[np.signedinteger], row: NDArray[np.int32], n_occasions: int, n: int) -> csr_matrix:
    return csr_matrix((np.ones(len(at), np.float32), (at, row)), shape=(n_occasions, n))


def _dearest(visits: Visits, most: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """(user, row) of at most `most` products of each user, those of most visits; ties by row."""
    pair = visits.by_pair[visits.pairs]
    user, row = visits.user[pair], visits.row[pair]
    order = np.lexsort((row, -visits.times, user))
    first = np.searchsorted(user, user)
    kept = order[np.arange(len(order)) - first < most]
    return user[kept], row[kept]


def _strongest(from_rows: csr_matrix, to_rows: csr_matrix, most: int) -> Table:
    """The `most` greatest of each row of from_rowsᵀ · to_rows, itself left out; chunks keep the memory small."""
    n = from_rows.shape[1]
    rows = np.repeat(np.arange(n, dtype=np.int32)[:, None], most, axis=1)
    values = np.zeros((n, most), dtype=np.float32)
    columns = from_rows.tocsc()
    for start in range(0, n, _CHUNK):
        met = (columns[:, start : start + _CHUNK].T @ to_rows).tocsr()
        for local in np.flatnonzero(np.diff(met.indptr)):
            span = slice(met.indptr[local], met.indptr[local + 1])
            other, value = met.indices[span], met.data[span] * (met.indices[span] != start + local)
            if len(value) > most:  # whoever equals the last one kept stays until ties are settled by row
                best = np.flatnonzero(value >= np.partition(value, -most)[-most])
                other, value = other[best], value[best]
            order = np.lexsort((other, -value))[:most]
            rows[start + local, : len(order)], values[start + local, : len(order)] = other[order], value[order]
    return rows, values
