"""The densities over the hours of a day that the slot mix is made of: chain, store, clusters, the user's own at several reaches.

Every own density is shrunk, by pseudo-visits, to the next wider one: weekday → working days or weekend → any day → store → chain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

from models.habits import LAST_FADE, LONG_D, RECENT_D, Habits, kernel
from models.topics import PRIOR_VISITS, Topics
from models.visits import weekday_of

FIXED = ("chain", "any_long", "any_long_wide", "kind_long_wide", "day_long", "any_recent", "day_recent", "last")
NARROW_H, WIDE_H = 0.7, 1.5
# Pseudo-visits of the store's density, by width of the kernel; of "any" in "kind" and of "kind" in "day", as shares of it.
STRENGTH = {NARROW_H: 9.0, WIDE_H: 4.5}
KIND_SHARE, DAY_SHARE, LAST_STRENGTH = 0.7, 0.5, 1.0
WEEKEND = np.array([False] * 5 + [True] * 2)
_FLOOR = 1e-6
CONSTANTS = (LONG_D, RECENT_D, LAST_FADE, *STRENGTH.values(), KIND_SHARE, DAY_SHARE, LAST_STRENGTH, PRIOR_VISITS)
"""What the densities rest on besides arrays: an artifact states them, so that weights meet what they were fitted on."""


@dataclass(frozen=True)
class SlotGrounds:
    """chain float64[7, 24] and store float64[stores, 2, 24] (working day, weekend): densities, above zero, rows sum to 1."""

    chain: np.ndarray
    store: np.ndarray
    topics: tuple[Topics, ...]

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray], sizes: Sequence[int]) -> SlotGrounds:
        """From a `when` artifact's arrays; sizes: topics in each set, adding up to those of `topic_hours`."""
        parts = [slice(a, b) for a, b in pairwise(accumulate(sizes, initial=0))]
        topics = tuple(Topics(arrays["topic_hours"][part], arrays["topic_share"][part]) for part in parts)
        return cls(arrays["slot_chain"], arrays["slot_store"], topics)

    @property
    def n_terms(self) -> int:
        """How many densities: `FIXED`, then one for each set of topics."""
        return len(FIXED) + len(self.topics)

    def logs(self, habits: Habits, day: np.ndarray) -> np.ndarray:
        """float64[n, 24, n_terms]: logs of all densities for each user on day int64[n] (since 1970)."""
        weekday = weekday_of(day)
        chain, base = self.chain[weekday], self._store(habits.store, weekday)
        tilt = chain / self.chain.mean(axis=0)
        long = {width: _own(habits.long, weekday, base, tilt, width) for width in (NARROW_H, WIDE_H)}
        recent = _own(habits.recent, weekday, base, tilt, NARROW_H)
        last = _unit(habits.last @ kernel(WIDE_H) + LAST_STRENGTH * long[NARROW_H][0])
        terms = [
            chain,
            long[NARROW_H][0],
            long[WIDE_H][0],
            long[WIDE_H][1],
            long[NARROW_H][2],
            recent[0],
            recent[2],
            last,
        ]
        terms += [topics.density(blend, weekday) for topics, blend in zip(self.topics, habits.blends, strict=True)]
        return np.log(np.stack(terms, axis=2) + _FLOOR)

    def _store(self, store: np.ndarray, weekday: np.ndarray) -> np.ndarray:
        """float64[n, 24]: the store's density on its kind of day, with the chain's own shape of that weekday over that kind."""
        chain, kind = self.chain[weekday], WEEKEND[weekday].astype(np.int64)
        wide = np.stack([self.chain[~WEEKEND].mean(axis=0), self.chain[WEEKEND].mean(axis=0)])
        found, known = chain.copy(), (store >= 0) & (store < len(self.store))
        found[known] = self.store[store[known], kind[known]] * chain[known] / wide[kind[known]]
        return _unit(found)


def _own(
    week: np.ndarray, weekday: np.ndarray, base: np.ndarray, tilt: np.ndarray, width_h: float
) -> tuple[np.ndarray, ...]:
    """(any, kind, day) float64[n, 24] each, from week float64[n, 7, 24]."""
    spread, strength = kernel(width_h), STRENGTH[width_h]
    weekend = WEEKEND[weekday][:, None]
    any_day = _unit(week.sum(axis=1) @ spread + strength * base)
    of_kind = np.where(weekend, week[:, WEEKEND].sum(axis=1), week[:, ~WEEKEND].sum(axis=1))
    kind = _unit(of_kind @ spread + KIND_SHARE * strength * _unit(any_day * tilt))
    day = _unit(week[np.arange(len(week)), weekday] @ spread + DAY_SHARE * strength * kind)
    return any_day, kind, day


def _unit(density: np.ndarray) -> np.ndarray:
    return np.asarray(density / density.sum(axis=1, keepdims=True), dtype=np.float64)
