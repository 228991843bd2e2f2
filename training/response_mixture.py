"""How common each way of answering is: the mixing weights of the response classes, from answered offers alone.

EM over a fixed grid of curves: the likelihood is concave in the weights, so there is one answer and no start to choose (Laird
1978). Steepness and the part a product's fit plays are those of the greatest likelihood among a few.
"""

from __future__ import annotations

import numpy as np

from models.answered import Answers, cell_log
from models.response_classes import Offered, ResponseClasses, by_class

STEEPNESSES = (2.0, 4.0, 7.0)
FIT_POWERS = (0.0, 0.5, 1.0)
# Users' worth of the grid's own weights, so that few records move little.
PRIOR_USERS = 10.0
LEAST_SHARE = 0.001
"""Classes rarer than this are left out of the artifact."""
_STEPS = 200
_CELLS = 2000
# Reckoned at once, some 2 KB each and as much for every answer in it.


def fit_response(answers: Answers, n_users: int) -> ResponseClasses:
    """The classes with the population's weights. Without answers: the grid as it stands, a belief and no measurement."""
    best, best_value = ResponseClasses.grid(), -np.inf
    if not len(answers):
        return best
    for steepness in STEEPNESSES:
        for power in FIT_POWERS:
            grid = ResponseClasses.grid(steepness, power)
            weight, value = weights_of(grid, user_totals(grid, answers, n_users))
            if value > best_value:
                best, best_value = grid.weighed(weight, LEAST_SHARE), value
    return best


def user_totals(classes: ResponseClasses, answers: Answers, n_users: int) -> np.ndarray:
    """float64[n_users, C]: `models.answered.totals`, some cells at a time, so that memory grows with users alone."""
    total = np.zeros((n_users, len(classes)))
    order = np.argsort(answers.cell, kind="stable")
    firsts = range(0, len(answers.user), _CELLS)
    ends = np.searchsorted(answers.cell[order], [*firsts, len(answers.user)])
    for first, begin, end in zip(firsts, ends[:-1], ends[1:], strict=True):
        some, rows = slice(first, first + _CELLS), order[begin:end]
        own = _part(answers, rows, some, first)
        np.add.at(total, own.user, by_class(cell_log(classes, own), own.prior))
    return total


def _part(answers: Answers, rows: np.ndarray, cells: slice, first: int) -> Answers:
    o = answers.offered
    offered = Offered(o.p_buy[rows], o.p_come[rows], o.share[rows], o.fit[rows])
    said = (answers.bought[rows], answers.came[rows])
    return Answers(answers.cell[rows] - first, offered, *said, answers.user[cells], answers.prior[cells])


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
