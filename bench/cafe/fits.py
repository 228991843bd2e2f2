"""What a member takes at a part of the day, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import betaln

from bench.cafe.draw import Bools, Floats, Ints
from bench.cafe.palates import Palates
from bench.cafe.seen import Seen

# A product hardly ever bought alone is a side; of mains more are.
SIDE_ALONE = 0.1


@dataclass(frozen=True)
class Fits:
    """P(a visit at a part of the day holds a product), and its strength as a beta prior."""

    palates: Palates
    least: float = 1.0
    a_visit: float = 1.0

    @classmethod
    def learned(
        cls, before: tuple[Floats, Floats], later: tuple[Ints, Ints, Floats], every: tuple[Floats, Floats]
    ) -> Fits:
        """Strengths by how well baskets met later were foretold from those before; palates from all.

        before, every: counts float64[n, parts, P] and visits float64[n, parts]. later: who int64[v], part int64[v] and
        held float64[v, P], whether the basket has the product.
        """
        side = sides(later[2])
        group = grouped(*before, side)
        early = cls(Palates.learned(*before, side, group))
        least, a_visit = early._spread(np.clip(early.fits(*before), 1e-3, 0.95), before[1], *later)
        return replace(early, palates=Palates.learned(*every, side, group), least=least, a_visit=a_visit)

    def fits(self, counts: Floats, visits: Floats) -> Floats:
        """float64[n, parts, P]."""
        return self.palates.fits(counts, visits)

    def places(self) -> Ints:
        """int64[parts, P]: the first part of the day in which the fit is the same unknown, but for the hour's tilt."""
        parts = np.arange(len(self.palates.group))
        first = np.array([self.palates.group.tolist().index(g) for g in self.palates.group])
        found: Ints = np.where(self.palates.side, parts[:, None], first[:, None])
        return found

    def strength(self, visits: Floats) -> Floats:
        """float64[n, parts]: how many visits' worth a fit is known."""
        same = (self.palates.group[:, None] == self.palates.group).astype(np.float64)
        return self.least + self.a_visit * (visits @ same)

    def _spread(self, mean: Floats, visits: Floats, who: Ints, part: Ints, held: Floats) -> tuple[float, float]:
        """The strengths under which later baskets are likeliest, beta-binomial over each member's product and part."""
        n, parts, _ = mean.shape
        cell = who * parts + part
        times = np.bincount(cell, minlength=n * parts).reshape(n, parts)
        took = np.zeros_like(mean)
        np.add.at(took, (who, part), held)
        i, j, p = np.nonzero((mean > 0.05) & (times > 0)[:, :, None])
        known = replace(self, least=0.0, a_visit=1.0).strength(visits)[i, j]
        mu, y, m = mean[i, j, p], took[i, j, p], times[i, j]
        best, top = (1.0, 1.0), -np.inf
        for least in (0.7, 1.5, 3.0, 6.0):
            for a_visit in (0.1, 0.25, 0.5, 1.0):
                k = least + a_visit * known
                a, b = mu * k, (1 - mu) * k
                value = (betaln(a + y, b + m - y) - betaln(a, b)).sum()
                if value > top:
                    best, top = (least, a_visit), value
        return best


def sides(held: Floats) -> Bools:
    """bool[P]: products that baskets, held float64[v, P], hardly ever hold alone."""
    alone = held[held.sum(axis=1) == 1].sum(axis=0)
    found: Bools = alone < SIDE_ALONE * held.sum(axis=0)
    return found


def grouped(counts: Floats, visits: Floats, side: Bools) -> Ints:
    """int64[parts]: the parts of the day cut in two, or whole, where usual products, one to a group, are likeliest."""
    parts = visits.shape[1]
    best, top = np.zeros(parts, dtype=np.int64), -np.inf
    for cut in range(parts):
        group = (np.arange(parts) >= cut).astype(np.int64) if cut else best * 0
        palates = Palates.learned(counts, visits, side, group, 1)
        value = Seen.of(group, palates.tilt, counts, visits).weighed(*palates.known())[0].log
        if value > top:
            best, top = group, value
    return best
