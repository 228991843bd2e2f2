"""An arm of the café: a member, a product, a store, and a window of one local day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.cafe.draw import Days, Floats, Ints


@dataclass(frozen=True)
class Windows:
    """K arms, row-aligned: this member, this product, at this store, on this day between these local hours.

    `member`, `product`, `store`: int64[k] rows; `day`: datetime64[D][k]; `start`, `end`: float64[k] hours of the day, half-open.
    """

    member: Ints
    product: Ints
    store: Ints
    day: Days
    start: Floats
    end: Floats

    @classmethod
    def of(cls, member: object, product: object, store: object, day: object, start: object, end: object) -> Windows:
        """Anything that broadcasts, flattened to rows in C order."""
        days = np.asarray(day, dtype="datetime64[D]")
        ids = [np.asarray(x, dtype=np.int64) for x in (member, product, store)]
        hours = [np.asarray(x, dtype=np.float64) for x in (start, end)]
        m, p, s, d, a, b = (x.ravel() for x in np.broadcast_arrays(*ids, days, *hours))
        return cls(m, p, s, d, a, b)


def weekday(day: Days) -> Ints:
    """int64[k], Monday = 0 (1970-01-01 was a Thursday)."""
    return (day.astype("datetime64[D]").astype(np.int64) + 3) % 7
