import hashlib
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from tests import world
from training import parts
from training.erasing import find
from training.event_ids import with_event_ids
from training.lake import DataError, append_events, has_table, read_events, read_table, upsert
from training.repeats import ROW, settle
from training.shapes import KEYS, SCHEMAS, TABLES

ROOT = Path(__file__).parents[2]


def ids(lake, **how):
    return sorted(read_events(lake, **how).collect()["event_id"])


def test_events_come_back_as_they_went_in(tmp_path):
    assert append_events(tmp_path, world.events()) == (30, 0)
    events = read_events(tmp_path)
    assert events.collect_schema() == SCHEMAS["events"]
    assert events.collect().sort("event_id").equals(world.events().sort("event_id"))


def test_a_part_per_utc_day(tmp_path):
    append_events(tmp_path, world.events())
    days = {path.parent.name for path in tmp_path.glob("events/*/part-000001.parquet")}
    assert days == {f"day={day}" for day in world.events()["occurred_at"].dt.date()}
    late = pl.read_parquet(tmp_path / "events" / "day=2025-10-20" / "part-000001.parquet")
    assert late["event_id"].to_list() == ["e01", "e02"]


@pytest.mark.parametrize("offset", [timedelta(microseconds=-1), timedelta(0), timedelta(microseconds=1)])
def test_through_is_half_open(offset, tmp_path):
    events = world.events()
    append_events(tmp_path, events)
    for moment in events["occurred_at"]:
        through = moment + offset
        assert ids(tmp_path, through=through) == sorted(events.filter(pl.col("occurred_at") < through)["event_id"])


def test_through_on_the_day_before_elsewhere(tmp_path):
    append_events(tmp_path, world.events())
    evening = datetime.fromisoformat("2025-10-21T20:00:00-10:00")
    assert ids(tmp_path, through=evening) == ["e01", "e02", "e03", "e04", "e05", "e06"]
    assert ids(tmp_path, through=datetime(2020, 1, 1, tzinfo=UTC)) == []
    with pytest.raises(DataError, match="no offset"):
        read_events(tmp_path, through=datetime(2025, 1, 1))


def test_types_and_columns_are_chosen(tmp_path):
    append_events(tmp_path, world.events())
    some = read_events(tmp_path, types=["refund", "void"], columns=["event_id", "event_type"]).collect()
    assert some.columns == ["event_id", "event_type"]
    assert sorted(some["event_type"]) == ["refund", "void"]


def test_an_id_counts_once_over_the_whole_lake_and_inside_one_call(tmp_path):
    first, second = world.events()[:20], world.events()[10:]
    assert append_events(tmp_path, pl.concat([first, first[:5]])) == (20, 5)
    assert append_events(tmp_path, second) == (10, 10)
    # The same id at another day is the same event: the first stands.
    moved = first.with_columns(pl.col("occurred_at") + pl.duration(days=200))
    assert append_events(tmp_path, moved) == (0, 20)
    assert read_events(tmp_path).collect().sort("event_id").equals(world.events().sort("event_id"))


def test_a_frame_may_lack_columns_and_ids(tmp_path):
    frame = world.events().select("event_type", "occurred_at", "product_id")
    assert append_events(tmp_path, frame) == (30, 0)
    assert append_events(tmp_path, frame) == (0, 30)


def test_an_id_is_the_md5_of_what_the_row_says():
    row = world.events()[7:8].with_columns(pl.lit(None, pl.String).alias("event_id"))
    said = "\x1f".join(["purchase", "1761354000000000", "cat", "tea", "bund", "store", "o06", "1", "250", "0", "", ""])
    assert with_event_ids(row)["event_id"].to_list() == ["row-" + hashlib.md5(said.encode()).hexdigest()]


def test_stars_are_part_of_what_a_row_says_and_their_absence_is_not():
    row = world.events().filter(pl.col.event_type == "rating").with_columns(pl.lit(None, pl.String).alias("event_id"))
    said = "\x1f".join(["rating", "1763175600000000", "cat", "tea", "bund", "app", "", "", "", "", "", ""])
    for stars, text in ((5, said + "\x1f5"), (None, said)):
        told = with_event_ids(row.with_columns(rating=pl.lit(stars, pl.Int64)))["event_id"].to_list()
        assert told == ["row-" + hashlib.md5(text.encode()).hexdigest()]


def test_parts_from_before_there_were_stars_are_read_beside_new_ones(tmp_path):
    append_events(tmp_path, world.events()[:10])
    for path in tmp_path.glob("events/*/part-000001.parquet"):
        pl.read_parquet(path, hive_partitioning=False).drop("rating").write_parquet(path)
    append_events(tmp_path, world.events()[10:])
    assert append_events(tmp_path, world.events()) == (0, 30)
    assert read_events(tmp_path).collect().sort("event_id").equals(world.events().sort("event_id"))
    assert find(tmp_path, ["cat"]).event_ids == world.events().filter(pl.col.user_id == "cat")["event_id"].to_list()


def test_ids_that_are_there_stay():
    gaps = world.events().with_columns(pl.when(pl.int_range(30) % 2 == 0).then("event_id").alias("event_id"))
    filled = with_event_ids(gaps)["event_id"]
    assert filled.gather_every(2).to_list() == world.events()["event_id"].gather_every(2).to_list()
    assert filled.str.starts_with("row-").sum() == 15
    assert filled.n_unique() == 30


def test_a_batch_is_visible_whole_or_not_at_all(tmp_path, monkeypatch):
    append_events(tmp_path, world.events()[:10])
    write, written = parts.write_whole, []

    def breaks(path, content):
        if len(written) == 5:
            raise OSError(28, "No space left on device")
        written.append(path)
        write(path, content)

    monkeypatch.setattr(parts, "write_whole", breaks)
    with pytest.raises(OSError, match="No space"):
        append_events(tmp_path, world.events())
    monkeypatch.undo()
    assert list(tmp_path.glob("events/*/part-000002.parquet"))
    assert ids(tmp_path) == world.events()["event_id"][:10].to_list()
    assert append_events(tmp_path, world.events()) == (20, 10)
    assert len(ids(tmp_path)) == 30


def in_another_process(code, lake):
    prelude = [
        "import os, sys",
        "from pathlib import Path",
        "from tests import world",
        "from training import lake, parts",
    ]
    code = "\n".join([*prelude, "home = Path(sys.argv[1])", code])
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", code, str(lake)], cwd=ROOT, stdout=pipe, stderr=pipe, text=True)


def test_a_killed_writer_leaves_nothing_that_counts(tmp_path):
    code = """
write, n = parts.write_whole, []
def dies(path, content):
    n.append(path)
    if len(n) == 7:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"PAR1 half a file")
        os._exit(9)
    write(path, content)
parts.write_whole = dies
lake.append_events(home, world.events())
"""
    with in_another_process(code, tmp_path) as process:
        process.communicate()
    assert process.returncode == 9
    assert list(tmp_path.glob("events/*/part-000001.parquet"))
    with pytest.raises(DataError, match="holds no events yet"):
        read_events(tmp_path)
    # A batch of other days takes the number: what was left behind must not count as its parts.
    assert append_events(tmp_path, world.events()[-2:]) == (2, 0)
    assert ids(tmp_path) == ["e29", "e30"]
    assert append_events(tmp_path, world.events()) == (28, 2)


def test_two_writers_at_once_write_each_event_once(tmp_path):
    # Each waits inside for the other, half a second at most; the lock lets only one in.
    code = """
import time
settle = lake.settle
def waits(*given):
    (home / f"{os.getpid()}.inside").touch()
    end = time.monotonic() + 0.5
    while len(list(home.glob("*.inside"))) < 2 and time.monotonic() < end:
        time.sleep(0.01)
    return settle(*given)
lake.settle = waits
print(*lake.append_events(home, world.events()))
"""
    with in_another_process(code, tmp_path) as one, in_another_process(code, tmp_path) as two:
        said = [process.communicate()[0].split() for process in (one, two)]
    assert sorted(said) == [["0", "30"], ["30", "0"]]
    assert len(ids(tmp_path)) == 30


def test_an_empty_lake_says_what_to_do(tmp_path):
    with pytest.raises(DataError, match="run `daypart ingest"):
        read_events(tmp_path / "lake")
    assert append_events(tmp_path, world.events().clear()) == (0, 0)
    with pytest.raises(DataError, match="run `daypart ingest"):
        read_events(tmp_path)


def cut(path):
    path.write_bytes(path.read_bytes()[:-9])


@pytest.mark.parametrize(
    ("name", "harm", "says"),
    [
        ("events/day=2025-10-24/part-000001.parquet", cut, "is damaged or cut short"),
        ("events/day=2025-10-24/part-000001.parquet", Path.unlink, "16 of its 17 parts"),
        ("events/COMMITTED", cut, "is not a list of batches"),
        ("events/COMMITTED", lambda path: path.write_bytes(b""), "is not a list of batches"),
        ("events/COMMITTED", lambda path: path.write_bytes(b"\xff"), "cannot be read"),
    ],
)
def test_a_damaged_lake_is_refused_in_one_line(name, harm, says, tmp_path):
    append_events(tmp_path, world.events())
    harm(tmp_path / name)
    for use in (lambda: read_events(tmp_path), lambda: append_events(tmp_path, world.events())):
        with pytest.raises(DataError) as caught:
            use()
        assert says in str(caught.value)
        assert "\n" not in str(caught.value)


def test_damage_inside_a_part_is_seen_before_it_is_written_to(tmp_path):
    append_events(tmp_path, world.events())
    path = tmp_path / "events" / "day=2025-10-24" / "part-000001.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[:4] + bytes(len(whole) - 8) + whole[-4:])
    with pytest.raises(DataError, match="is damaged"):
        append_events(tmp_path, world.events())


def test_a_lake_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="DAYPART_HOME"):
        append_events(tmp_path / "file" / "lake", world.events())


class Full:
    """A frame whose disk is full."""

    def write_parquet(self, handle, **_):
        handle.write(b"PAR1")
        raise pl.exceptions.ComputeError("No space left on device\n(os error 28)")


def test_a_full_disk_leaves_no_half_file(tmp_path):
    with pytest.raises(DataError, match=r"cannot be written .*No space left on device .*free disk space"):
        parts.write_whole(tmp_path / "new" / "a.parquet", Full())
    assert list((tmp_path / "new").iterdir()) == []


def numbered(frame):
    return frame.with_row_index(ROW, offset=1)


def test_tables_are_empty_until_they_come(tmp_path):
    for name in ("products", "stores", "assortment"):
        assert not has_table(tmp_path, name)
        assert read_table(tmp_path, name).schema == SCHEMAS[name]
    world.fill(tmp_path)
    assert read_table(tmp_path, "products")["product_id"].to_list() == list(world.PRODUCTS)
    assert has_table(tmp_path, "stores")


def test_a_damaged_table_is_refused(tmp_path):
    world.fill(tmp_path)
    cut(tmp_path / "stores.parquet")
    with pytest.raises(DataError, match=r"stores\.parquet: is damaged"):
        read_table(tmp_path, "stores")


def test_upsert_counts_what_changed(tmp_path):
    assert upsert(tmp_path, "stores", numbered(world.stores()))[0] == 2
    before = (tmp_path / "stores.parquet").stat().st_mtime_ns
    assert upsert(tmp_path, "stores", numbered(world.stores()))[0] == 0
    assert (tmp_path / "stores.parquet").stat().st_mtime_ns == before
    moved = world.stores().with_columns(pl.lit("UTC").alias("timezone"))[:1]
    assert upsert(tmp_path, "stores", numbered(moved))[0] == 1
    assert read_table(tmp_path, "stores")["timezone"].to_list() == ["UTC", "America/New_York"]


def test_a_table_from_before_a_column_was_thought_of(tmp_path):
    upsert(tmp_path, "stores", numbered(world.stores().with_columns(pl.lit("sunday").alias("closed_days"))))
    path = tmp_path / "stores.parquet"
    old = pl.read_parquet(path).drop("closed_days").with_columns(pl.lit("x").alias("note"))
    old.write_parquet(path)
    kept = read_table(tmp_path, "stores")
    assert kept.columns == [*SCHEMAS["stores"].names(), "note"]
    assert kept.schema["closed_days"] == pl.String
    assert kept["closed_days"].to_list() == [None, None]
    # Rows with and without the column go in.
    assert upsert(tmp_path, "stores", numbered(world.stores()))[0] == 0
    shut = world.stores()[:1].with_columns(pl.lit("sunday").alias("closed_days"))
    assert upsert(tmp_path, "stores", numbered(shut))[0] == 1
    old.write_parquet(path)
    moved = world.stores()[:1].with_columns(pl.lit("UTC").alias("timezone"))
    assert upsert(tmp_path, "stores", numbered(moved))[0] == 1
    assert read_table(tmp_path, "stores").select("timezone", "closed_days").rows() == [
        ("UTC", None), ("America/New_York", None)
    ]  # fmt: skip


def test_assortment_keeps_what_was_true_before(tmp_path):
    upsert(tmp_path, "assortment", numbered(world.assortment()))
    later = world.assortment().with_columns(
        pl.col("as_of") + pl.duration(days=1), pl.lit(9, pl.Int64).alias("stock_units")
    )
    assert upsert(tmp_path, "assortment", numbered(later))[0] == 8
    assert read_table(tmp_path, "assortment").height == 16
    timeless = world.assortment().with_columns(pl.lit(None, pl.Datetime("us", "UTC")).alias("as_of"))
    assert upsert(tmp_path, "assortment", numbered(timeless))[0] == 8
    assert upsert(tmp_path, "assortment", numbered(timeless))[0] == 0


def test_settle_judges_by_what_is_known_first():
    rows = pl.DataFrame({ROW: [1, 2, 3, 4, 5], "k": ["a", "a", "b", None, None], "v": [1, 2, 3, 4, None]})
    known = pl.DataFrame({"k": ["a"], "v": [2]})
    settled = settle(rows, known, ["k"])
    assert settled.fresh[ROW].to_list() == [3, 4]
    assert settled.n_same == 1
    assert settled.conflicts.to_list() == [1, 5]


def test_parts_name_their_day(tmp_path):
    append_events(tmp_path, world.events())
    days = [day for day, _ in parts.parts(tmp_path)]
    assert days == sorted(days)
    assert days[0] == date(2025, 10, 20)


def test_every_table_has_a_key_of_its_own_columns():
    assert all(set(KEYS[name]) <= {column.name for column in columns} for name, columns in TABLES.items())
