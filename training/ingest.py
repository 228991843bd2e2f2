"""Tables into the lake: good rows go in, bad rows go to a quarantine file, and a rerun changes nothing.

Products, stores and assortment are taken first; then events are judged by what the lake knows. All files are opened before
anything is written, so a wrong path costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from people.secret import SECRET, References
from training.event_ids import with_event_ids
from training.faults import found, no_faults
from training.lake import has_table, land, read_table, upsert
from training.parts import DataError
from training.quarantine import write_quarantine
from training.repeats import ROW
from training.shapes import KEYS, SCHEMAS, TABLES, Progress
from training.sources import Source, read_source
from training.tombstones import living
from training.validate import check

__all__ = ["DataError", "IngestReport", "ingest"]

# What a column's ids must be known from, for the tables that name them.
NAMED = {"product_id": "products", "store_id": "stores"}
_NAMING = ("events", "assortment")


@dataclass(frozen=True)
class IngestReport:
    """What became of one file. `rows` = `accepted` + `duplicates` + `quarantined`.

    accepted: new events, or table rows that changed the table. duplicates: rows that say only what is known. faults: how
    often each (column, reason) occurs; a row may have several. warnings: sentences on what was ignored, assumed or not checked.
    """

    table: str
    file: Path
    rows: int
    accepted: int
    duplicates: int
    quarantined: int
    quarantine_file: Path | None
    faults: dict[tuple[str, str], int]
    warnings: tuple[str, ...]


def ingest(
    lake: Path,
    *,
    events: Path | None = None,
    products: Path | None = None,
    stores: Path | None = None,
    assortment: Path | None = None,
    now: datetime,
    secret: Path | None = None,
    progress: Progress = None,
) -> list[IngestReport]:
    """Take the given files (.parquet, .csv, .csv.gz) into `lake`; a report for each, events last.

    secret: the file that identities are hashed with (`Settings.identity_secret`); by default `identity.key` beside the lake.
    now: an aware moment; events may lie ahead of it by `feature_repo.events.MAX_AHEAD`. DataError when a file is missing,
    unreadable or lacks a required column, or the lake is damaged.
    """
    if now.utcoffset() is None:
        raise ValueError("`now` needs an offset from UTC")
    given = {"events": events, "products": products, "stores": stores, "assortment": assortment}
    files = {table: Path(path) for table in TABLES if (path := given[table]) is not None}
    if not files:
        raise DataError(f"nothing to ingest; give a file for at least one of {', '.join(TABLES)}")
    sources = {}
    for done, (table, path) in enumerate(files.items(), 1):
        sources[table] = read_source(path, table)
        if progress:
            progress("reading files", done, len(files))
    references = References(secret or lake.parent / SECRET)
    return [_take(lake, table, sources.pop(table), now, references, progress) for table in files]


def _take(
    lake: Path, table: str, source: Source, now: datetime, references: References, progress: Progress
) -> IngestReport:
    known, unchecked = _known_ids(lake, source) if table in _NAMING else ({}, [])
    checked = check(source, known, now, references)
    good, forgotten = checked.good, no_faults()
    if table == "events":
        good, forgotten = living(lake, good, references)
        settled = land(lake, _events(good), progress)
        accepted = len(settled.fresh)
    else:
        accepted, settled = upsert(lake, table, good)
    key = KEYS[table][0]
    conflicts = good.filter(pl.col(ROW).is_in(settled.conflicts.implode()))
    ids = conflicts[key] if key in conflicts.columns else None
    faults = pl.concat([checked.faults, forgotten, found(conflicts[ROW], key, "conflicting_duplicate", ids)]).sort(
        "row"
    )
    quarantined = faults["row"].n_unique()
    counts = faults.group_by("column", "reason").len().sort("column", "reason")
    return IngestReport(
        table=table,
        file=source.path,
        rows=source.n_rows,
        accepted=accepted,
        duplicates=source.n_rows - quarantined - accepted,
        quarantined=quarantined,
        quarantine_file=write_quarantine(lake, source.path, faults),
        faults={(column, reason): n for column, reason, n in counts.iter_rows()},
        warnings=(*source.warnings, *unchecked),
    )


def _known_ids(lake: Path, source: Source) -> tuple[Mapping[str, pl.Series], list[str]]:
    """Ids that may be named, by column; and a sentence for each column that cannot be judged."""
    known, unchecked = {}, []
    for column, table in NAMED.items():
        if column not in source.cells.columns:
            continue
        if has_table(lake, table):
            known[column] = read_table(lake, table)[column]
        else:
            unchecked.append(f"the lake has no {table} yet, so {column!r} was not checked")
    return known, unchecked


def _events(good: pl.DataFrame) -> pl.DataFrame:
    schema = SCHEMAS["events"]
    lacking = [pl.lit(None, dtype=kind).alias(name) for name, kind in schema.items() if name not in good.columns]
    return with_event_ids(good.with_columns(lacking).select(ROW, *schema.names()))
