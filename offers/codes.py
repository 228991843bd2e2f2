"""Coupon codes: 75 random bits in Crockford's base 32 with his check symbol, spoken and typed with few mistakes.

Format: 16 symbols, shown in fours (`7ZK3-M0QD-...`). The first 15 are random, the last is the value modulo 37. 37 is
prime and 32 is neither 0 nor 1 modulo 37, so one wrong symbol and two swapped neighbours are always noticed. Crockford's
five extra check symbols read badly at a till and in a URL, so codes that would need one are drawn again.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)} | {"O": 0, "I": 1, "L": 1}
_BITS = 5 * (LENGTH - 1)


def new_code(token: Callable[[int], bytes]) -> str:
    """A fresh code, canonical (no dashes). `token(n)` gives n unguessable bytes: `secrets.token_bytes`."""
    while True:
        value = int.from_bytes(token(10), "big") >> (80 - _BITS)
        check = value % 37
        if check < len(ALPHABET):
            symbols = [ALPHABET[(value >> shift) & 31] for shift in range(_BITS - 5, -1, -5)]
            return "".join(symbols) + ALPHABET[check]


def canonical(text: str) -> str | None:
    """The canonical code behind what someone typed, or None when it can't be a code.

    Case, dashes, spaces and full-width letters don't matter; I and L read as 1, O as 0. A wrong check symbol is None.
    """
    plain = unicodedata.normalize("NFKC", text).upper()
    values = [_VALUE.get(symbol, -1) for symbol in plain if symbol not in "-‐‑–— \t"]
    if len(values) != LENGTH or min(values) < 0:
        return None
    number = 0
    for value in values[:-1]:
        number = number << 5 | value
    return "".join(ALPHABET[value] for value in values) if number % 37 == values[-1] else None


def shown(code: str) -> str:
    """A canonical code in groups of four."""
    return "-".join(code[start : start + 4] for start in range(0, LENGTH, 4))
