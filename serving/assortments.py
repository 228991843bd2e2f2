"""What stores sell, read anew every minute and decoded only when something else is read than before.

The event loop waits for it, so it must cost little: the whole row is asked for and its hash compared, 0.1 ms for 10,000 products.
The row's stamp alone would be quicker still, but says less: a store emptied and filled again as of the same moment has the same
stamp over other prices.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from datetime import datetime
from sys import intern
from typing import NamedTuple

from google.protobuf.message import DecodeError

from serving.entity_rows import EntityRows
from serving.episode import Signs
from serving.feast_messages import value_class
from serving.list_values import numbers
from serving.online_port import Assortment, narrowed

STORE_CACHE_S, MAX_CACHED_STORES = 60.0, 4096


class _Seen(NamedTuple):
    expires_s: float
    mark: int
    """Of all that was read."""
    assortment: Assortment | None
    odd: ValueError | None = None
    """Why it can't be read."""


class Assortments:
    """Remembers what each store sells, and hands out the same object for as long as the same stands. `clock` is monotonic."""

    def __init__(self, rows: EntityRows, clock: Callable[[], float]) -> None:
        self._rows, self._clock = rows, clock
        self._seen: dict[str, _Seen] = {}
        self._odd = Signs("what a store sells can't be read, run `daypart features`", clock)
        # By the hash of their bytes: stores that sell the same products hold one list of them.
        self._lists: dict[int, tuple[str, ...]] = {}

    def of(self, store_id: str) -> Assortment | None:
        """What the store sells, as read at most a minute ago; None where nothing is known. Raises ValueError where what stands
        can't be read, and what the client of `rows` raises."""
        now, seen = self._clock(), self._seen.get(store_id)
        if seen is not None and now < seen.expires_s:
            return _told(seen)
        mark, found, odd = 0, None, None
        try:
            raw = self._rows.raw(store_id)
            mark = _hash(tuple(raw))
            is_same = seen is not None and seen.mark == mark and seen.odd is None
            found = seen.assortment if seen is not None and is_same else self._decoded(raw)
        except (DecodeError, ValueError) as error:
            self._odd.seen(error)
            odd = ValueError(str(error))
        # Oldest first, so that made-up ids cannot grow it without end.
        self._seen.pop(store_id, None)
        if len(self._seen) >= MAX_CACHED_STORES:
            self._seen.pop(next(iter(self._seen)), None)
        self._seen[store_id] = seen = _Seen(now + STORE_CACHE_S, mark, found, odd)
        return _told(seen)

    def _decoded(self, raw: list[bytes | None]) -> Assortment | None:
        """Raises ValueError or DecodeError for half a row, or what is none."""
        told = self._rows.told(raw)
        ids, as_of = told["product_ids"]
        if as_of is None:
            return None
        lists = [told[name].raw for name in ("price_cents", "stock_units", "stock_known")]
        return _assortment(self._products(ids), lists, as_of)

    def _products(self, raw: bytes | None) -> tuple[str, ...]:
        # An empty list is two bytes, null is none.
        if not raw:
            raise ValueError("a feature is missing")
        products = self._lists.get(mark := _hash(raw))
        if products is None:
            held = {id(seen.assortment.product_ids) for seen in list(self._seen.values()) if seen.assortment}
            kept = {mark: ids for mark, ids in list(self._lists.items()) if id(ids) in held}
            # What many stores sell is one string in all their lists.
            products = tuple(map(intern, value_class().FromString(raw).string_list_val.val))
            self._lists = {**kept, mark: products}
        return products


def _told(seen: _Seen) -> Assortment | None:
    if seen.odd is not None:
        raise seen.odd
    return seen.assortment


def _assortment(product_ids: tuple[str, ...], lists: Sequence[bytes | None], as_of: datetime) -> Assortment:
    if None in lists:
        raise ValueError("a feature is missing")
    prices, units, known = (
        numbers(raw or b"", kind) for raw, kind in zip(lists, ("int64", "int64", "bool"), strict=True)
    )
    if not len(product_ids) == len(prices) == len(units) == len(known):
        raise ValueError("lists of different lengths")
    return Assortment(product_ids, narrowed(prices), narrowed(units), known, as_of)


def _hash(raw: Hashable) -> int:
    """Python's 64 bits, keyed anew in each process: that two rows have the same is one chance in 2^64."""
    return hash(raw)
