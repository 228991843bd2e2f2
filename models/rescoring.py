"""Inner products that don't depend on who is asked beside whom, and how far a fast one may lie from them.

The score of a product is Σ x_i y_i of float32 numbers, multiplied without rounding and added up in float64 in one fixed order. A
BLAS product in float32 is many times faster, but rounds otherwise by shape, kernel and machine, so it only chooses who is scored.
"""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np

_Length = TypeVar("_Length", float, np.ndarray)

_UNIT = 2.0**-24
"""The unit roundoff of float32."""
_TINY = 2.0**-126
"""Where float32 loses digits: more than what one product or sum can lose there."""
_ROOM = 1.0 + 2.0**-40
"""More than what a sum of squares and its root lose in float64."""
_AT_ONCE = 512
LEAST = float(np.finfo(np.float32).min)
"""Below every score in float32 but what is struck out."""
LARGEST = 2.0**100
"""Products of lengths from here on might overflow float32 on the way."""


def exact(factors: np.ndarray, rows: np.ndarray, users: np.ndarray, of: np.ndarray | None = None) -> np.ndarray:
    """float64[r]: the score of factors float32[n,f] in rows int64[r] for users float32[f], or for those of users float32[m,f] in
    `of` int64[r].

    The product of two float32 has 48 digits, so it is exact in float64; each row is a dot product of f numbers, in one order.
    """
    found, wide = np.empty(len(rows)), users.astype(np.float64)
    for start in range(0, len(rows), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        chosen = factors.take(rows[part], axis=0).astype(np.float64)
        np.vecdot(chosen, wide if of is None else wide.take(of[part], axis=0), out=found[part])
    return found


def lengths(vectors: np.ndarray) -> np.ndarray:
    """float64[n]: the Euclidean length of each of vectors float32[n,f], never below the true one."""
    squares = np.einsum("nf,nf->n", vectors, vectors, dtype=np.float64)
    return np.asarray(np.sqrt(squares) * _ROOM)


def length_of(vector: np.ndarray) -> float:
    """The same of one vector float32[f]."""
    wide = vector.astype(np.float64)
    return math.sqrt(float(wide @ wide)) * _ROOM


def below(bound: _Length) -> _Length:
    """Of float64 bounds: what is no greater even after rounding to float32, as comparing with float32 scores does."""
    return bound - abs(bound) * 2.0 * _UNIT - _TINY


def rounding(n_factors: int, length: _Length) -> _Length:
    """How far a float32 product may lie from `exact`, for |x|·|y| at most `length` float64 (below `LARGEST`).

    |fl(x·y) - x·y| ≤ γ_f Σ|x_i y_i| ≤ γ_f |x||y| with γ_f = f u / (1 - f u), whatever the order and whether multiplied and added
    at once (Higham 2002, Accuracy and Stability of Numerical Algorithms, §3.1), and what underflow loses. Two more u than that
    cover what `exact` and this line round themselves.
    """
    return (n_factors + 2) * (_UNIT * length * 1.001 + _TINY)
