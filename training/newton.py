"""Ridge logistic regression on terms and their pairs by Newton's method, the pairs made block by block and never held at once.

Minimises C · Σ w · log(1 + e^(−y·f)) + ½‖β‖², y = ±1, the intercept free and the terms themselves held `ease` times more loosely
than their pairs (Hosmer & Lemeshow 2000, ch. 1): with ease 1 what scikit-learn's "newton-cholesky" minimises, which holds all
pairs of all rows twice, in 8 bytes, and gives up the method where they lie close.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import ssyrk

from training.errors import TrainingError

_BLOCK = 8192
_STEPS, _HALVINGS = 50, 20
_ENOUGH, _ENDED = 1e-7, 1e-3
"""Of the loss: what a step must still gain to be worth taking; and what may be left to gain when no step helps any more."""


@dataclass(frozen=True)
class Problem:
    """z float32[m, T] standardised terms; taken bool[m]; weight float32[m] > 0; first, second int64[P]: pairs of columns of z."""

    z: NDArray[np.float32]
    taken: NDArray[np.bool_]
    weight: NDArray[np.float32]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    c: float
    ease: float = 1.0

    @property
    def n_columns(self) -> int:
        """Terms, pairs and the intercept, which is last."""
        return self.z.shape[1] + len(self.first) + 1

    def thinned(self, step: int) -> Problem:
        """Every `step`-th row, standing for as many."""
        rows = slice(None, None, step)
        return Problem(
            self.z[rows], self.taken[rows], self.weight[rows] * step, self.first, self.second, self.c, self.ease
        )

    def block(self, start: int) -> NDArray[np.float32]:
        """float32[n_columns, block]: a row of memory a column, which pairs are made from several times faster."""
        z = np.ascontiguousarray(self.z[start : start + _BLOCK].T)
        x = np.empty((self.n_columns, z.shape[1]), dtype=np.float32)
        x[: len(z)] = z
        np.multiply(z[self.first], z[self.second], out=x[len(z) : -1])
        x[-1] = 1.0
        return x


def minimise(problem: Problem, start: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """β float64[n_columns]. start: where to begin, zeros when not given. TrainingError when it does not settle."""
    beta = np.zeros(problem.n_columns) if start is None else start
    here = _derivatives(problem, beta)
    for _ in range(_STEPS):
        loss, gradient, hessian = here
        if not np.isfinite(loss):
            raise TrainingError(
                "the blend diverged: its loss is not finite; look for impossible numbers in the events, or lower blend_c"
            )
        step = np.linalg.solve(hessian, gradient)
        gain = float(gradient @ step)  # twice what the step would gain were the loss a parabola
        if gain <= _ENOUGH * max(loss, 1e-12):
            return beta
        for halvings in range(_HALVINGS):
            further = beta - step / 2.0**halvings
            there = _derivatives(problem, further)
            if there[0] <= loss:
                break
        else:
            break
        beta, here = further, there
    if gain > _ENDED * loss:
        raise TrainingError(
            f"the blend diverged: {_STEPS} steps of Newton did not settle at blend_c {problem.c:g}; lower blend_c"
        )
    return beta


def _derivatives(problem: Problem, beta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Loss, gradient and Hessian; sums over blocks in 8 bytes, within a block in 4."""
    ridge = np.full(len(beta), 1.0 / problem.c)
    ridge[: problem.z.shape[1]] /= problem.ease
    ridge[-1] = 0.0
    loss, gradient, hessian = 0.5 * float(ridge @ beta**2), ridge * beta, np.diag(ridge + 1e-9)
    for start in range(0, len(problem.z), _BLOCK):
        x = problem.block(start)
        rows = slice(start, start + x.shape[1])
        taken, weight = problem.taken[rows], problem.weight[rows].astype(np.float64)
        score = np.clip((beta.astype(np.float32) @ x).astype(np.float64), -500.0, 500.0)
        chance = 1.0 / (1.0 + np.exp(-score))
        loss += float(weight @ np.logaddexp(0.0, np.where(taken, -score, score)))
        gradient += x @ (weight * (chance - taken)).astype(np.float32)
        x *= np.sqrt(weight * chance * (1.0 - chance)).astype(np.float32)
        hessian += ssyrk(1.0, x.T, trans=1)  # the upper half alone, at half the cost
    return loss, gradient, np.triu(hessian) + np.triu(hessian, 1).T
