"""A table of links, `daypart people link --file`: which of its rows are links at all, the others named by row, column and reason.

| column | says |
|---|---|
| `identity`, `other` | two identities (`card:…`, `phone:…`, `receipt:store/order`) or ids that are one person's |
| `evidence` | the id of the event, ticket or session that shows it |
| `occurred_at` | when it was seen; the older link is believed, an `app`'s from when it is loaded |
| `source` | who tells it, one of `people.evidence.SOURCES`; `file` where it is absent or empty |
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from feature_repo.events import EARLIEST_UTC, MAX_AHEAD, Column
from people.evidence import SOURCES
from training.cells import Cells, read_id, read_time, read_word
from training.faults import FAULTS, found
from training.persons import impersonal
from training.quarantine import write_quarantine
from training.repeats import ROW
from training.sources import Source, read_source

COLUMNS = (
    Column("identity", "text", required=True),
    Column("other", "text", required=True),
    Column("evidence", "text", required=True),
    Column("occurred_at", "time", required=True),
    Column("source", "text"),
)


@dataclass(frozen=True)
class LinkRows:
    """`good`: `ROW` and COLUMNS of rows whose cells can be read, identities still in the clear. `faults`: of the others."""

    source: Source
    good: pl.DataFrame
    faults: pl.DataFrame


def read_links(path: Path, now: datetime) -> LinkRows:
    """Read a file of links. now: an aware moment; times may lie ahead of it by MAX_AHEAD. Raises DataError."""
    source = read_source(path, "links", COLUMNS)
    rows, values, faults = source.cells[ROW], dict[str, pl.Series](), [source.faults]
    for column in source.columns:
        cells = _read(column, rows, source.cells[column.name], now)
        values[column.name] = cells.values
        faults.append(cells.faults)
        empty = cells.values.is_null()
        if column.required and empty.any():
            faults.append(found(rows.filter(empty), column.name, "missing"))
    values.setdefault("source", pl.Series("source", [None] * len(rows), pl.String))
    named = pl.concat(faults).unique(["row", "column"], keep="first", maintain_order=True)
    frame = pl.DataFrame({ROW: rows, **values}).with_columns(pl.col.source.fill_null("file"))
    return LinkRows(source, frame.filter(~pl.col(ROW).is_in(named["row"].implode())), named)


def quarantine(lake: Path, read: LinkRows, refused: Iterable[tuple[int, str, str]]) -> tuple[Path | None, pl.DataFrame]:
    """Write what is wrong with the file: what reading it found, and (row, column, reason) of links that were refused after it;
    where, and all faults by row."""
    rows = [(row, column, reason, None) for row, column, reason in refused]
    faults = pl.concat([read.faults, pl.DataFrame(rows, FAULTS, orient="row")]).sort("row", maintain_order=True)
    return write_quarantine(lake, read.source.path, faults), faults


def _read(column: Column, rows: pl.Series, raw: pl.Series, now: datetime) -> Cells:
    if column.kind == "time":
        return read_time(rows, raw, pl.lit(EARLIEST_UTC), pl.lit(now + MAX_AHEAD))
    if column.name == "source":
        return read_word(rows, raw, frozenset(SOURCES))
    return impersonal(rows, raw) if column.name == "evidence" else read_id(rows, raw)
