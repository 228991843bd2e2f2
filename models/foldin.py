"""A user's vector from the products of one history, with the items held still (Hu, Koren & Volinsky 2008, eq. 4)."""

from __future__ import annotations

import numpy as np


def normal_equations(
    factors: np.ndarray, gram: np.ndarray, rows: np.ndarray, confidence: np.ndarray, regularization: float
) -> tuple[np.ndarray, np.ndarray]:
    """A float64[f,f] and b float64[f] of A x = b: A = YtY + Yi^T diag(c-1) Yi + λI, b = Σ c·Yi.

    factors float32[n,f]; gram float32[f,f] = YtY; rows int32[k] distinct; confidence float32[k] > 0, aligned with rows.
    Positive confidence keeps A positive definite for λ > 0, so a solution always exists.
    """
    chosen = factors[rows].astype(np.float64)
    weight = confidence.astype(np.float64)
    matrix = gram.astype(np.float64) + (chosen.T * (weight - 1.0)) @ chosen
    matrix[np.diag_indices_from(matrix)] += regularization
    return matrix, weight @ chosen


def fold_in(
    factors: np.ndarray, gram: np.ndarray, rows: np.ndarray, confidence: np.ndarray, regularization: float
) -> np.ndarray:
    """The user's factors float32[f]; arguments as in `normal_equations`. An empty history gives zeros.

    Equals implicit's `recalculate_user` within 1e-4, so a user need not be retrained to be known.
    """
    if len(rows) == 0:
        return np.zeros(factors.shape[1], dtype=np.float32)
    matrix, right = normal_equations(factors, gram, rows, confidence, regularization)
    return np.linalg.solve(matrix, right).astype(np.float32)
