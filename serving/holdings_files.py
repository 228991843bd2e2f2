"""What the files of a home hold of one person: events in the lake, features, answers, what was shown, reports that name them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from serving.impressions import finished
from serving.parquet_rows import Rows, rows_of, rows_where
from settings import Settings

COMMITTED, REPORTS = "COMMITTED", "reports"
_READERS = 2


class Files:
    """The files of `settings`, asked about one person's ids. Reading raises PlanError when a file is damaged."""

    def __init__(self, settings: Settings, names: Sequence[str]) -> None:
        self._settings, self._names = settings, list(names)

    def events(self) -> Rows:
        """Lines of the lake under any of their ids, and those of tickets that they claimed, by time."""
        lake, names = self._settings.lake, pa.array(self._names, pa.string())
        claimed = rows_of(lake / "tickets.parquet", "person", self._names)
        tickets = {(row["store_id"], row["order_id"]) for row in claimed}
        orders = pa.array(sorted({order for _, order in tickets}), pa.string())

        def picks(rows: pa.Table) -> pa.ChunkedArray:
            mine = pc.is_in(rows["user_id"], names)
            if not tickets:
                return mine
            return pc.or_(mine, pc.and_(pc.is_null(rows["user_id"]), pc.is_in(rows["order_id"], orders)))

        columns = ["user_id", "order_id"] if tickets else ["user_id"]
        with ThreadPoolExecutor(_READERS) as pool:
            found = list(chain.from_iterable(pool.map(lambda part: rows_where(part, columns, picks), _parts(lake))))
        # An order's number may be another store's too.
        theirs = [row for row in found if row["user_id"] or (row["store_id"], row["order_id"]) in tickets]
        return sorted(theirs, key=lambda row: (row["occurred_at"], row["event_id"]))

    def features(self) -> dict[str, Rows]:
        """Rows of every snapshot, by view, of the views that have any."""
        views = sorted(self._settings.features.glob("user_*.parquet"))
        found = {view.stem: rows_of(view, "user_id", self._names) for view in views}
        return {view: rows for view, rows in found.items() if rows}

    def answers(self) -> Rows:
        """What became of offers to them."""
        return rows_of(self._settings.lake / "answers.parquet", "user_id", self._names)

    def shown(self) -> Rows:
        """Products that were shown to them, in files that wait for the lake."""
        found: Rows = []
        for file in finished(self._settings.home):
            with file.open(encoding="utf-8", errors="replace", newline="") as stream:
                found += [row for row in csv.DictReader(stream) if row.get("user_id") in self._names]
        return found

    def reports(self) -> list[str]:
        """Names of reports in which one of their ids is written; none should be."""
        folder = self._settings.home / REPORTS
        files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []
        wanted = [f'"{name}"' for name in self._names] + [f">{name}<" for name in self._names]
        return [file.name for file in files if _names_one(file, wanted)]


def _names_one(file: Path, wanted: Sequence[str]) -> bool:
    text = file.read_text("utf-8", "replace")
    return any(one in text for one in wanted)


def _parts(lake: Path) -> list[Path]:
    """Parts of batches that count (see `training.parts`), by day."""
    listed = lake / "events" / COMMITTED
    if not listed.is_file():
        return []
    counted = {line.partition("\t")[0] for line in listed.read_text("ascii").splitlines()}
    found = sorted((lake / "events").glob("day=*/part-*.parquet"))
    return [path for path in found if path.stem.removeprefix("part-") in counted]
