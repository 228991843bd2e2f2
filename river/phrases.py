"""Small parts of sentences: counts, spans, dates, names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from offers.text import product_name


def count(n: int, what: str) -> str:
    """`1 visit`, `2 visits`."""
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}es" if what.endswith("s") else f"{n:,} {what}s"


def span(days: float) -> str:
    """A time in whole days; below two of them in hours."""
    if days < 2:
        return count(max(0, round(days * 24)), "hour")
    return count(int(days), "day")


def every(gap_days: float | None) -> str:
    """How often, by the mean gap."""
    if gap_days is None:
        return "now and then"
    return "nearly every day" if gap_days < 1.5 else f"about every {round(gap_days)} days"


def date(at: datetime | None) -> str:
    """`5 March 2026`."""
    return "an unknown day" if at is None else f"{at.day} {at:%B %Y}"


def of_epoch(seconds: int | None) -> datetime | None:
    """The moment of seconds since 1970."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def called(name: str, names: Mapping[str, str]) -> str:
    """What people call something, its id where it has no name."""
    return product_name({"": names.get(name) or name}, "en")


def listed(words: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    return f" {last} ".join(word for word in (", ".join(words[:-1]), *words[-1:]) if word)
