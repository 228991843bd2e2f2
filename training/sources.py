"""An input file as it came: which of its columns we know, its cells untouched, its rows numbered from 1."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from feature_repo.events import Column
from training.bulk import listed
from training.csv_records import read_csv
from training.faults import no_faults
from training.parquet_columns import parquet_schema, read_parquet
from training.parts import DataError
from training.repeats import ROW
from training.shapes import TABLES

ENDINGS = (".parquet", ".csv", ".csv.gz")
_LOCALISED_NAME = re.compile(r"name_[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8})*")
_TEXTUAL = (pl.String, pl.Categorical, pl.Enum, pl.Binary, pl.Null)
_READABLE: dict[str, tuple[type[pl.DataType], ...]] = {
    "text": _TEXTUAL,
    "int": (*_TEXTUAL, pl.Decimal),
    "float": (*_TEXTUAL, pl.Decimal),
    "time": (*_TEXTUAL, pl.Datetime),
}


@dataclass(frozen=True)
class Source:
    """`cells`: column `ROW` (uint32, from 1) and the known columns, raw. `n_rows` counts the bad rows too.

    `faults`: rows that could not be split into cells. `warnings`: sentences for the report.
    """

    path: Path
    columns: tuple[Column, ...]
    cells: pl.DataFrame
    n_rows: int
    faults: pl.DataFrame
    warnings: tuple[str, ...]


def read_source(path: Path, table: str, expected: Sequence[Column] | None = None) -> Source:
    """Read a file of `table` by its ending. expected: its columns; by default those that `TABLES` has for it.

    DataError when it is not there, cannot be read, has another ending, lacks a required column, or has one of a hopeless type.
    """
    if not path.name.lower().endswith(ENDINGS):
        raise DataError(f"{path}: unknown ending; give {table} as {', '.join(ENDINGS)}")
    if not path.is_file():
        raise DataError(f"{path}: no such file; check the path given for {table}")
    expected = TABLES[table] if expected is None else expected
    if path.suffix.lower() == ".parquet":
        faults, schema = no_faults(), parquet_schema(path)
        columns = _known_columns(path, table, schema, expected)
        cells = read_parquet(path, [column.name for column in columns])
    else:
        cells, faults = read_csv(path)
        schema = cells.schema
        columns = _known_columns(path, table, schema, expected)
    ignored = sorted(set(schema) - {c.name for c in columns} - {ROW})
    warnings = [f"column {name!r} is not one of {table} and was ignored" for name in ignored]
    if cells.is_empty() and faults.is_empty():
        warnings.append("the file has no rows")
    naive = [c.name for c in columns if cells.schema[c.name] == pl.Datetime and not _zone(cells.schema[c.name])]
    warnings += [f"column {name!r} holds timestamps without a zone; they were taken as UTC" for name in naive]
    n_rows = len(cells) + len(faults)
    return Source(path, columns, cells.select(ROW, *(c.name for c in columns)), n_rows, faults, tuple(warnings))


def _known_columns(path: Path, table: str, schema: pl.Schema, expected: Sequence[Column]) -> tuple[Column, ...]:
    known = {c.name: c for c in expected}
    lacking = [c.name for c in known.values() if c.required and c.name not in schema]
    if lacking:
        have = listed([name for name in schema if name != ROW])
        raise DataError(f"{path}: lacks the column {', '.join(lacking)} of {table}; it has: {have}")
    columns = [c for c in known.values() if c.name in schema]
    if table == "products":
        columns += [Column(name, "text") for name in schema if _LOCALISED_NAME.fullmatch(name)]
    for column in columns:
        kind = schema[column.name]
        numeric = kind.is_integer() or kind.is_float()
        if not (kind in _READABLE[column.kind] or (numeric and column.kind != "time")):
            raise DataError(f"{path}: column {column.name!r} is of type {kind}, which cannot be read as {column.kind}")
    return tuple(columns)


def _zone(kind: pl.DataType) -> str | None:
    return kind.time_zone if isinstance(kind, pl.Datetime) else None
