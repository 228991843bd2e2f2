"""Ingest against polars merely reading and writing the same rows: what checking, dedup and the layout by day cost.

Both sides run in turn in the same process, and the fastest of the rounds counts on either side. Polars writes one parquet file;
the lake gets a file a day, flushed to disk. Ids are checked against products and stores, as in use.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from bench.results import Row, row
from training.complete_journey import InputTables, tables
from training.ingest import ingest

ROUNDS = 5
REACH = 3.0


def rows() -> list[Row]:
    """Complete Journey's events from parquet and from CSV, and the rerun that must change nothing."""
    with TemporaryDirectory() as folder:
        return measure(tables(), Path(folder), ROUNDS)


def measure(made: InputTables, folder: Path, rounds: int) -> list[Row]:
    """The figures for these tables. RuntimeError when an ingest did not take every row."""
    files = {name: folder / f"{name}.parquet" for name in ("products", "stores", "events")}
    for name, path in files.items():
        getattr(made, name).write_parquet(path)
    text = folder / "events.csv"
    made.events.with_columns(pl.col("occurred_at").dt.strftime("%Y-%m-%dT%H:%M:%SZ")).write_csv(text)
    lake, out = folder / "lake", folder / "out.parquet"
    # The last event is now: the clock only bounds the future.
    now = made.events.select(pl.col("occurred_at").max()).item()
    ingest(lake, products=files["products"], stores=files["stores"], now=now)

    def first(path: Path) -> float:
        shutil.rmtree(lake / "events", ignore_errors=True)
        return _seconds(lambda: _take(lake, path, now, accepted=len(made.events)))

    parquet, csv, again, plain, plain_csv = [], [], [], [], []
    for _ in range(rounds):
        plain.append(_seconds(lambda: pl.read_parquet(files["events"]).write_parquet(out)))
        parquet.append(first(files["events"]))
        again.append(_seconds(lambda: _take(lake, files["events"], now, accepted=0)))
        plain_csv.append(_seconds(lambda: pl.read_csv(text).write_parquet(out)))
        csv.append(first(text))
    n = f"{len(made.events):,} events"
    return [
        _row(f"ingest {n} from parquet", parquet, "polars reads and writes parquet", plain, REACH),
        _row(f"ingest {n} from CSV", csv, "polars reads CSV and writes parquet", plain_csv, REACH),
        _row(f"ingest {n} again", again, "polars reads and writes parquet", plain, None),
    ]


def _row(figure: str, ours: list[float], against: str, theirs: list[float], reach: float | None) -> Row:
    value, bar = min(ours), min(theirs)
    aim = "" if reach is None else f"at most {reach:g} times"
    met = reach is None or value <= reach * bar
    return row(figure, value, "s", against=against, against_value=bar, reach=aim, met=met)


def _take(lake: Path, events: Path, now: datetime, accepted: int) -> None:
    report = ingest(lake, events=events, now=now)[0]
    if (report.accepted, report.quarantined) != (accepted, 0):
        raise RuntimeError(f"ingest took {report.accepted} of {report.rows} rows and refused {report.quarantined}")


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
