"""Cells that break parsers, for both doors: what a file says, its reason; what a body says, its code; None where it is good."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """`text` in a CSV, `token` in a body of JSON; by default the same text in quotation marks. `reason` and `code`: as named."""

    what: str
    column: str
    text: bytes
    reason: str | None
    token: bytes
    code: str | None


def _word(what: str, column: str, text: str, reason: str | None) -> Cell:
    escaped = "".join(letter if letter.isascii() and letter.isprintable() else _escape(letter) for letter in text)
    code = "invalid_field" if reason else None
    return Cell(what, column, text.encode("utf-8", "surrogatepass"), reason, f'"{escaped}"'.encode(), code)


def _plain(what: str, column: str, text: str, reason: str | None) -> Cell:
    """Personal data in the clear has one name at both doors."""
    return Cell(what, column, text.encode(), reason, f'"{text}"'.encode(), reason)


def _escape(letter: str) -> str:
    units = letter.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _number(text: str, reason: str | None, token: str | None = None, code: str | None = "invalid_field") -> Cell:
    told = (token or text).encode()
    return Cell(
        text, "unit_price_cents", text.encode(), reason, told, None if reason is None and token is None else code
    )


def _time(text: str, reason: str, code: str = "invalid_field") -> Cell:
    return Cell(text, "occurred_at", text.encode(), reason, f'"{text}"'.encode(), code)


CELLS = (
    _word("NUL", "product_id", "a\0b", "control_character"),
    _word("lone surrogate", "product_id", "a\ud800", "bad_encoding"),
    _word("right-to-left override", "product_id", "a\u202etxt", "control_character"),
    _word("zero width space", "product_id", "a\u200bb", "control_character"),
    _word("byte order mark", "product_id", "\ufeffa", "control_character"),
    _word("no-break space around", "product_id", "\u00a0a", "padded"),
    _word("tab before", "product_id", "\ta", "control_character"),
    _word("flood of combining marks", "product_id", "e" + "\u0301" * 128, "too_long"),
    _word("as many as an id may hold", "product_id", "e" + "\u0301" * 127, None),
    _word("composed", "product_id", "caf\u00e9", None),
    _word("decomposed", "product_id", "cafe\u0301", None),
    _word("formula", "product_id", "=1+1", None),
    _word("longest id", "product_id", "x" * 128, None),
    _word("longer", "product_id", "x" * 129, "too_long"),
    _word("megabyte", "product_id", "x" * 1_000_000, "too_long"),
    _word("word for nothing", "product_id", "NaN", "null_word"),
    _word("what a browser writes for nothing", "product_id", "[object Object]", "null_word"),
    _word("a letter newer than our Unicode", "product_id", "a\U00013439", "control_character"),
    _word("the last before it", "product_id", "a\U0001342e", None),
    _plain("phone from abroad", "user_id", "0041795556677", "bad_identity"),
    _plain("phone in groups", "user_id", "079 555 66 77", "bad_identity"),
    _plain("phone in one piece", "user_id", "0795556677", None),
    _plain("card number of a chain", "user_id", "908-424-2890", "bad_identity"),
    _plain("escaped address", "user_id", "zoe%40x.example", "bad_identity"),
    _plain("account", "user_id", "DE89370400440532013000", "bad_identity"),
    _plain("account with another digit", "user_id", "DE89370400440532013001", None),
    _plain("card with a letter", "user_id", "4111111111111111x", "bad_identity"),
    _plain("card beside a name", "order_id", "4111111111111111 Zoe Meier", "personal_data"),
    _plain("an order's number", "order_id", "4111111111111111", None),
    _number("1e400", "not_a_number"),
    _number("NaN", "not_a_number"),
    _number("Infinity", "not_a_number"),
    _number("-1", "negative"),
    _number("-0", None),
    _number("1.5", "not_an_integer"),
    _number("100000000", None),
    _number("100000001", "out_of_range"),
    _number("1000000000000000000", "out_of_range"),
    _number("9223372036854775807", "out_of_range"),
    _number("9223372036854775808", "out_of_range"),
    _number("9" * 400, "not_a_number"),
    _number("१२", "not_a_number", '"१२"'),
    _number("1_000", "not_a_number"),
    _number("0x10", "not_a_number"),
    _number("½", "not_a_number", '"½"'),
    _time("0000-01-01T00:00:00Z", "out_of_range"),
    _time("0001-01-01T00:00:00+23:59", "out_of_range", "too_early"),
    _time("1989-12-31T23:59:59Z", "out_of_range", "too_early"),
    _time("9999-12-31T23:59:59-23:59", "out_of_range", "too_late"),
    _time("9999-12-31T23:59:60Z", "impossible_date"),
    _time("99999-01-01T00:00:00Z", "not_a_time"),
    _time("-0001-01-01T00:00:00Z", "not_a_time"),
    _time("2025-01-01T00:00:00+99:99", "impossible_date"),
    _time("2025-02-29T00:00:00Z", "impossible_date"),
    _time("2025-01-01T24:00:00Z", "impossible_date"),
    _time("2025-01-01T00:00:00", "naive_time"),
    _time("1735689600", "not_a_time"),
    _time("२०२५-01-01T00:00:00Z", "not_a_time"),
)
"""Each is one cell of an event that is good otherwise."""
