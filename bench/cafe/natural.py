"""What a day with an offer tells of days without one.

With c the chance that the offer turned a day that would not have bought into one that did, b that of buying anyway, s that of
staying at all, all as the member's own answers have it: a visit without the coupon was made by nobody but the member, in a share
s · (1 - c) of the days that hold one. So such a visit counts 1, the day counts s · (1 - c), and a coupon used counts that times
b / (b + (1 - b) · c), the chance that its purchase needed none. Summed, visits over days are then unbiased (inverse
probability weighting, Horvitz and Thompson 1952), and days that an offer all but decides count next to nothing.
"""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from bench.cafe.draw import Floats
from models.answered import Answers
from models.response_classes import Offered, ResponseClasses


def natural(
    classes: ResponseClasses, answers: Answers, weight: Floats, cell_weight: Floats, block: int = 2000
) -> tuple[Floats, Floats]:
    """(float64[k] what the day counts, float64[k] what its visit counts), row-aligned with `answers`.

    weight: float64[n, C] of each user's classes; cell_weight: float64[m, C, K] of each cell's fits.
    """
    day, visit = np.ones(len(answers)), np.ones(len(answers))
    stay = np.exp(-classes.away)
    for start in range(0, len(answers), block):
        rows = slice(start, start + block)
        cell = answers.cell[rows]
        offered = Offered(*(getattr(answers.offered, f.name)[rows] for f in fields(Offered)))
        own = weight[answers.user[cell]]
        buys = (classes.chances(offered) * cell_weight[cell]).sum(axis=-1)
        stays, b = own @ stay, (classes.untouched(offered.p_buy) * own).sum(axis=-1)
        turned = np.clip((buys * own * stay).sum(axis=-1) / stays - b, 0.0, None) / (1 - b)
        day[rows] = stays * (1 - turned)
        visit[rows] = np.where(answers.bought[rows], day[rows] * b / (b + (1 - b) * turned), 1.0)
    return day, visit
