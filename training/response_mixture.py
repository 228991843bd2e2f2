"""How common each way of answering is: the mixing weights of the response classes, from answered offers alone.

EM over a fixed grid of curves: the likelihood is concave in the weights, so there is one answer and no start to choose (Laird
1978). Steepness and the part a product's fit plays are those of the greatest likelihood among a few.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.response_classes import Offered, ResponseClasses, by_class

STEEPNESSES = (2.0, 4.0, 7.0)
FIT_POWERS = (0.0, 0.5, 1.0)
# Users' worth of the grid's own weights, so that few records move little.
PRIOR_USERS = 10.0
LEAST_SHARE = 0.001
"""Classes rarer than this are left out of the artifact."""
_STEPS = 200


@dataclass(frozen=True)
class Answers:
    """K answered offers of m products of users (cells), row-aligned: `cell` int64[k], `bought` and `came` bool[k].

    Of the cells: `user` int64[m] numbers from 0, `prior` float64[m, K] of its fit (`models.response_classes.fit_prior`).
    """

    cell: np.ndarray
    offered: Offered
    bought: np.ndarray
    came: np.ndarray
    user: np.ndarray
    prior: np.ndarray

    def __len__(self) -> int:
        """Number of offers."""
        return len(self.cell)


def fit_response(answers: Answers, n_users: int) -> ResponseClasses:
    """The classes with the population's weights. Without answers: the grid as it stands, a belief and no measurement."""
    best, best_value = ResponseClasses.grid(STEEPNESSES[1], FIT_POWERS[1]), -np.inf
    if not len(answers):
        return best
    for steepness in STEEPNESSES:
        for power in FIT_POWERS:
            grid = ResponseClasses.grid(steepness, power)
            total = totals(answers, cell_log(grid, answers), n_users)
            weight, value = weights_of(grid, total)
            if value > best_value:
                best, best_value = grid.weighed(weight, LEAST_SHARE), value
    return best


def cell_log(classes: ResponseClasses, answers: Answers) -> np.ndarray:
    """float64[m, C, K]: each cell's summed log likelihood by class and fit."""
    found = np.zeros((len(answers.user), *classes.chances(Offered(*(np.full(1, 0.5),) * 4)).shape[1:]))
    if len(answers):
        np.add.at(found, answers.cell, classes.log_likelihood(answers.offered, answers.bought, answers.came))
    return found


def totals(answers: Answers, cells: np.ndarray, n_users: int) -> np.ndarray:
    """float64[n_users, C]: each user's log likelihood by class, their products' fits averaged out; zeros without answers."""
    total = np.zeros((n_users, cells.shape[1]))
    np.add.at(total, answers.user, by_class(cells, answers.prior))
    return total


def weights_of(classes: ResponseClasses, total: np.ndarray) -> tuple[np.ndarray, float]:
    """(float64[C] weights, penalised log likelihood): EM from the grid's weights, which also count PRIOR_USERS users."""
    told = total[(total != 0).any(axis=1)]
    top = told.max(axis=1, keepdims=True)
    rise = np.exp(told - top)
    prior, weight = classes.weight * PRIOR_USERS, classes.weight
    for _ in range(_STEPS):
        mass = rise @ weight
        weight = weight * (rise / mass[:, None]).sum(axis=0) + prior
        weight = weight / weight.sum()
    value = float(np.log(rise @ weight).sum() + top.sum() + (prior * np.log(weight)).sum())
    return weight, value
