"""Many rows, or many names, in one statement whose text stays the same however many they are, so a database plans it once.

SQLite, which works in our process, takes rows one by one; to PostgreSQL all of them travel as one JSON text. Rows are
in the driver's own values: whole numbers for moments (`columns.micros`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
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
        _run(connection, _insert_sql(connection.dialect.name, table, tuple(rows[0])), rows)


def update(connection: sa.Connection, table: sa.Table, rows: Sequence[Raw]) -> int:
    """Set columns of rows found by the table's key, where the columns named with SEEN hold what was seen; how many were."""
    return _run(connection, _update_sql(connection.dialect.name, table, tuple(rows[0])), rows) if rows else 0


def _run(connection: sa.Connection, statement: str, rows: Sequence[Raw]) -> int:
    if connection.dialect.name == "sqlite":
        return connection.exec_driver_sql(statement, list(rows)).rowcount
    return connection.exec_driver_sql(statement, (msgspec.json.encode(rows).decode(),)).rowcount


@cache
def _insert_sql(dialect: str, table: sa.Table, names: tuple[str, ...]) -> str:
    listed = ", ".join(names)
    if dialect == "sqlite":
        return f"INSERT INTO {table.name} ({listed}) VALUES ({', '.join(f':{name}' for name in names)})"
    return f"INSERT INTO {table.name} ({listed}) SELECT {listed} FROM {_told(table, names)}"


@cache
def _update_sql(dialect: str, table: sa.Table, names: tuple[str, ...]) -> str:
    lite = dialect == "sqlite"
    keys = [column.name for column in table.primary_key.columns]
    tied = {name: name for name in keys} | {name.removeprefix(SEEN): name for name in names if name.startswith(SEEN)}
    of_row = ":" if lite else "told."
    changes = ", ".join(f"{name} = {of_row}{name}" for name in names if name not in keys and not name.startswith(SEEN))
    where = " AND ".join(f"{table.name}.{column} = {of_row}{name}" for column, name in tied.items())
    return f"UPDATE {table.name} SET {changes}{'' if lite else f' FROM {_told(table, names)}'} WHERE {where}"


def _told(table: sa.Table, names: Sequence[str]) -> str:
    """PostgreSQL's rows of the one JSON text, typed as the table's columns."""
    types = {name: table.c[name.removeprefix(SEEN)].type.compile(postgresql.dialect()) for name in names}  # type: ignore[no-untyped-call]
    return f"json_to_recordset(%s) AS told ({', '.join(f'{name} {kind}' for name, kind in types.items())})"
