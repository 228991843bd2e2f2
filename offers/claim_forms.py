"""How a field of a signed token stands in its claim: text, a code, whole cents, whole seconds; and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from offers.codes import canonical

TEXT_LIMIT = 128
# Every JSON reader holds whole numbers up to here exactly (RFC 8259, section 6).
CENTS_LIMIT = 2**53 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_LAST_SECOND = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _SECOND


@dataclass(frozen=True)
class Form:
    """How a field stands in its claim. `read` raises ValueError with what is expected, `write` TypeError without a zone."""

    read: Callable[[Any], Any]
    write: Callable[[Any], Any] = lambda value: value


def _text(value: Any) -> str:
    if (
        type(value) is str
        and 0 < len(value) <= TEXT_LIMIT
        and not any("\ud800" <= symbol <= "\udfff" for symbol in value)
    ):
        return value
    raise ValueError(f"text of 1 to {TEXT_LIMIT} characters")


def _code(value: Any) -> str:
    if type(value) is str and len(value) <= TEXT_LIMIT and canonical(value) == value:
        return value
    raise ValueError("a coupon's code without dashes")


def _cents(least: int) -> Form:
    def read(value: Any) -> int:
        # Not isinstance: True is an int too, and 1.0 would pass for one cent.
        if type(value) is int and least <= value <= CENTS_LIMIT:
            return value
        raise ValueError(f"whole cents from {least} to {CENTS_LIMIT}")

    return Form(read)


def _moment(value: Any) -> datetime:
    if type(value) is int and 0 <= value <= _LAST_SECOND:
        return _EPOCH + timedelta(seconds=value)
    raise ValueError("whole seconds from 1970 to 9999")


# Rounded inwards, so that a token never opens a coupon's window wider than it is.
BEGIN = Form(_moment, lambda moment: -((_EPOCH - moment) // _SECOND))
END = Form(_moment, lambda moment: (moment - _EPOCH) // _SECOND)
TEXT, CODE, PAID, PRICE = Form(_text), Form(_code), _cents(1), _cents(0)
