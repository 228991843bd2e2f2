"""What the desk writes for one coupon, as a pattern: its rows with the places of its ids left open, and what else it moved.

The pattern is read from rows that the desk really wrote, so a column that the ledger gains is filled as the desk fills it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from bench.ledger_places import driver_of
from offers.tables import metadata

Raw = dict[str, Any]
Key = tuple[Any, ...]
Rows = dict[str, dict[Key, Raw]]
"""Table to primary key to row, in the driver's own values."""
_OF_THE_CHAIN = {"head_seq", "head_hash"}


class Open(str):
    """A text with places for ids: `{0}`, `{1}`, …, which `format` fills."""

    __slots__ = ()


@dataclass(frozen=True)
class Pattern:
    """`cloned`: table to its new rows, ids left open, entries in their order. `moved`: by how much numbers of other rows rose."""

    cloned: Mapping[str, Sequence[Raw]]
    moved: Mapping[tuple[str, Key, str], int]

    @property
    def n_entries(self) -> int:
        """Entries that one coupon leaves in the journal."""
        return len(self.cloned["entries"])

    def rows(self, table: str, ids: Sequence[str]) -> list[Raw]:
        """The table's rows for another coupon, whose ids stand in the order of the pattern's."""
        return [
            {name: value.format(*ids) if type(value) is Open else value for name, value in row.items()}
            for row in self.cloned.get(table, ())
        ]

    def move(self, connection: sa.Connection, n: int) -> None:
        """Raise the numbers as `n` more coupons do."""
        for (name, key, column), by in self.moved.items():
            table = metadata.tables[name]
            where = sa.and_(*(own == value for own, value in zip(table.primary_key.columns, key, strict=True)))
            connection.execute(sa.update(table).where(where).values({column: table.c[column] + n * by}))


def snapshot(connection: sa.Connection) -> Rows:
    """Every row of a journal that is still small."""
    found: Rows = {}
    for table in metadata.sorted_tables:
        keys = [column.name for column in table.primary_key.columns]
        rows = connection.exec_driver_sql(f"SELECT * FROM {table.name}").mappings()
        found[table.name] = {tuple(row[key] for key in keys): dict(row) for row in rows}
    return found


def pattern(before: Rows, after: Rows, ids: Sequence[str]) -> Pattern:
    """What became of a journal between two snapshots, in which one coupon with these `ids` came and went."""
    cloned: dict[str, list[Raw]] = {}
    moved: dict[tuple[str, Key, str], int] = {}
    for table, rows in after.items():
        for key, row in rows.items():
            old = before[table].get(key)
            if old is None and any(one in str(value) for value in row.values() for one in ids):
                cloned.setdefault(table, []).append({name: _opened(value, ids) for name, value in row.items()})
            elif row != old:
                moved |= _risen(table, key, old or {}, row)
    cloned["entries"].sort(key=lambda row: int(row["seq"]))
    return Pattern(cloned, moved)


def _risen(table: str, key: Key, old: Raw, row: Raw) -> dict[tuple[str, Key, str], int]:
    """Raises ValueError for a change that can't be repeated by adding."""
    found = {}
    for name, value in row.items():
        if value == old.get(name) or name in _OF_THE_CHAIN:
            continue
        if type(value) is not int or type(old.get(name)) is not int:
            raise ValueError(f"{table}.{name} of {key} went from {old.get(name)!r} to {value!r}: not a sum")
        found[table, key, name] = value - old[name]
    return found


def _opened(value: Any, ids: Sequence[str]) -> Any:
    if not isinstance(value, str) or not any(one in value for one in ids):
        return value
    text = value.replace("{", "{{").replace("}", "}}")
    for place, one in enumerate(ids):
        text = text.replace(one, f"{{{place}}}")
    return Open(text)


def copy_rows(connection: sa.Connection, table: sa.Table, rows: Sequence[Raw]) -> None:
    """Insert many rows by the driver's fastest way; a column that the database numbers is left to it."""
    own = table.autoincrement_column
    names = [name for name in rows[0] if own is None or name != own.name]
    values = (tuple(row[name] for name in names) for row in rows)
    listed, driver = ", ".join(names), driver_of(connection)
    if connection.dialect.name == "sqlite":
        driver.executemany(f"INSERT INTO {table.name} ({listed}) VALUES ({', '.join('?' * len(names))})", values)
        return
    with driver.cursor().copy(f"COPY {table.name} ({listed}) FROM STDIN") as copy:
        for value in values:
            copy.write_row(value)
