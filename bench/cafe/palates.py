"""What a visit holds: a main product, often the member's usual one, else by taste; and perhaps a side, by appetite and taste.

Members are of some palates, each a distribution over products that the time of day tilts for all alike; a member's own taste is a
Dirichlet draw round their palate's (Minka 2000 for its mean), and on top of it there may be a usual product in each of some
groups of parts of the day (`bench.cafe.usual`). Which palates there are, how common, and how strong habits are is learned by EM.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import digamma

from bench.cafe.draw import Bools, Floats, Ints
from bench.cafe.factors import factors, scaled
from bench.cafe.seen import MAIN, SIDE, Habits, Seen
from bench.cafe.usual import SHARES

PALATES = 6
# Visits' worth of the chain in a palate, sides' worth of the chain in an appetite.
CHAIN, APPETITE = 12.0, 6.0
_SMOOTH = 20.0
_ROUNDS = 5


@dataclass(frozen=True)
class Palates:
    """D parts of the day, P products, K palates."""

    side: Bools
    """bool[P]: taken beside a main product."""
    group: Ints
    """int64[D]: parts of one group share a usual product."""
    sells: Floats
    """float64[P]: chance of a visit to hold the product."""
    tilt: Floats
    """float64[D, P]: by how much more or less in the part of the day."""
    taste: Floats
    """float64[K, P]: mains sum to 1, sides sum to 1."""
    common: Floats
    """float64[K]"""
    share: Floats
    """float64[SHARES]: how common a usual's share is."""

    @classmethod
    def learned(cls, counts: Floats, visits: Floats, side: Bools, group: Ints, k: int = PALATES) -> Palates:
        """From counts float64[n, D, P] and visits float64[n, D]."""
        sells = (counts.sum(axis=(0, 1)) + 0.5) / (visits.sum() + 1.0)
        tilt = (counts.sum(axis=0) + _SMOOTH * sells) / (visits.sum(axis=0)[:, None] + _SMOOTH) / sells
        even = np.full(len(SHARES), 1 / len(SHARES))
        found = cls(side, group, sells, tilt, factors(counts, visits @ tilt, sells, side, k), np.full(k, 1 / k), even)
        seen = Seen.of(found.group, found.tilt, counts, visits)
        for _ in range(_ROUNDS):
            seen, own, habits = seen.weighed(*found.known())
            found = found._better(seen, own, habits)
        return found

    def known(self) -> tuple[Floats, Floats, Floats, Bools]:
        """What `Seen.weighed` asks for."""
        return self.taste, self.common, self.share, self.side

    def fits(self, counts: Floats, visits: Floats) -> Floats:
        """float64[n, D, P]: chance that a visit in the part of the day holds the product."""
        seen = Seen.of(self.group, self.tilt, counts, visits).weighed(*self.known())[0]
        _, own, habits = seen.weighed(*self.known())
        main, fit = ~self.side, np.zeros(counts.shape)
        for part, group in enumerate(self.group.tolist()):
            for k in range(len(self.common)):
                found, taste = habits[k][group]
                mean = taste + found.tasted
                now = mean * (self.tilt[part] / seen.tilt[group])[:, main]
                now *= (1 - found.habit.sum(axis=1, keepdims=True)) / now.sum(axis=1, keepdims=True)
                fit[:, part, main] += own[:, k, None] * (found.habit + now)
        fit[:, :, self.side] = self._sides(seen.all_tilt, own, counts.sum(axis=1), visits)
        return fit

    def _sides(self, tilted: Floats, own: Floats, counts: Floats, visits: Floats) -> Floats:
        side, least = self.side, self.tilt[:, self.side] @ self.sells[self.side]
        took = counts[:, side]
        appetite = (took.sum(axis=1) + APPETITE) / (visits @ least + APPETITE)
        base = scaled(own @ self.taste[:, side] * tilted[:, side])
        liked = (SIDE * base + took) / tilted[:, side]
        by_part = scaled(liked[:, None, :] * self.tilt[:, side])
        found: Floats = np.minimum(appetite[:, None] * least, 0.95)[:, :, None] * by_part
        return found

    def _better(self, seen: Seen, own: Floats, habits: Habits) -> Palates:
        share = sum((own[:, k, None] * found.share).sum(axis=0) for k, by in enumerate(habits) for found, _ in by) + 2.0
        taste, took = np.zeros(self.taste.shape), np.sum(seen.tasted, axis=0)
        for k in range(len(taste)):
            for rows, strength in ((~self.side, MAIN), (self.side, SIDE)):
                base = strength * scaled(self.taste[k, rows] * seen.all_tilt[:, rows])
                new = base * (digamma(base + took[:, rows]) - digamma(base)) * own[:, k, None]
                even = new.sum(axis=1, keepdims=True) * seen.all_tilt[:, rows]
                even /= (seen.all_tilt[:, rows] @ self.taste[k, rows])[:, None]
                taste[k, rows] = scaled(
                    (new.sum(axis=0) + CHAIN * scaled(self.sells[rows])) / (even.sum(axis=0) + CHAIN)
                )
        common = (own.sum(axis=0) + 1) / (len(own) + len(self.common))
        return replace(self, taste=taste, common=common, share=share / share.sum())
