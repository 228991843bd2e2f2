"""Many rows, or many names, in one statement whose text stays the same however many they are, so a database plans it once.

SQLite, which works in our process, takes rows one by one; to PostgreSQL all of them travel as one JSON text. Rows are
in the driver's own values: whole numbers for moments (`columns.micros`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

DIALECTS = ("sqlite", "postgresql")
SEEN = "seen_"
"""Prefix of a row's value that `update` compares a column with."""
Raw = Mapping[str, Any]


class _Names(TypeDecorator[Collection[str]]):
    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Collection[str] | None, dialect: Dialect) -> str:
        return msgspec.json.encode(list(value or ())).decode()


def among(dialect: str, column: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[bool]:
    """Whether the column is one of the names bound to `name`: a collection of texts."""
    told = sa.bindparam(name, type_=_Names)
    if dialect == "sqlite":
        return column.in_(sa.select(sa.func.json_each(told).table_valued("value").c.value))
    each = sa.select(sa.func.json_array_elements_text(sa.cast(told, sa.JSON))).scalar_subquery()
    return column == sa.any_(sa.func.array(each))


def insert(connection: sa.Connection, table: sa.Table, rows: Sequence[Raw]) -> None:
    """Insert rows that all have the same columns."""
    if rows:
        _run(connection, _inserting(connection.dialect.name, table, tuple(rows[0])), rows)


def update(connection: sa.Connection, table: sa.Table, rows: Sequence[Raw]) -> int:
    """Set columns of rows found by the table's key, where the columns named with SEEN hold what was seen; how many were."""
    return _run(connection, _updating(connection.dialect.name, table, tuple(rows[0])), rows) if rows else 0


@dataclass(frozen=True)
class _Statement:
    """`values` picks from a row what SQLite's question marks stand for."""

    text: str
    values: Callable[[Raw], tuple[Any, ...]]


def _run(connection: sa.Connection, statement: _Statement, rows: Sequence[Raw]) -> int:
    if connection.dialect.name == "sqlite":
        return connection.exec_driver_sql(statement.text, list(map(statement.values, rows))).rowcount
    return connection.exec_driver_sql(statement.text, (msgspec.json.encode(rows).decode(),)).rowcount


@cache
def _inserting(dialect: str, table: sa.Table, names: tuple[str, ...]) -> _Statement:
    listed = ", ".join(names)
    told = (
        f"VALUES ({', '.join('?' * len(names))})" if dialect == "sqlite" else f"SELECT {listed} {_told(table, names)}"
    )
    return _Statement(f"INSERT INTO {table.name} ({listed}) {told}", itemgetter(*names))


@cache
def _updating(dialect: str, table: sa.Table, names: tuple[str, ...]) -> _Statement:
    lite = dialect == "sqlite"
    keys = [column.name for column in table.primary_key.columns]
    seen = [name for name in names if name.startswith(SEEN)]
    new = [name for name in names if name not in keys and name not in seen]
    changes = ", ".join(f"{name} = {'?' if lite else f'told.{name}'}" for name in new)
    tied = ((f"{table.name}.{name.removeprefix(SEEN)}", name) for name in (*keys, *seen))
    where = " AND ".join(f"{column} = {'?' if lite else f'told.{name}'}" for column, name in tied)
    told = "" if lite else _told(table, names)
    return _Statement(f"UPDATE {table.name} SET {changes} {told} WHERE {where}", itemgetter(*new, *keys, *seen))


def _told(table: sa.Table, names: Sequence[str]) -> str:
    """PostgreSQL's rows of the one JSON text, typed as the table's columns."""
    types = {name: table.c[name.removeprefix(SEEN)].type.compile(postgresql.dialect()) for name in names}  # type: ignore[no-untyped-call]
    return f"FROM json_to_recordset(%s) AS told ({', '.join(f'{name} {kind}' for name, kind in types.items())})"
