"""A file that speaks of somebody erased: stale rows are refused without their name, later ones are nobody's."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from people.secret import References
from people.tombstones import Tombstone
from tests import world
from training.ingest import ingest
from training.lake import read_events
from training.tombstones import FILE, read_tombstones, write_tombstones

NOW = datetime(2025, 11, 16, tzinfo=UTC)
LAST = datetime(2025, 11, 10, 13, tzinfo=UTC)
"""Of Ann's purchases."""


def micros(moment):
    return int(moment.timestamp() * 1_000_000)


@pytest.fixture
def lake(tmp_path):
    for table in ("products", "stores"):
        getattr(world, table)().write_parquet(tmp_path / f"{table}.parquet")
    ingest(tmp_path / "lake", products=tmp_path / "products.parquet", stores=tmp_path / "stores.parquet", now=NOW)
    return tmp_path / "lake"


def taken(lake, erased, returned=None):
    mark = References(lake.parent / "identity.key").mark("ann")
    write_tombstones(lake, {mark: Tombstone(micros(erased), returned and micros(returned))})
    file = lake.parent / "events.parquet"
    world.events().write_parquet(file)
    report = ingest(lake, events=file, now=NOW)[0]
    users = read_events(lake).collect()["user_id"]
    return report, users.eq("ann").sum(), users.null_count()


def test_what_was_before_is_refused_and_the_quarantine_names_nobody(lake):
    report, n_ann, n_nobody = taken(lake, NOW)
    assert (report.faults, n_ann, n_nobody) == ({("user_id", "erased"): 8}, 0, 1)
    assert "ann" not in report.quarantine_file.read_text()
    assert "3 characters, not shown" in report.quarantine_file.read_text()


def test_what_came_later_is_nobodys(lake):
    report, n_ann, n_nobody = taken(lake, LAST - timedelta(microseconds=1))
    assert (report.faults, n_ann, n_nobody) == ({("user_id", "erased"): 4}, 0, 5)
    edge, _, _ = taken(lake, LAST)
    assert edge.faults == {("user_id", "erased"): 6}


def test_who_came_back_is_themselves_from_then_on(lake):
    _, n_ann, n_nobody = taken(lake, LAST - timedelta(days=1), LAST)
    assert (n_ann, n_nobody) == (4, 1)


def test_nobody_erased_is_no_file_and_nothing_changed(lake):
    write_tombstones(lake, {})
    assert not (lake / FILE).exists()
    assert read_tombstones(lake) == {}
    file = lake.parent / "events.parquet"
    world.events().write_parquet(file)
    assert ingest(lake, events=file, now=NOW)[0].accepted == 30


def test_the_file_says_what_the_registry_said(lake):
    stones = {"a" * 32: Tombstone(1, None), "b" * 32: Tombstone(2, 3)}
    write_tombstones(lake, stones)
    assert read_tombstones(lake) == stones
    write_tombstones(lake, {})
    assert read_tombstones(lake) == {}
    assert pl.read_parquet(lake / FILE).columns == ["mark", "erased_us", "returned_us"]
