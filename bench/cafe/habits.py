"""What the books tell of members untouched: when they come, what they take, what a visit earns. Days with an offer are left out.

The learner's side of the loop: sales lines and a record of the days on which something was sent, never the café's truth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from bench.cafe.draw import Bools, Floats, Ints

HALF_LIVES = (10.0, 40.0)
_DAYS = 7
# Pseudo-days that shrink to the chain.
_PSEUDO_DAYS = 3.0


@dataclass(frozen=True)
class Books:
    """Everything known of n members over days 0 to T: lines and days. Day 0 is a Monday.

    member, day, hour, store, product: int64[lines]; `came`: bool[n, T] whether any line; `touched`: bool[n, T] whether an offer was sent.
    """

    member: Ints
    day: Ints
    hour: Ints
    store: Ints
    product: Ints
    came: Bools
    touched: Bools

    def untouched(self) -> Bools:
        """bool[lines]: lines of days without an offer."""
        kept: Bools = ~self.touched[self.member, self.day]
        return kept


def visit_features(came: Bools, touched: Bools, at: int) -> Floats:
    """float64[n, 7, f]: log-odds of rates known before day `at` (a multiple of 7), for each weekday of the week that begins then."""
    n = len(came)
    seen = came[:, :at]
    first = np.where(seen.any(axis=1), seen.argmax(axis=1), at)
    counts = (np.arange(at) > first[:, None]) & ~touched[:, :at]
    hits = seen & counts
    age = at - np.arange(at)
    chain = (hits.sum() + 1) / (counts.sum() + 3)
    rates = []
    for half in HALF_LIVES:
        decay = 0.5 ** (age / half)
        rates.append((hits @ decay + _PSEUDO_DAYS * chain) / (counts @ decay + _PSEUDO_DAYS))
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
    def fitted(cls, came: Bools, touched: Bools, weeks: int = 5) -> VisitChance:
        """Learn from the last `weeks` weeks of untouched days, each asked at its Monday."""
        x, y = [], []
        last = came.shape[1] // _DAYS * _DAYS
        for at in range(last - _DAYS * weeks, last, _DAYS):
            known = came[:, :at].any(axis=1)
            days = np.broadcast_to(known[:, None], (len(came), _DAYS)) & ~touched[:, at : at + _DAYS]
            x.append(visit_features(came, touched, at)[days])
            y.append(came[:, at : at + _DAYS][days])
        return cls(LogisticRegression(C=10.0).fit(np.concatenate(x), np.concatenate(y)))

    def chance(self, came: Bools, touched: Bools, at: int) -> Floats:
        """float64[n, 7]."""
        x = visit_features(came, touched, at)
        p: Floats = self.model.predict_proba(x.reshape(-1, x.shape[-1]))[:, 1].reshape(x.shape[:2])
        return p


def tally(books: Books, part_of_hour: Ints, parts: int, n_products: int, since: int, until: int) -> tuple[Floats, Floats]:
    """(float64[n, parts, P] untouched visits with a product, float64[n, parts] visits), by part of the day, days half-open."""
    kept = books.untouched() & (books.day >= since) & (books.day < until)
    n, n_days = books.came.shape
    counts = np.zeros((n, parts, n_products))
    np.add.at(counts, (books.member[kept], part_of_hour[books.hour[kept]], books.product[kept]), 1.0)
    key = np.unique((books.member[kept] * n_days + books.day[kept]) * 24 + books.hour[kept])
    visits = np.zeros((n, parts))
    np.add.at(visits, (key // 24 // n_days, part_of_hour[key % 24]), 1.0)
    return counts, visits


def baskets(books: Books, n_products: int, since: int) -> tuple[Ints, Ints, Ints, Floats]:
    """(member int64[v], day int64[v], hour int64[v], held float64[v, P]): untouched visits from day `since` on."""
    kept = books.untouched() & (books.day >= since)
    n_days = books.came.shape[1]
    key = (books.member[kept] * n_days + books.day[kept]) * 24 + books.hour[kept]
    visit, place = np.unique(key, return_inverse=True)
    held = np.zeros((len(visit), n_products))
    held[place, books.product[kept]] = 1.0
    return visit // 24 // n_days, visit // 24 % n_days, visit % 24, held


@dataclass(frozen=True)
class HourDensity:
    """When a visit happens: own hours of the same part of the week, smoothed, those of the other, the store's."""

    spread: float
    """Share of a visit's weight that goes to each neighbouring hour."""
    other: float
    store: float

    @classmethod
    def fitted(cls, books: Books, home: Ints, is_open: Bools, cut: int) -> HourDensity:
        """The least log loss on visits from day `cut` on, given those before."""
        member, day, hour, _ = baskets(books, 1 + int(books.product.max()), cut)
        keep = is_open[home[member], hour]
        member, weekend, hour = member[keep], (day[keep] % 7 >= 5).astype(np.int64), hour[keep]
        best, least = cls(0.15, 0.3, 3.0), np.inf
        for spread in (0.1, 0.2, 0.27):
            for other in (0.1, 0.3, 0.6):
                for store in (1.0, 2.5, 6.0):
                    found = cls(spread, other, store)
                    p = found.density(books, home, is_open, cut)[member, weekend, hour]
                    loss = -np.log(np.maximum(p, 1e-6)).mean()
                    if loss < least:
                        best, least = found, loss
        return best

    def density(self, books: Books, home: Ints, is_open: Bools, until: int) -> Floats:
        """float64[n, 2, 24], weekdays and weekend days, over the open hours of the home store; is_open bool[S, 24]."""
        kept = books.untouched() & (books.day < until)
        n, n_days = books.came.shape
        key = np.unique((books.member[kept] * n_days + books.day[kept]) * 24 + books.hour[kept])
        counts = np.zeros((n, 2, 24))
        np.add.at(counts, (key // 24 // n_days, (key // 24 % n_days % 7 >= 5).astype(np.int64), key % 24), 1.0)
        chain = np.stack([counts[home == s].sum(axis=0) + 0.5 for s in range(len(is_open))])
        chain /= chain.sum(axis=-1, keepdims=True)
        wide = counts * (1 - 2 * self.spread)
        wide[..., 1:] += self.spread * counts[..., :-1]
        wide[..., :-1] += self.spread * counts[..., 1:]
        own = (wide + self.other * wide[:, ::-1] + self.store * chain[home]) * is_open[home][:, None, :]
        found: Floats = own / own.sum(axis=-1, keepdims=True)
        return found


def earnings(books: Books, part_of_hour: Ints, margin: Ints, n: int, parts: int) -> tuple[Floats, Floats]:
    """(float64[n, parts] expected margin of a visit; float64[n, parts, P] of what else is in a basket with a product), cents.

    The chain's means by part (and product), times how much more or less than they say the member's visits earned. margin: int64[S, P].
    """
    kept = books.untouched()
    member, product, part = books.member[kept], books.product[kept], part_of_hour[books.hour[kept]]
    visit, line_visit = np.unique((member * books.came.shape[1] + books.day[kept]) * 24 + books.hour[kept], return_inverse=True)
    cents = margin[books.store[kept], product].astype(np.float64)
    total = np.bincount(line_visit, cents)
    rest = total[line_visit] - cents
    who, when = visit // 24 // books.came.shape[1], part_of_hour[visit % 24]
    chain = np.bincount(when, total, parts) / np.maximum(np.bincount(when, minlength=parts), 1)
    own = _ratio(who, total, chain[when], n)
    cell = part * margin.shape[1] + product
    size = parts * margin.shape[1]
    mean = np.bincount(part, rest, parts) / np.maximum(np.bincount(part, minlength=parts), 1)
    prior = np.repeat(mean, margin.shape[1])
    beside = (np.bincount(cell, rest, size) + 20 * prior) / (np.bincount(cell, minlength=size) + 20)
    own_rest = _ratio(member, rest, beside[cell], n)
    return own[:, None] * chain, own_rest[:, None, None] * beside.reshape(parts, -1)


def _ratio(who: Ints, seen: Floats, expected: Floats, n: int) -> Floats:
    """float64[n]: what was seen over what was expected, shrunk to 1 by some visits' worth."""
    weight = 6.0 * expected.mean() if len(expected) else 1.0
    ratio: Floats = (np.bincount(who, seen, n) + weight) / (np.bincount(who, expected, n) + weight)
    return ratio
