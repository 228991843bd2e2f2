"""What the settlement takes of a sale: checked before a till without network pays, and how a sale is sent.

A till that pays what the service can't take in has lost the money: the batch would be refused whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import msgspec

from feature_repo.events import MAX_ID_LENGTH, MAX_PRICE_CENTS, MAX_QUANTITY
from offers.answers import EARLIEST, LATEST
from offers.book import Line
from offers.till_file import Payment

MAX_LINES = 500
MAX_SALES = 1000
MAX_BATCH_BYTES = 1 << 20
"""Of one settlement; the service takes twice as much."""


def check_sale(order_id: str, lines: Sequence[Line], now: datetime) -> None:
    """Raises ValueError, saying what is wrong where, unless the settlement would take such a sale."""
    if now.utcoffset() is None or not EARLIEST.year <= now.year < LATEST.year:
        raise ValueError(f"a moment with its zone, from {EARLIEST.year} to {LATEST.year - 1}, is needed, not {now}")
    if len(lines) > MAX_LINES:
        raise ValueError(f"a basket has at most {MAX_LINES} lines, not {len(lines)}")
    _check_id("order_id", order_id)
    for number, line in enumerate(lines, 1):
        _check_id(f"line {number}: product_id", line.product_id)
        _check_number(f"line {number}: quantity", line.quantity, 1, MAX_QUANTITY)
        _check_number(f"line {number}: discount_cents", line.discount_cents, 0, MAX_PRICE_CENTS)
        if line.unit_price_cents is not None:
            _check_number(f"line {number}: unit_price_cents", line.unit_price_cents, 0, MAX_PRICE_CENTS)


def sales_of(payments: Iterable[Payment]) -> list[dict[str, Any]]:
    """The first of the payments as JSON values for one settlement: token, order_id, till_id, till_time, lines."""
    return list(_within_limits(payments))


def _within_limits(payments: Iterable[Payment]) -> Iterator[dict[str, Any]]:
    size = 0
    for number, paid in enumerate(payments):
        sale = {
            "token": paid.token,
            "order_id": paid.order_id,
            "till_id": paid.till_id,
            "till_time": paid.till_time.isoformat(),
            "lines": [asdict(line) for line in paid.lines],
        }
        size += len(msgspec.json.encode(sale))
        if number and (number >= MAX_SALES or size > MAX_BATCH_BYTES):
            return
        yield sale


def _check_id(what: str, value: str) -> None:
    control = any(ord(symbol) < 32 or 127 <= ord(symbol) < 160 for symbol in value)
    if control or not 0 < len(value) <= MAX_ID_LENGTH:
        raise ValueError(f"{what}: 1 to {MAX_ID_LENGTH} characters without control characters, not {value[:20]!r}")


def _check_number(what: str, value: int, least: int, most: int) -> None:
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{what}: a whole number from {least} to {most}, not {value!r}")
