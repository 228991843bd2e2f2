"""The closed days of a store, as the stores table says them: weekdays and dates with one space between."""

from __future__ import annotations

from datetime import date

import polars as pl

from training.cells import MAX_TEXT_LENGTH, as_text

WEEKDAYS = frozenset({"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"})


def closed_days_in(raw: pl.Series) -> frozenset[str]:
    """Those of the cells' texts that are closed days: "sunday 2026-12-25". What is planned by them reads all of these."""
    return frozenset(text for text in as_text(raw).drop_nulls().unique() if _are_days(text))


def _are_days(text: str) -> bool:
    return len(text) <= MAX_TEXT_LENGTH and all(word in WEEKDAYS or _is_date(word) for word in text.split(" "))


def _is_date(word: str) -> bool:
    try:
        # Python reads other forms of a date too; only this one comes back as it was.
        return date.fromisoformat(word).isoformat() == word
    except ValueError:
        return False
