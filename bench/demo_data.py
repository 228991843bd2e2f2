"""Where the demo's purchases come from: Complete Journey moved by whole weeks up to today, or the simulated café."""

from __future__ import annotations

import json
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from settings import Settings

DATA_SETS = ("complete-journey", "cafe")
COMPLETE_JOURNEY_ZONE = "America/New_York"
MARKER, INPUT = "demo.json", "input"


class DemoError(Exception):
    """The demo cannot run here. The message says why and what to do."""


def weeks_between(last_day: date, today: date) -> int:
    """Whole weeks by which data ending on `last_day` moves so that it ends within the seven days before `today`."""
    return (today - timedelta(days=1) - last_day).days // 7


def moved(events: pl.DataFrame, weeks: int, zone: str) -> pl.DataFrame:
    """`events` later by whole weeks of wall-clock time in `zone`, so that every weekday and hour stays what it was.

    A moved time that falls into the hour daylight saving skips goes to the minute after the gap; one that stands twice
    is taken as the earlier.
    """
    local = pl.col("occurred_at").dt.convert_time_zone(zone).dt.replace_time_zone(None) + pl.duration(weeks=weeks)
    there = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    after_gap = (local + pl.duration(hours=1)).dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return events.with_columns(pl.coalesce(there, after_gap).dt.convert_time_zone("UTC").alias("occurred_at"))


def write_inputs(settings: Settings, data: str, now: datetime) -> tuple[dict[str, Path], str]:
    """Write the demo's input tables into `INPUT` of the home; the paths by table, and a sentence about the data."""
    folder = settings.home / INPUT
    folder.mkdir(parents=True, exist_ok=True)
    if data == "cafe":
        from bench.cafe.chain import write_input_tables

        paths = write_input_tables(folder, seed=settings.seed, until=now.date())
        return paths, "A simulated café: every person and habit is invented by a seed."
    from training.complete_journey import write_input_tables as write_complete_journey

    paths = write_complete_journey(folder)
    events = pl.read_parquet(paths["events"])
    last = events.select(pl.col("occurred_at").dt.convert_time_zone(COMPLETE_JOURNEY_ZONE).max()).item()
    weeks = weeks_between(last.date(), now.date())
    moved(events, weeks, COMPLETE_JOURNEY_ZONE).write_parquet(paths["events"])
    told = (
        f"Complete Journey (84.51°, CC0): real purchases of 2017, moved {weeks} weeks on so that tomorrow is tomorrow."
    )
    if "assortment" in paths:
        assortment = pl.read_parquet(paths["assortment"]).rename({"as_of": "occurred_at"})
        moved(assortment, weeks, COMPLETE_JOURNEY_ZONE).rename({"occurred_at": "as_of"}).write_parquet(
            paths["assortment"]
        )
    return paths, told


def claim_home(settings: Settings, data: str, now: datetime, n_weeks: int = 0) -> bool:
    """Make `settings.home` the demo's; whether its tables must be written anew. DemoError over other people's data.

    The demo only ever clears a home that carries its own marker.
    """
    marker = settings.home / MARKER
    if marker.exists():
        if json.loads(marker.read_text("utf-8")) == _stamp(settings, data, now, n_weeks):
            return False
        shutil.rmtree(settings.home)
    elif settings.lake.exists():
        raise DemoError(f"{settings.home} holds data that the demo did not make; set DAYPART_HOME to an empty folder")
    settings.home.mkdir(parents=True, exist_ok=True)
    marker.write_text(json.dumps({"data": data, "begun": True}), "utf-8")
    return True


def tables_are_in(settings: Settings, data: str, now: datetime, n_weeks: int = 0) -> None:
    """Say that the lake holds the demo's tables, whole: a run cut short before this starts anew.

    The files of events go: they name people, and no erasure would look into them.
    """
    for file in (settings.home / INPUT / name for name in ("events.parquet", "day.parquet")):
        file.unlink(missing_ok=True)
    (settings.home / MARKER).write_text(json.dumps(_stamp(settings, data, now, n_weeks)), "utf-8")


def _stamp(settings: Settings, data: str, now: datetime, n_weeks: int) -> dict[str, str | int]:
    year, week, _ = now.isocalendar()
    return {"data": data, "week": f"{year}-{week}", "seed": settings.seed, "loop_weeks": n_weeks}
