"""What members' visits earn."""

from __future__ import annotations

import numpy as np

from bench.cafe.books import Books
from bench.cafe.draw import Floats, Ints


def earnings(books: Books, part_of_hour: Ints, margin: Ints, n: int, parts: int) -> tuple[Floats, Floats]:
    """(float64[n, parts] expected margin of a visit; float64[n, parts, P] of what else is in a basket with a product), cents.

    The chain's means by part (and product), times how much more or less the member's visits earned. margin: int64[S, P].
    """
    kept = books.weight() >= 1.0
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
