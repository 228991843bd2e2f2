"""Whether a member comes on a day untouched: a logistic regression on their own rates, recent and old, by day of the week."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from bench.cafe.draw import Bools, Floats

HALF_LIVES = (10.0, 40.0)
_DAYS = 7
# Pseudo-days that shrink to the chain.
_PSEUDO_DAYS = 3.0


def visit_features(visits: Floats, counts: Floats, at: int) -> Floats:
    """float64[n, 7, f]: log-odds of rates known before day `at` (a multiple of 7), for the weekdays of the week from it on."""
    n = len(visits)
    seen = visits[:, :at] > 0
    first = np.where(seen.any(axis=1), seen.argmax(axis=1), at)
    since = np.arange(at) > first[:, None]
    counts, hits = counts[:, :at] * since, visits[:, :at] * since
    # Age runs as days count: who is moved by an offer every day is not forgotten meanwhile.
    age = np.cumsum(counts[:, ::-1], axis=1)[:, ::-1]
    chain = (hits.sum() + 1) / (counts.sum() + 3)
    rates = []
    for half in HALF_LIVES:
        decay = 0.5 ** (age / half)
        rates.append(
            ((hits * decay).sum(axis=1) + _PSEUDO_DAYS * chain) / ((counts * decay).sum(axis=1) + _PSEUDO_DAYS)
        )
    decay, own = 0.5 ** (age / 60), rates[1][:, None]
    weekly = np.stack([hits * decay, counts * decay]).reshape(2, n, at // _DAYS, _DAYS).sum(axis=2)
    part = np.stack([weekly[:, :, :5].sum(axis=2), weekly[:, :, 5:].sum(axis=2)], axis=2)[:, :, [0] * 5 + [1] * 2]
    by_part = (part[0] + _PSEUDO_DAYS * own) / (part[1] + _PSEUDO_DAYS)
    by_day = (weekly[0] + _PSEUDO_DAYS * by_part) / (weekly[1] + _PSEUDO_DAYS)
    columns = [np.broadcast_to(rate[:, None], (n, _DAYS)) for rate in rates] + [by_part, by_day]
    return np.stack([np.log(c / (1 - c)) for c in np.clip(columns, 1e-4, 1 - 1e-4)], axis=-1)


@dataclass(frozen=True)
class VisitChance:
    """P(a member comes on a weekday of the coming week), a logistic regression on `visit_features`."""

    model: LogisticRegression

    @classmethod
    def fitted(cls, visits: Floats, counts: Floats, weeks: int = 5) -> VisitChance:
        """Learn from the last `weeks` weeks of untouched days, each asked at its Monday."""
        x: list[Floats] = []
        y: list[Bools] = []
        last = visits.shape[1] // _DAYS * _DAYS
        for at in range(last - _DAYS * weeks, last, _DAYS):
            known = np.flatnonzero(visits[:, :at].any(axis=1))
            plain = counts[known, at : at + _DAYS] >= 1.0
            x.append(visit_features(visits, counts, at)[known][plain])
            y.append(visits[known, at : at + _DAYS][plain] > 0)
        return cls(LogisticRegression(C=10.0).fit(np.concatenate(x), np.concatenate(y)))

    def chance(self, visits: Floats, counts: Floats, at: int) -> Floats:
        """float64[n, 7]."""
        x = visit_features(visits, counts, at)
        p: Floats = self.model.predict_proba(x.reshape(-1, x.shape[-1]))[:, 1].reshape(x.shape[:2])
        return p
