"""What the files of a home hold of one person: events in the lake, features, answers, what was shown, reports that name them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from offers.errors import PlanError
from serving.impressions import finished
from settings import Settings

COMMITTED, REPORTS = "COMMITTED", "reports"
Rows = list[dict[str, Any]]


class Files:
    """The files of `settings`, asked about one person's ids. Reading raises PlanError when a file is damaged."""

    def __init__(self, settings: Settings, names: Sequence[str]) -> None:
        self._settings, self._names = settings, list(names)

    def events(self) -> Rows:
        """Lines of the lake under any of their ids, and those of tickets that they claimed, by time."""
        lake, found = self._settings.lake, Rows()
        claimed = _read(lake / "tickets.parquet", [("person", "in", self._names)])
        tickets = {(row["store_id"], row["order_id"]) for row in claimed}
        for path in _parts(lake):
            found += _read(path, [("user_id", "in", self._names)])
            if tickets:
                orders = [("order_id", "in", [order for _, order in tickets])]
                lines = [row for row in _read(path, orders) if row["user_id"] is None]
                found += [row for row in lines if (row["store_id"], row["order_id"]) in tickets]
        return sorted(found, key=lambda row: (row["occurred_at"], row["event_id"]))

    def features(self) -> dict[str, Rows]:
        """Rows of every snapshot, by view, of the views that have any."""
        views = sorted(self._settings.features.glob("user_*.parquet"))
        found = {view.stem: _read(view, [("user_id", "in", self._names)]) for view in views}
        return {view: rows for view, rows in found.items() if rows}

    def answers(self) -> Rows:
        """What became of offers to them."""
        return _read(self._settings.lake / "answers.parquet", [("user_id", "in", self._names)])

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


def _read(path: Path, filters: Any) -> Rows:
    if not path.is_file():
        return []
    try:
        rows = pq.read_table(path, filters=filters, partitioning=None).to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise PlanError(f"{path}: can't be read ({str(error).splitlines()[0]}); restore it") from None
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (datetime, date)) else value
