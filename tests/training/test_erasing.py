"""Lines of one person go out of the lake; everybody else's, and nobody's, stay to the byte of their parts where they can."""

import polars as pl
import pytest

from tests import world
from training.answers import FILE, SCHEMA, write_answers
from training.erasing import erase, find
from training.lake import read_events
from training.parts import DataError, parts


@pytest.fixture
def lake(tmp_path):
    world.fill(tmp_path / "lake")
    row = {"user_id": "ann", "product_id": "latte"}
    rows = [row, {**row, "user_id": "bob"}]
    write_answers(tmp_path / "lake", [pl.DataFrame(rows, {name: SCHEMA[name] for name in row}).with_columns(
        pl.lit(None, kind).alias(name) for name, kind in SCHEMA.items() if name not in row
    )])  # fmt: skip
    return tmp_path / "lake"


def test_a_person_is_found_and_erased_and_the_others_stay(lake):
    before = read_events(lake).collect()
    untouched = {path: path.read_bytes() for _, path in parts(lake)}
    found = find(lake, ["ann", "zoe"])
    assert (len(found.event_ids), found.n_answers) == (8, 1)
    erase(lake, ["ann", "zoe"])
    after = read_events(lake).collect()
    assert after.sort("event_id").equals(before.filter(pl.col.user_id.ne_missing("ann")).sort("event_id"))
    assert after["user_id"].null_count() == 1
    assert find(lake, ["ann"]) == ([], 0)
    assert pl.read_parquet(lake / FILE)["user_id"].to_list() == ["bob"]
    days = {path.parent.name for path, content in untouched.items() if path.read_bytes() != content}
    assert days == {f"day=2025-{day}" for day in ("10-20", "10-27", "11-03", "11-10", "11-15")}


def test_a_part_of_one_person_alone_is_empty_and_still_counts(lake):
    erase(lake, ["ann", "cat"])
    assert len(parts(lake)) == len({path for _, path in parts(lake)})
    assert set(read_events(lake).collect()["user_id"].drop_nulls()) == {"bob", "dan"}


def test_what_a_crash_left_goes_too(lake):
    day = next((lake / "events").glob("day=*"))
    left = [day / "part-000099.parquet", day / ".part-000001.parquet.tmp", lake / f".{FILE}.tmp"]
    for path in left:
        path.write_bytes(b"ann")
    erase(lake, ["nobody"])
    assert not any(path.exists() for path in left)
    assert len(read_events(lake).collect()) == 30


def test_a_run_that_breaks_off_is_finished_by_the_next(lake, monkeypatch):
    written = []

    def breaks(path, content):
        if len(written) == 2:
            raise DataError("the disk is full")
        written.append(path)
        real(path, content)

    from training import erasing

    real = erasing.write_whole
    monkeypatch.setattr(erasing, "write_whole", breaks)
    with pytest.raises(DataError):
        erase(lake, ["ann"])
    assert 0 < len(find(lake, ["ann"]).event_ids) < 8
    monkeypatch.undo()
    erase(lake, ["ann"])
    assert find(lake, ["ann"]) == ([], 0)
    assert len(read_events(lake).collect()) == 22


def test_an_empty_lake_holds_nobody(tmp_path):
    erase(tmp_path / "lake", ["ann"])
    assert find(tmp_path / "lake", ["ann"]) == ([], 0)
