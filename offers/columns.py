"""Column types both databases share, and columns made of them.

Times are microseconds since 1970 in UTC, so they sort, compare and hash alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Column, Integer, String
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)

Id = String(128)
# SQLite numbers rows by itself only in a column of type INTEGER.
Serial = BigInteger().with_variant(Integer, "sqlite")


def micros(moment: datetime) -> int:
    """Whole microseconds from 1970-01-01 UTC to an aware moment, without float rounding."""
    return (moment - _EPOCH) // _MICRO


class Moment(TypeDecorator[datetime]):
    """An aware datetime stored as microseconds; read back in UTC. A naive value raises TypeError."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Datetime to integer."""
        return None if value is None else micros(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Integer to datetime in UTC."""
        return None if value is None else _EPOCH + value * _MICRO


def ids(*names: str) -> list[Column[str]]:
    """Columns of ids, none empty."""
    return [Column(name, Id, nullable=False) for name in names]


def cents(*names: str) -> list[Column[int]]:
    """Columns of whole cents, none empty."""
    return [Column(name, BigInteger, nullable=False) for name in names]


def moments(*names: str) -> list[Column[datetime]]:
    """Columns of moments, none empty."""
    return [Column(name, Moment, nullable=False) for name in names]


def counts(default: str, *names: str, kind: type[Integer] = Integer) -> list[Column[int]]:
    """Columns of whole numbers that begin at `default`."""
    return [Column(name, kind, nullable=False, server_default=default) for name in names]
