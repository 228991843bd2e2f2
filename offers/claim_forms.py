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


def _whole(unit: str, least: int, most: int) -> Form:
    def read(value: Any) -> int:
        # Not isinstance: True is an int too, and 1.0 would pass for one cent.
        if type(value) is int and least <= value <= most:
            return value
        raise ValueError(f"whole {unit} from {least} to {most}")

    return Form(read)


def _moment(value: Any) -> datetime:
    if type(value) is int and 0 <= value <= _LAST_SECOND:
        return _EPOCH + timedelta(seconds=value)
    raise ValueError("whole seconds from 1970 to 9999")


# Rounded inwards, so that a token never opens a coupon's window wider than it is.
BEGIN = Form(_moment, lambda moment: -((_EPOCH - moment) // _SECOND))
END = Form(_moment, lambda moment: (moment - _EPOCH) // _SECOND)
TEXT, CODE = Form(_text), Form(_code)
PAID, PRICE, GRACE = _whole("cents", 1, CENTS_LIMIT), _whole("cents", 0, CENTS_LIMIT), _whole("seconds", 0, 3600)
