"""The hour of a visit: everybody has a usual hour and a spread round it, on weekdays and at weekends; some visits stray.

A member is of one of a few rhythms, each a distribution over a grid of (usual hour, spread) for weekdays and one for weekend
days. How common they are is learned by EM from everybody's visits (the mixing distribution, Laird 1978); a member's own weights
are Bayes' rule over their visits and over the offers they answered or left, which tell whether the window was one of theirs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp, ndtr

from bench.cafe.draw import Bools, Floats, Ints

CENTRES = np.arange(5.0, 22.0, 0.25)
SPREADS = np.array([0.3, 0.45, 0.65, 0.95, 1.4, 2.2])
RHYTHMS = 6
STRAYS = (0.03, 0.06, 0.1, 0.2)
_STEPS = 40
# Hours over which a usual hour found in one member lends weight to its neighbours, and visits' worth of an even grid.
_BLUR, _EVEN = 0.25, 1.0


@dataclass(frozen=True)
class Rhythms:
    """M hypotheses of a usual hour and spread; R rhythms."""

    hours: Floats
    """float64[S, M, 24]: hour of a visit by home store, strays included, over its open hours."""
    common: Floats
    """float64[R, 2, M], sums to 1: of weekdays and weekend days."""
    share: Floats
    """float64[R], sums to 1."""

    @classmethod
    def fitted(cls, counts: Floats, home: Ints, is_open: Bools) -> Rhythms:
        """The likeliest share of strays, and the rhythms. counts float64[n, 2, 24] visits; is_open bool[S, 24]."""
        best, top = None, -np.inf
        for stray in STRAYS:
            found, value = _learned(_hours(is_open, stray), counts, home)
            if value > top:
                best, top = found, value
        assert best is not None
        return best

    def density(self, counts: Floats, home: Ints, answered: Floats | float = 0.0) -> Floats:
        """float64[n, 2, 24]; `answered`: float64[n, 2, M] log likelihood of what was answered under each hypothesis."""
        log = _log(self.hours, counts, home) + answered
        rise = np.exp(log - log.max(axis=-1, keepdims=True))
        own = _own(rise, self.common, self.share)[0]
        found = np.zeros(counts.shape)
        for k in range(len(self.share)):
            w = rise * self.common[k]
            w *= own[:, k, None, None] / np.maximum(w.sum(axis=-1, keepdims=True), 1e-300)
            for store in range(len(self.hours)):
                found[home == store] += w[home == store] @ self.hours[store]
        return found


def _hours(is_open: Bools, stray: float) -> Floats:
    edge = (np.arange(25) - CENTRES[:, None, None]) / SPREADS[:, None]
    habit = (np.diff(ndtr(edge), axis=-1).reshape(1, -1, 24) + 1e-9) * is_open[:, None, :]
    habit /= habit.sum(axis=-1, keepdims=True)
    anywhere = is_open / is_open.sum(axis=1, keepdims=True)
    found: Floats = (1 - stray) * habit + stray * anywhere[:, None, :]
    return found


def _log(hours: Floats, counts: Floats, home: Ints) -> Floats:
    """float64[n, 2, M]: visits at hours when the home store is closed, elsewhere, tell nothing."""
    log = np.zeros((len(counts), 2, hours.shape[1]))
    for store, each in enumerate(hours):
        here, known = home == store, each[0] > 0
        log[here] = counts[here][:, :, known] @ np.log(each[:, known]).T
    return log


def _own(rise: Floats, common: Floats, share: Floats) -> tuple[Floats, float]:
    """(float64[n, R] members' weights of the rhythms, log likelihood less what `rise` was scaled by)."""
    by_part = np.einsum("nwm,rwm->nrw", rise, common)
    log = np.log(share) + np.log(np.maximum(by_part, 1e-300)).sum(axis=-1)
    total = logsumexp(log, axis=1)
    return np.exp(log - total[:, None]), float(total.sum())


def _learned(hours: Floats, counts: Floats, home: Ints) -> tuple[Rhythms, float]:
    log = _log(hours, counts, home)
    top = log.max(axis=-1, keepdims=True)
    rise, n, m = np.exp(log - top), len(counts), hours.shape[1]
    mean = (counts.sum(axis=1) @ np.arange(24) + 13.0) / (counts.sum(axis=(1, 2)) + 1.0)
    rank = np.argsort(np.argsort(mean, kind="stable"), kind="stable")
    own = 0.9 * np.eye(RHYTHMS)[rank * RHYTHMS // n] + 0.1 / RHYTHMS
    common, share, value = np.full((RHYTHMS, 2, m), 1.0 / m), np.full(RHYTHMS, 1.0 / RHYTHMS), -np.inf
    for step in range(_STEPS):
        if step:
            own, value = _own(rise, common, share)
        for k in range(RHYTHMS):
            w = rise * common[k]
            w *= own[:, k, None, None] / np.maximum(w.sum(axis=-1, keepdims=True), 1e-300)
            common[k] = _blurred(w.sum(axis=0)) + _EVEN / m
        common /= common.sum(axis=-1, keepdims=True)
        share = (own.sum(axis=0) + 1) / (n + RHYTHMS)
    return Rhythms(hours, common, share), value + float(top.sum())


def _blurred(weight: Floats) -> Floats:
    near = np.exp(-0.5 * ((CENTRES[:, None] - CENTRES) / _BLUR) ** 2)
    grid = weight.reshape(len(weight), len(CENTRES), len(SPREADS))
    found: Floats = np.einsum("ab,wbs->was", near / near.sum(axis=0), grid).reshape(weight.shape)
    return found
