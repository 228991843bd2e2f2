import csv
import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from tests import world
from tests.training import dirty
from training.ingest import DataError, ingest
from training.lake import read_events, read_table
from training.quarantine import write_quarantine
from training.sources import read_source

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SHARED = Path(__file__).parents[3] / "shared" / "data"
# The generated file always; the team's sample where it lies beside the repository.
DIRTY = [dirty.write, *([lambda _: dirty.shared(SHARED)] if (SHARED / "dirty_events_sample").exists() else [])]
HEAD = "event_id,event_type,occurred_at,product_id\n"


def quarantined(path):
    return list(csv.DictReader(path.open(newline="", encoding="utf-8")))


def put(folder, text, name="events.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def take(folder, **files):
    return ingest(folder / "lake", now=NOW, **files)


@pytest.mark.parametrize("make", DIRTY)
def test_every_damaged_cell_is_named_and_nothing_else_is_refused(make, tmp_path):
    made = make(tmp_path)
    events = take(tmp_path, **made.files)[-1]
    named = {(int(f["data_row"]), f["column"], f["reason"]) for f in quarantined(events.quarantine_file)}
    assert named == made.truth
    assert events.quarantined == len({row for row, _, _ in made.truth})
    assert events.duplicates == made.n_repeated
    assert events.accepted == events.rows - events.quarantined - made.n_repeated
    assert read_events(tmp_path / "lake").collect().height == events.accepted
    assert sum(events.faults.values()) == len(made.truth)


@pytest.mark.parametrize("make", DIRTY)
def test_a_rerun_changes_nothing(make, tmp_path):
    made = make(tmp_path)
    first = take(tmp_path, **made.files)
    before = {path: path.read_bytes() for path in (tmp_path / "lake").rglob("*.*") if path.is_file()}
    again = take(tmp_path, **made.files)
    assert [report.accepted for report in again] == [0, 0, 0]
    assert [report.duplicates for report in again] == [r.accepted + r.duplicates for r in first]
    assert {path: path.read_bytes() for path in (tmp_path / "lake").rglob("*.*") if path.is_file()} == before


def test_parquet_and_csv_of_the_same_rows_are_the_same_events(tmp_path):
    files = world.write(tmp_path)
    reports = take(tmp_path, **files)
    assert [(r.table, r.accepted, r.quarantined) for r in reports] == [
        ("products", 6, 0), ("stores", 2, 0), ("assortment", 8, 0), ("events", 30, 0)
    ]  # fmt: skip
    text = world.events().with_columns(pl.col("occurred_at").dt.strftime("%Y-%m-%dT%H:%M:%S+00:00"))
    text.write_csv(tmp_path / "events.csv")
    with gzip.open(tmp_path / "again.csv.gz", "wb") as file:
        file.write(b"\xef\xbb\xbf" + (tmp_path / "events.csv").read_bytes().replace(b"\n", b"\r\n"))
    for name in ("events.csv", "again.csv.gz"):
        report = take(tmp_path, events=tmp_path / name)[0]
        assert (report.accepted, report.duplicates, report.quarantined) == (0, 30, 0)
    kept = read_events(tmp_path / "lake").collect().sort("event_id")
    assert kept.equals(world.events().sort("event_id"))


def test_rows_without_an_id_are_known_by_their_content(tmp_path):
    events = world.events().drop("event_id", "recommendation_id")
    events.write_parquet(tmp_path / "a.parquet")
    events.with_columns(pl.col("occurred_at").dt.strftime("%Y-%m-%d %H:%M:%SZ")).write_csv(tmp_path / "b.csv")
    assert take(tmp_path, events=tmp_path / "a.parquet")[0].accepted == 30
    assert take(tmp_path, events=tmp_path / "b.csv")[0].duplicates == 30


def test_an_id_used_twice_is_a_duplicate_only_with_the_same_content(tmp_path):
    text = HEAD + (
        "a,view,2025-01-01T00:00:00Z,p\n"
        "a,view,2025-01-01T01:00:00+01:00,p\n"
        "a,view,2025-01-01T00:00:00Z,q\n"
        "b,view,2025-01-01T00:00:00Z,p\n"
    )
    first = take(tmp_path, events=put(tmp_path, text))[0]
    assert (first.accepted, first.duplicates, first.faults) == (2, 1, {("event_id", "conflicting_duplicate"): 1})
    assert [f["data_row"] for f in quarantined(first.quarantine_file)] == ["3"]
    # In another order the lake's content is still the truth.
    other = HEAD + "a,view,2025-01-01T00:00:00Z,q\na,view,2025-01-01T00:00:00Z,p\n"
    second = take(tmp_path, events=put(tmp_path, other, "other.csv"))[0]
    assert (second.accepted, second.duplicates, second.quarantined) == (0, 1, 1)
    assert [f["data_row"] for f in quarantined(second.quarantine_file)] == ["1"]


def test_a_row_with_several_faults_has_a_line_for_each(tmp_path):
    text = "event_id,event_type,occurred_at,product_id,channel\nx,purchase,2025-01-01T00:00:00,,pigeon\n"
    report = take(tmp_path, events=put(tmp_path, text))[0]
    assert report.quarantined == 1
    assert set(report.faults) == {
        ("occurred_at", "naive_time"), ("channel", "unknown_value"), ("product_id", "missing")
    }  # fmt: skip


def test_what_is_missing_depends_on_the_type(tmp_path):
    head = "event_type,occurred_at,product_id,store_id,coupon_id\n"
    at = "2025-01-01T00:00:00Z"
    text = (
        head
        + f"visit,{at},,s,\nvisit,{at},p,,\nexposure,{at},p,s,\nexposure,{at},,,c\nview,{at},,s,c\nnonsense,{at},,,\n"
    )
    report = take(tmp_path, events=put(tmp_path, text))[0]
    named = {(f["data_row"], f["column"], f["reason"]) for f in quarantined(report.quarantine_file)}
    assert named == {
        ("2", "store_id", "missing"), ("3", "coupon_id", "missing"), ("5", "product_id", "missing"),
        ("6", "event_type", "unknown_value"),
    }  # fmt: skip


def test_ids_are_judged_only_by_tables_the_lake_has(tmp_path):
    text = "event_type,occurred_at,product_id,store_id\nview,2025-01-01T00:00:00Z,p,s\n"
    first = take(tmp_path, events=put(tmp_path, text))[0]
    assert first.accepted == 1
    assert [w for w in first.warnings if "not checked" in w] == [
        "the lake has no products yet, so 'product_id' was not checked",
        "the lake has no stores yet, so 'store_id' was not checked",
    ]
    products = put(tmp_path, "product_id\nq\n", "products.csv")
    second = take(tmp_path, events=put(tmp_path, text.replace("00:00:00", "00:00:01")), products=products)[1]
    assert second.faults == {("product_id", "unknown_product"): 1}
    assert not any("products" in w for w in second.warnings)


def test_the_edge_of_the_future(tmp_path):
    edge = NOW + timedelta(days=1)
    rows = [f"view,{moment.isoformat()},p" for moment in (edge, edge + timedelta(microseconds=1))]
    report = take(tmp_path, events=put(tmp_path, "event_type,occurred_at,product_id\n" + "\n".join(rows)))[0]
    assert report.accepted == 1
    assert report.faults == {("occurred_at", "out_of_range"): 1}


def test_unknown_columns_are_ignored_and_named(tmp_path):
    text = "event_type,occurred_at,product_id,mood\nview,2025-01-01T00:00:00Z,p,good\n"
    report = take(tmp_path, events=put(tmp_path, text))[0]
    assert "column 'mood' is not one of events and was ignored" in report.warnings


def test_naive_timestamps_of_parquet_are_utc_and_named(tmp_path):
    naive = world.events().with_columns(pl.col("occurred_at").dt.replace_time_zone(None).cast(pl.Datetime("ns")))
    naive.write_parquet(tmp_path / "naive.parquet")
    report = take(tmp_path, events=tmp_path / "naive.parquet")[0]
    assert "column 'occurred_at' holds timestamps without a zone; they were taken as UTC" in report.warnings
    world.events().with_columns(pl.col("occurred_at").dt.convert_time_zone("Asia/Kolkata")).write_parquet(
        tmp_path / "zoned.parquet"
    )
    assert take(tmp_path, events=tmp_path / "zoned.parquet")[0].duplicates == 30


def test_types_of_parquet_that_say_the_same_are_taken(tmp_path):
    events = world.events().filter(pl.col("event_type") == "purchase").select(
        pl.col("event_type").cast(pl.Categorical),
        "occurred_at",
        pl.Series("product_id", [float(n) for n in range(22)]),
        pl.col("quantity").cast(pl.Float64),
        pl.col("unit_price_cents").cast(pl.Decimal(10, 2)),
        pl.lit(None).alias("coupon_id"),
    )  # fmt: skip
    events = events.with_columns(pl.when(pl.int_range(22) == 3).then(1.5).otherwise("quantity").alias("quantity"))
    events.write_parquet(tmp_path / "e.parquet")
    report = take(tmp_path, events=tmp_path / "e.parquet")[0]
    assert report.faults == {("quantity", "not_an_integer"): 1}
    kept = read_events(tmp_path / "lake").collect().sort("occurred_at")
    assert kept["product_id"][0] == "0"
    assert kept["unit_price_cents"][0] == 450


def test_tables_are_put_in_by_id(tmp_path):
    text = "product_id,name,name_zh,price_cents\na,A,甲,100\nb,B,乙,200\nb,B,乙,200\nb,Bee,乙,200\nc,C,丙,-1\n"
    first = take(tmp_path, products=put(tmp_path, text, "p.csv"))[0]
    assert (first.accepted, first.duplicates, first.quarantined) == (2, 1, 2)
    assert first.faults == {("product_id", "conflicting_duplicate"): 1, ("price_cents", "negative"): 1}
    # A column the file lacks stays; an empty cell of a column it has does not.
    second = take(tmp_path, products=put(tmp_path, "product_id,price_cents,cost_cents\nb,,90\nd,400,\n", "p2.csv"))[0]
    assert (second.accepted, second.duplicates) == (2, 0)
    kept = read_table(tmp_path / "lake", "products")
    assert kept.rows() == [
        ("a", "A", None, 100, None, "甲"), ("b", "B", None, None, 90, "乙"), ("d", None, None, 400, None, None)
    ]  # fmt: skip


def test_faults_of_stores_and_assortment(tmp_path):
    stores = (
        "store_id,timezone,opens,closes,latitude\ns1,Asia/Shanghai,07:00,24:00,31.2\ns2,Mars/Base,07:00,21:00,1\n"
        "s3,UTC,24:00,21:00,1\ns4,UTC,7am,25:00,91\n"
    )
    lines = (
        "store_id,product_id,price_cents,stock_units,as_of\ns1,p,100,0,2025-01-01T00:00:00Z\ns1,p,100,5,2025-01-02T00:00:00Z\n"
        "s9,p,1,1,2025-01-01T00:00:00Z\ns1,x,1,1,2025-01-01T00:00:00Z\ns1,p,1,-1,2025-01-01T00:00:00\n"
    )
    products, shops, listed = take(
        tmp_path,
        products=put(tmp_path, "product_id\np\n", "p.csv"),
        stores=put(tmp_path, stores, "s.csv"),
        assortment=put(tmp_path, lines, "a.csv"),
    )
    assert products.accepted == 1
    assert shops.accepted == 1
    assert shops.faults == {
        ("timezone", "unknown_value"): 1, ("opens", "not_a_time"): 2, ("closes", "not_a_time"): 1,
        ("latitude", "out_of_range"): 1,
    }  # fmt: skip
    assert (listed.accepted, listed.quarantined) == (2, 3)
    assert listed.faults == {
        ("store_id", "unknown_store"): 1, ("product_id", "unknown_product"): 1, ("stock_units", "negative"): 1,
        ("as_of", "naive_time"): 1,
    }  # fmt: skip


def test_closed_days_of_stores(tmp_path):
    text = (
        "store_id,timezone,closed_days\ns1,UTC,sunday 2026-12-25\ns2,UTC,\ns3,UTC,Sunday\ns4,UTC,2026-02-29\n"
        's5,UTC,"sunday, monday"\ns6,UTC,20261225\ns7,UTC, sunday\n'
    )
    report = take(tmp_path, stores=put(tmp_path, text, "s.csv"))[0]
    assert (report.accepted, report.quarantined) == (2, 5)
    assert report.faults == {("closed_days", "unknown_value"): 4, ("closed_days", "padded"): 1}
    assert all("sunday 2026-12-25" in f["remedy"] for f in quarantined(report.quarantine_file)[:4])
    assert read_table(tmp_path / "lake", "stores")["closed_days"].to_list() == ["sunday 2026-12-25", None]


def test_nobody_is_named_in_quarantine_and_nothing_runs_there(tmp_path):
    text = (
        "event_type,occurred_at,user_id,product_id,channel\n"
        "view,2025-01-01T00:00:00Z,card:4711 ,p,=cmd()\n"
        f"view,2025-01-01T00:00:00Z,u,p,{'long' * 50}\n"
        'view,2025-01-01T00:00:00Z,u,p,"tab\there"\n'
        "view,2025-01-01T00:00:00Z,u,p,-5\n"
    )
    report = take(tmp_path, events=put(tmp_path, text))[0]
    cells = {(f["data_row"], f["column"]): f["value"] for f in quarantined(report.quarantine_file)}
    assert "4711" not in report.quarantine_file.read_text()
    assert cells["1", "user_id"] == "10 characters, not shown"
    assert cells["1", "channel"] == "'=cmd()"
    assert cells["2", "channel"] == ("long" * 20)
    assert cells["3", "channel"] == "tab\\there"
    assert cells["4", "channel"] == "-5"
    assert all(f["remedy"] and f["file"].endswith("events.csv") for f in quarantined(report.quarantine_file))


def test_no_faults_no_file(tmp_path):
    assert write_quarantine(tmp_path, Path("a.csv"), read_source(put(tmp_path, HEAD), "events").faults) is None
    assert not (tmp_path / "quarantine").exists()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("events.csv", None, "no such file"),
        ("events.txt", b"x", "unknown ending"),
        ("events.csv", b"", "is empty"),
        ("events.csv", b"\n\n", "is empty"),
        ("events.parquet", b"", "cannot be read as parquet"),
        ("events.parquet", b"event_id,event_type\n" * 100, "cannot be read as parquet"),
        ("events.parquet", b"PAR1" + b"\x00" * 100 + b"PAR1", "cannot be read as parquet"),
        ("events.csv.gz", b"not gzip", "cannot be read"),
        ("events.csv.gz", gzip.compress(HEAD.encode() * 1000)[:-20], "cannot be read"),
        ("events.csv", HEAD.encode("utf-16"), "is UTF-16"),
        ("events.csv", b"event_id,occurred_at\n", "lacks the column event_type"),
        ("events.csv", b"event_id;event_type;occurred_at\n", "it has: event_id;event_type;occurred_at"),
        ("events.csv", b"event_type,occurred_at,event_type\n", "names 'event_type' twice"),
        ("events.csv", b'event_type,"occurred"_at,occurred_at\n', "a quotation mark stands where none can"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_in_one_line(name, content, says, tmp_path):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        take(tmp_path, events=path)
    assert says in str(caught.value)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "lake").exists()


def test_a_hopeless_type_is_refused(tmp_path):
    world.events().with_columns(pl.lit(1554134683).alias("occurred_at")).write_parquet(tmp_path / "e.parquet")
    with pytest.raises(DataError, match="'occurred_at' is of type Int32"):
        take(tmp_path, events=tmp_path / "e.parquet")


def test_a_wrong_path_costs_nothing(tmp_path):
    files = world.write(tmp_path)
    with pytest.raises(DataError, match="no such file"):
        take(tmp_path, products=files["products"], events=tmp_path / "absent.parquet")
    assert not (tmp_path / "lake").exists()
    with pytest.raises(DataError, match="nothing to ingest"):
        take(tmp_path)


def test_a_header_alone_is_no_fault(tmp_path):
    report = take(tmp_path, events=put(tmp_path, HEAD))[0]
    assert (report.rows, report.accepted, report.quarantine_file) == (0, 0, None)
    assert "the file has no rows" in report.warnings


def test_progress_reaches_its_total(tmp_path):
    seen = {}
    ingest(
        tmp_path / "lake",
        **world.write(tmp_path),
        now=NOW,
        progress=lambda what, done, total: seen.update({what: (done, total)}),
    )
    assert len(seen) >= 2
    assert all(done == total for done, total in seen.values())


def test_a_file_of_old_line_ends_is_refused_in_one_line(tmp_path):
    path = tmp_path / "mac.csv"
    path.write_bytes(b"event_type,occurred_at\rpurchase,2025-01-01T00:00:00Z\r")
    with pytest.raises(DataError, match="LF or CRLF"):
        ingest(tmp_path / "lake", events=path, now=datetime(2026, 1, 1, tzinfo=UTC))
