"""What members took, by groups of parts of the day, and what of it was habit and what taste, under each palate."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import gammaln, logsumexp

from bench.cafe.draw import Bools, Floats, Ints
from bench.cafe.factors import scaled
from bench.cafe.usual import Usual, usual

# Visits' worth that a palate counts in a member's taste, of mains and of sides.
MAIN, SIDE = 24.0, 12.0

Habits = list[list[tuple[Usual, Floats]]]
"""By palate and group: the usual, and the Dirichlet of the taste it was found with."""


@dataclass(frozen=True)
class Seen:
    """Members' counts by group of parts, lists by group."""

    tilt: list[Floats]
    all_tilt: Floats
    counts: list[Floats]
    tasted: list[Floats]
    """What of the counts was taste and not habit, as last found."""
    log: float = 0.0
    """Log likelihood of the counts, up to what is the same for all palates, as last found."""

    @classmethod
    def of(cls, group: Ints, tilt: Floats, counts: Floats, visits: Floats) -> Seen:
        """Of counts float64[n, D, P] and visits float64[n, D]; group and tilt as in `Palates`."""
        groups = [np.flatnonzero(group == g) for g in range(group.max() + 1)]
        mix = [scaled(visits[:, g] + 0.05 * scaled(visits[:, g].sum(axis=0) + 1e-3)) for g in groups]
        tilted = [m @ tilt[g] for m, g in zip(mix, groups, strict=True)]
        sums = [counts[:, g].sum(axis=1) for g in groups]
        return cls(tilted, scaled(visits + 0.01) @ tilt, sums, sums)

    def weighed(self, tastes: Floats, common: Floats, share: Floats, side: Bools) -> tuple[Seen, Floats, Habits]:
        """(with `tasted` and `log` found anew, float64[n, K] members' palates, habits); arguments as in `Palates`."""
        main, habits = ~side, list[list[tuple[Usual, Floats]]]()
        log = np.zeros((len(self.all_tilt), len(common)))
        took = np.sum(self.counts, axis=0)[:, side]
        for k, taste in enumerate(tastes):
            by: list[tuple[Usual, Floats]] = []
            for g, counts in enumerate(self.counts):
                base = scaled((taste * self.tilt[g])[:, main])
                before, other = (self._other(g, upto)[:, main] for upto in (g, len(self.counts)))
                by.append((usual(counts[:, main], MAIN * base + other, base, share), MAIN * base + other))
                # A taste met in one group counts once for the palate.
                once = (
                    by[-1][0]
                    if g + 1 == len(self.counts)
                    else usual(counts[:, main], MAIN * base + before, base, share)
                )
                log[:, k] += once.log
            a = SIDE * scaled((taste * self.all_tilt)[:, side])
            log[:, k] += (gammaln(a + took) - gammaln(a)).sum(axis=1)
            habits.append(by)
        log += np.log(common) - gammaln(SIDE + took.sum(axis=1))[:, None]
        total = logsumexp(log, axis=1)
        own = np.exp(log - total[:, None])
        tasted = []
        for g, counts in enumerate(self.counts):
            found = counts.copy()
            found[:, main] = sum(own[:, k, None] * habits[k][g][0].tasted for k in range(len(habits)))
            tasted.append(found)
        return replace(self, tasted=tasted, log=float(total.sum())), own, habits

    def _other(self, group: int, upto: int) -> Floats:
        """What was taken by taste in other groups before `upto`, as if at this one's time of day."""
        found = np.zeros(self.all_tilt.shape)
        for g in range(upto):
            if g != group:
                found += np.clip(self.tilt[group] / self.tilt[g], 0.1, 3.0) * self.tasted[g]
        return found
