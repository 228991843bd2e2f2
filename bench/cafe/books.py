"""The chain's books as arrays: who bought what, when and where, and what a day with an offer counts. All a learner sees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from bench.cafe.draw import Bools, Floats, Ints
from offers.slots import Store
from training.sales import coded, sales


@dataclass(frozen=True)
class Shop:
    """What the chain sells: ids, prices int64[S, P], costs int64[P], sold bool[S, P], the stores' clocks."""

    product_ids: tuple[str, ...]
    store_ids: tuple[str, ...]
    price: Ints
    cost: Ints
    sold: Bools
    stores: tuple[Store, ...]


@dataclass(frozen=True)
class Books:
    """Everything known of n members over days 0 to T: lines and days. Day 0 is a Monday.

    member, day, hour, store, product: int64[lines]; `came`: bool[n, T] any line. `counts`, `seen`: float64[n, T], what the day
    and what its visit count beside one on which nothing was sent, 1 for those (`bench.cafe.natural`).
    """

    member: Ints
    day: Ints
    hour: Ints
    store: Ints
    product: Ints
    came: Bools
    counts: Floats
    seen: Floats

    def weight(self) -> Floats:
        """float64[lines]: what each line counts."""
        found: Floats = self.seen[self.member, self.day]
        return found

    def visits(self) -> Floats:
        """float64[n, T]: what each day's visit counts, 0 without one."""
        found: Floats = self.came * self.seen
        return found


def standing(events: pl.DataFrame, stores: pl.DataFrame) -> pl.DataFrame:
    """Sales lines that stand, of members and guests, as training reads them (`training.sales`)."""
    return coded(sales(events.lazy(), stores))


def books_of(lines: pl.DataFrame, users: list[str], shop: Shop, first: date, counts: Floats, seen: Floats) -> Books:
    """The members' lines of the days from `first` (a Monday) on; `counts` and `seen` of `Books`, their width says how many."""
    own = lines.filter(pl.col.user_id.is_not_null())
    day = (own["day"].to_numpy() - np.datetime64(first)).astype("timedelta64[D]").astype(np.int64)
    kept = (day >= 0) & (day < counts.shape[1])
    member, product, store = (
        _places(own[column], ids)[kept]
        for column, ids in (("user_id", users), ("product_id", shop.product_ids), ("store_id", shop.store_ids))
    )
    came = np.zeros(counts.shape, dtype=bool)
    came[member, day[kept]] = True
    hour = own["hour_of_week"].to_numpy().astype(np.int64)[kept] % 24
    return Books(member, day[kept], hour, store, product, came, counts, seen)


def _places(column: pl.Series, ids: list[str] | tuple[str, ...]) -> Ints:
    table = pl.DataFrame({"id": list(ids), "place": np.arange(len(ids))})
    asked = column.cast(pl.String).rename("id").to_frame()
    found: Ints = asked.join(table, on="id", how="left", maintain_order="left")["place"].to_numpy()
    return found


def tally(
    books: Books, part_of_hour: Ints, parts: int, n_products: int, since: int, until: int
) -> tuple[Floats, Floats]:
    """(float64[n, parts, P] visits with a product, float64[n, parts] visits), by part of the day, days half-open."""
    kept = (books.day >= since) & (books.day < until)
    n, n_days = books.came.shape
    counts = np.zeros((n, parts, n_products))
    np.add.at(counts, (books.member[kept], part_of_hour[books.hour[kept]], books.product[kept]), books.weight()[kept])
    key = np.unique((books.member[kept] * n_days + books.day[kept]) * 24 + books.hour[kept])
    visits = np.zeros((n, parts))
    np.add.at(visits, (key // 24 // n_days, part_of_hour[key % 24]), books.seen.ravel()[key // 24])
    return counts, visits


def baskets(books: Books, n_products: int, since: int) -> tuple[Ints, Ints, Ints, Floats]:
    """(member int64[v], day int64[v], hour int64[v], held float64[v, P]): visits from day `since` on that no coupon made."""
    kept = (books.weight() >= 1.0) & (books.day >= since)
    n_days = books.came.shape[1]
    key = (books.member[kept] * n_days + books.day[kept]) * 24 + books.hour[kept]
    visit, place = np.unique(key, return_inverse=True)
    held = np.zeros((len(visit), n_products))
    held[place, books.product[kept]] = 1.0
    return visit // 24 // n_days, visit // 24 % n_days, visit % 24, held


def by_hour(books: Books, until: int) -> Floats:
    """float64[n, 2, 24]: visits on weekdays and on weekend days by hour, before day `until`."""
    kept = books.day < until
    n, n_days = books.came.shape
    key = np.unique((books.member[kept] * n_days + books.day[kept]) * 24 + books.hour[kept])
    day = key // 24
    found = np.zeros((n, 2, 24))
    np.add.at(found, (day // n_days, (day % n_days % 7 >= 5).astype(np.int64), key % 24), books.seen.ravel()[day])
    return found
