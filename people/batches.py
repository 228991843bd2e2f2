"""Rows in parts, as one question to a database takes so many parameters and no more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def batches(rows: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    """The rows in their order, `most` at once; none of no rows."""
    return (rows[start : start + most] for start in range(0, len(rows), most))
