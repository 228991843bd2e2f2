"""At what hour members come and what their visits earn, from days without an offer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.cafe.books import Books, baskets
from bench.cafe.draw import Bools, Floats, Ints


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

    The chain's means by part (and product), times how much more or less the member's visits earned. margin: int64[S, P].
    """
    kept = books.untouched()
    member, product, part = books.member[kept], books.product[kept], part_of_hour[books.hour[kept]]
    visit, line_visit = np.unique(
        (member * books.came.shape[1] + books.day[kept]) * 24 + books.hour[kept], return_inverse=True
    )
    cents = margin[books.store[kept], product].astype(np.float64)
    total = np.bincount(line_visit, cents).astype(np.float64)
    rest = total[line_visit] - cents
    who, when = visit // 24 // books.came.shape[1], part_of_hour[visit % 24]
    chain = np.bincount(when, total, parts) / np.maximum(np.bincount(when, minlength=parts), 1)
    own = _ratio(who, total, chain[when].astype(np.float64), n)
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
