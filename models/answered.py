"""What users answered to their offers, and what that tells of each: own weights of the classes, and of every product's fit.

A cell is one user's product in one part of the day: what one unknown fit belongs to. Classes and fits are learned at once by
Bayes' rule (`models.response_classes`); a user without answers has the population's weights, a product without any its prior.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.response_classes import FITS, Offered, ResponseClasses, by_class, fit_prior, normal

FIT_STRENGTH = 6.0
"""Visits' worth that a fit foretold is believed, the strength of its beta prior."""


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


def answers_of(
    user: np.ndarray, product: np.ndarray, part: np.ndarray, offered: Offered, bought: np.ndarray, came: np.ndarray
) -> Answers:
    """Answers in their cells: user, product and part int64[k] (users numbered from 0), the rest row-aligned as there.

    A cell's fit is expected as it was foretold on average over its offers.
    """
    key = np.stack([user, product, part], axis=1).astype(np.int64)
    known, cell = np.unique(key, axis=0, return_inverse=True)
    cell = cell.reshape(-1)
    mean = np.bincount(cell, offered.fit, len(known)) / np.maximum(np.bincount(cell, minlength=len(known)), 1)
    prior = fit_prior(bounded(mean), np.full(len(known), FIT_STRENGTH))
    return Answers(cell, offered, bought, came, known[:, 0], prior)


def bounded(fit: np.ndarray) -> np.ndarray:
    """float64: a fit as the mean of a beta prior, which has no mass at 0 or 1."""
    return np.clip(np.asarray(fit, dtype=np.float64), float(FITS[0]) / 2, 0.95)


@dataclass(frozen=True)
class Own:
    """One user. weight: float64[C], own weights of the classes; log: float64[m, C, K] of what was answered, a row a cell."""

    weight: np.ndarray
    cells: Mapping[tuple[str, int], int]
    """(product_id, part of the day) to a row of `log`."""
    log: np.ndarray

    @classmethod
    def of(
        cls,
        classes: ResponseClasses,
        product_ids: Sequence[str],
        part: np.ndarray,
        offered: Offered,
        bought: np.ndarray,
        came: np.ndarray,
    ) -> Own:
        """From the user's k answered offers, row-aligned; part int64[k]."""
        names = sorted(set(product_ids))
        code = np.array([names.index(product) for product in product_ids], dtype=np.int64)
        answers = answers_of(np.zeros_like(code), code, np.asarray(part), offered, bought, came)
        log = cell_log(classes, answers)
        keys = zip(product_ids, np.asarray(part).tolist(), answers.cell.tolist(), strict=True)
        cells = {(product, at): cell for product, at, cell in keys}
        return cls(classes.posterior(totals(answers, log, 1))[0], cells, log)

    @classmethod
    def unknown(cls, classes: ResponseClasses) -> Own:
        """Of a user who answered nothing yet: as everybody."""
        return cls(classes.weight, {}, np.zeros((0, len(classes), len(FITS))))

    def fit_weight(self, product_ids: Sequence[str], part: int, fit: np.ndarray) -> np.ndarray:
        """float64[k, C, K]: weights of the fits of k products in a part of the day, by class; fit float64[k], as expected now."""
        prior = fit_prior(bounded(fit), np.full(len(fit), FIT_STRENGTH))
        answered = np.zeros((len(prior), *self.log.shape[1:]))
        for row, product in enumerate(product_ids):
            cell = self.cells.get((product, part))
            if cell is not None:
                answered[row] = self.log[cell]
        found: np.ndarray = normal(answered + np.log(np.maximum(prior, 1e-300))[:, None, :])
        return found
