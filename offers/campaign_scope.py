"""What a campaign is about: which products, which stores, which hours. Structs of its file, and what they choose."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache

import numpy as np
from msgspec import Struct

DAYPARTS: Mapping[str, tuple[int, int]] = {
    "morning": (6, 11),
    "noon": (11, 14),
    "afternoon": (14, 17),
    "evening": (17, 21),
    "night": (21, 6),
}
"""Named slices of the store's local day: hours, half-open; `night` runs past midnight."""


class Products(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is offered: the products of `include` and those of `categories`, all where neither is given; never those of
    `exclude` and `exclude_categories`. A category is named whole (`A > B > C`) or by one of its parts."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    exclude_categories: tuple[str, ...] = ()


class Stores(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where: the stores of `include`, all where it is empty; never those of `exclude`."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def takes(self, store_id: str) -> bool:
        """Whether a store belongs to the campaign."""
        return (not self.include or store_id in self.include) and store_id not in self.exclude


def offered(chosen: Products, product_ids: Sequence[str], categories: Sequence[str | None]) -> np.ndarray:
    """bool[n]: whether each product is offered. `product_ids`, `categories`: row-aligned."""
    wanted, kinds = set(chosen.include), set(chosen.categories)
    out, out_kinds = set(chosen.exclude), set(chosen.exclude_categories)
    all_of_them = not wanted and not kinds

    def takes(product_id: str, category: str | None) -> bool:
        parts = parts_of(category)
        if product_id in out or not parts.isdisjoint(out_kinds):
            return False
        return all_of_them or product_id in wanted or not parts.isdisjoint(kinds)

    rows = zip(product_ids, categories, strict=True)
    return np.fromiter((takes(*row) for row in rows), dtype=bool, count=len(product_ids))


def parts_of(category: str | None) -> set[str]:
    """The names a category goes by: of "A > B" A, B and itself."""
    return {category, *category.split(" > ")} if category else set()


def stores_of(chosen: Stores, known: Iterable[str]) -> list[str]:
    """The stores of a campaign among those there are, sorted."""
    return sorted(store_id for store_id in known if chosen.takes(store_id))


def unknown(named: Iterable[str], known: Collection[str]) -> list[tuple[int, str]]:
    """(place, name) of what is named and isn't there."""
    return [(place, name) for place, name in enumerate(named) if name not in known]


def hours_of(daypart: str) -> tuple[int, int]:
    """Hours of a daypart, half-open, past midnight if the second isn't greater: a name, or "6-11". Raises ValueError."""
    if daypart in DAYPARTS:
        return DAYPARTS[daypart]
    first, dash, last = daypart.partition("-")
    if dash and first.isdecimal() and last.isdecimal() and int(first) < 24 and int(last) <= 24 and first != last:
        return int(first), int(last)
    raise ValueError(f"{daypart!r} is no daypart; write {', '.join(DAYPARTS)} or hours like 6-11")


@lru_cache(maxsize=64)
def hours_allowed(dayparts: tuple[str, ...]) -> np.ndarray:
    """bool[24]: the hours of the local day in which a window may begin; all without dayparts. Raises ValueError."""
    allowed = np.full(24, not dayparts)
    for first, last in map(hours_of, dayparts):
        hours = range(first, last) if first < last else (*range(first, 24), *range(last))
        allowed[list(hours)] = True
    allowed.flags.writeable = False
    return allowed


def runs_on(starts: date | None, ends: date | None, day: date) -> bool:
    """Whether a store-local day lies in the campaign, whose first and last day belong to it."""
    return (starts is None or starts <= day) and (ends is None or day <= ends)
