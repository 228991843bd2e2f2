"""The floor rule of a basket by brute force: every way to put coupons on units, and the one that the written rule picks.

The rule (docs/ledger.md): coupons on one product of an order are placed largest discount first, ties by offer id, each on
the unit that costs most then, ties to the earlier line; afterwards every unit must cost at least the highest floor among
its coupons.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

from offers.book import Line


class Ticket(NamedTuple):
    """A coupon on the product: the order of the fields is not the order of placing."""

    offer_id: str
    discount: int
    floor: int


def units_of(lines: Sequence[Line] | None, product_id: str) -> int:
    return sum(line.quantity for line in lines or () if line.product_id == product_id and line.quantity > 0)


def stays_above_floor(
    lines: Sequence[Line] | None, product_id: str, list_price: int, tickets: Sequence[Ticket]
) -> bool:
    """Whether the basket may carry all the tickets; True when it has no unit of the product."""
    prices: list[int] = []
    for line in lines or ():
        if line.product_id == product_id:
            price = list_price if line.unit_price_cents is None else line.unit_price_cents
            # As many tickets as there are can touch no more units of one line.
            prices += [price - line.discount_cents] * max(0, min(line.quantity, len(tickets)))
    placing = sorted(sorted(tickets, key=lambda one: one.offer_id), key=lambda one: one.discount, reverse=True)
    ways = [
        way for way in product(range(len(prices)), repeat=len(placing)) if prices and _written(way, prices, placing)
    ]
    assert len(ways) == (1 if prices else 0), "the written rule picks exactly one way"
    return all(_left(way, prices, placing, n) >= _floor(way, placing, n) for way in ways for n in way)


def _left(way: Sequence[int], prices: Sequence[int], placing: Sequence[Ticket], unit: int) -> int:
    return prices[unit] - sum(ticket.discount for at, ticket in zip(way, placing, strict=False) if at == unit)


def _floor(way: Sequence[int], placing: Sequence[Ticket], unit: int) -> int:
    return max(ticket.floor for at, ticket in zip(way, placing, strict=True) if at == unit)


def _written(way: Sequence[int], prices: Sequence[int], placing: Sequence[Ticket]) -> bool:
    """Whether each ticket went on the dearest unit as the ones before it left them, the first of equals."""
    for n, unit in enumerate(way):
        before = [_left(way[:n], prices, placing, other) for other in range(len(prices))]
        if before[unit] != max(before) or max(before) in before[:unit]:
            return False
    return True
