"""A user's vector from the products of one history, with the items held still (Hu, Koren & Volinsky 2008, eq. 4)."""

from __future__ import annotations

import numpy as np


def normal_equations(
    factors: np.ndarray, gram: np.ndarray, rows: np.ndarray, confidence: np.ndarray, regularization: float
) -> tuple[np.ndarray, np.ndarray]:
    """A float64[f,f] and b float64[f] of A x = b: A = YtY + Yi^T diag(c-1) Yi + λI, b = Σ c·Yi.

    factors float32[n,f]; gram float32[f,f] = YtY; rows int32[k] distinct; confidence float32[k] > 0, aligned with rows.
    Positive confidence keeps A positive definite for λ > 0, so a solution always exists. The products are made in float32, in
    which factors, gram and the answer are; the sum and its solution in float64, so that a small λ isn't lost beside a large c.
    """
    chosen = factors.take(rows, axis=0)
    matrix = np.add((chosen * (confidence - np.float32(1.0))[:, None]).T @ chosen, gram, dtype=np.float64)
    matrix.reshape(-1)[:: len(matrix) + 1] += regularization
    return matrix, (confidence @ chosen).astype(np.float64)


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
