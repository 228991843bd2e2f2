"""How each member answers offers, and what their answers tell of their habits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.cafe.beliefs import Beliefs
from bench.cafe.draw import Floats, Ints
from bench.cafe.natural import natural
from bench.cafe.records import Records
from bench.cafe.windows import hour_log, window_log
from models.answered import Answers, cell_log, totals
from models.response_classes import FITS, ResponseClasses, normal


@dataclass(frozen=True)
class Responses:
    """N members' own weights by all answers so far, m cells of `Records`."""

    classes: ResponseClasses
    answers: Answers
    weight: Floats
    """float64[n, C] of the classes."""
    cell_weight: Floats
    """float64[m, C, FITS] of the fits, by class."""

    @classmethod
    def weighed(cls, classes: ResponseClasses, answers: Answers, n: int) -> Responses:
        """Bayes' rule for n members, from the classes' weights and the fits' priors."""
        cells = cell_log(classes, answers)
        weight = classes.posterior(totals(answers, cells, n))
        return cls(classes, answers, weight, normal(cells + np.log(np.maximum(answers.prior, 1e-300))[:, None, :]))

    def days(self, records: Records, shape: tuple[int, int]) -> tuple[Floats, Floats]:
        """`counts` and `seen` of `Books`, float64[n, T] each."""
        counts, seen = np.ones(shape), np.ones(shape)
        at = records.column("member"), records.column("day")
        counts[at], seen[at] = natural(self.classes, self.answers, self.weight, self.cell_weight)
        return counts, seen

    def hours(self, records: Records, beliefs: Beliefs, hours: Floats) -> Floats:
        """float64[n, 2, M]: what answers tell of the hypotheses `Rhythms.hours`."""
        answers, n = self.answers, len(self.weight)
        user, day = answers.user[answers.cell], records.column("day")
        p_fit = answers.offered.p_come * beliefs.at_home[user] * answers.offered.fit
        log = window_log(self.classes, answers, self.weight, self.cell_weight, p_fit)
        window = (records.column("start") * 25 + records.column("end")).astype(np.int64)
        return hour_log(log, hours, user, beliefs.home[user], (day % 7 >= 5).astype(np.int64), window, n)

    def fit_weight(self, records: Records, beliefs: Beliefs, at: tuple[Ints, Ints, Ints]) -> Floats:
        """float64[N, a, C, FITS] of the arms `at` (member, part, product): own weights where something was answered."""
        user, part, product = at
        prior = beliefs.fit_weight[at][:, :, None, :]
        if not len(self.cell_weight):
            return np.broadcast_to(prior, (*prior.shape[:2], len(self.classes), len(FITS)))
        cell = records.cell_of[user, records.place[part, product], product]
        return np.where((cell >= 0)[:, :, None, None], self.cell_weight[np.maximum(cell, 0)], prior)
