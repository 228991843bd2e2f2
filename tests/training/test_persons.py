"""Raw identities end at the door, and a history moves by a table read beside it: nothing is lost, doubled or written over."""

import csv
from datetime import UTC, datetime

import polars as pl
import pytest

from people.secret import References
from tests import world
from training.ingest import ingest
from training.lake import append_events, read_events, read_table
from training.parts import DataError
from training.persons import PEOPLE, TICKETS, aliases, by_person, n_ticket_lines, write_persons
from training.sales import sales

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RAW = [
    "card:4000 1234",
    "phone:+41 79 123 45 67",
    "mail:Ann.Lee@Example.com",
    "app:ann-secret-login",
    "device:dev-77-raw",
]
TRACES = [
    b"4000 1234",
    b"40001234",
    b"79 123",
    b"791234567",
    b"Ann.Lee",
    b"ann.lee",
    b"ann-secret-login",
    b"dev-77-raw",
]


def events_of(users, folder, name="events.csv"):
    rows = [
        {
            "event_type": "purchase",
            "occurred_at": f"2025-11-0{n % 8 + 1}T08:00:00Z",
            "user_id": user,
            "product_id": f"p{n}",
        }
        for n, user in enumerate(users)
    ]
    with (folder / name).open("w", newline="", encoding="utf-8") as stream:
        table = csv.DictWriter(stream, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    return folder / name


def traces_in(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    parquet = [pl.read_parquet(path).write_csv().encode() for path in files if path.suffix == ".parquet"]
    content = [path.read_bytes() for path in files] + parquet
    return [trace for trace in TRACES if any(trace in each for each in content)]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_nothing_raw_reaches_the_lake_or_the_quarantine(tmp_path, ending):
    (tmp_path / "given").mkdir()
    file = events_of(
        [*RAW, "card:4000-1234", "ann", "", "phone:40001234-ext", "mail:Ann.Lee", "fax:1"], tmp_path / "given"
    )
    if ending == "parquet":
        pl.read_csv(file).write_parquet(file.with_suffix(".parquet"))
        file = file.with_suffix(".parquet")
    (report,) = ingest(tmp_path / "home" / "lake", events=file, now=NOW)
    assert report.faults == {("user_id", "bad_identity"): 2}
    assert (report.accepted, report.quarantined) == (9, 2)
    assert traces_in(tmp_path / "home") == []
    assert traces_in(tmp_path / "given") != []
    users = read_events(tmp_path / "home" / "lake").collect()["user_id"].to_list()
    references = References(tmp_path / "home" / "identity.key")
    assert sorted(users, key=str) == sorted(
        [*references.of_all(RAW), references.of("card:40001234"), "ann", None, "fax:1"], key=str
    )
    quarantined = list(csv.DictReader(report.quarantine_file.open(encoding="utf-8")))
    assert [row["value"] for row in quarantined] == ["18 characters, not shown", "12 characters, not shown"]
    # However the number is written, the same row is the same event, and it came before.
    assert ingest(tmp_path / "home" / "lake", events=file, now=NOW)[0].accepted == 0


def test_another_secret_is_another_home(tmp_path):
    file = events_of(["card:12345"], tmp_path)
    for home in ("one", "other"):
        ingest(tmp_path / home / "lake", events=file, now=NOW, secret=tmp_path / f"{home}.key")
        assert not (tmp_path / home / "identity.key").exists()
    users = {read_events(tmp_path / home / "lake").collect()["user_id"].item() for home in ("one", "other")}
    assert len(users) == 2


def sums(lake):
    """(lines that stand, pieces, cents) by person and in all."""
    events = read_events(lake).collect()
    cents = pl.col.quantity.fill_null(1) * pl.col.unit_price_cents.fill_null(0) - pl.col.discount_cents.fill_null(0)
    by = events.filter(pl.col.event_type == "purchase").group_by("user_id").agg(pl.len(), cents.sum().alias("cents"))
    standing = sales(events.lazy(), read_table(lake, "stores"))
    return {user: (n, total) for user, n, total in by.rows()}, len(events), len(standing)


def total(found):
    return tuple(map(sum, zip(*found.values(), strict=True)))


def test_merge_and_split_keep_every_sum_and_undo_each_other(tmp_path):
    append_events(tmp_path, world.events())
    before = sums(tmp_path)
    write_persons(tmp_path, {"bob": "ann"}, [])
    merged = sums(tmp_path)
    assert merged[0]["ann"] == tuple(a + b for a, b in zip(before[0]["ann"], before[0]["bob"], strict=True))
    assert "bob" not in merged[0]
    assert (total(merged[0]), merged[1]) == (total(before[0]), before[1])
    assert aliases(tmp_path) == ["bob"]
    write_persons(tmp_path, {}, [])
    assert sums(tmp_path) == before
    assert aliases(tmp_path) == []


def test_a_refund_under_one_identity_takes_back_what_was_bought_under_another(tmp_path):
    rows = [
        ("e1", "purchase", 1, "card-x"),
        ("e2", "purchase", 2, "app-x"),
        ("e3", "refund", 3, "app-x"),
        ("e4", "refund", 4, "app-x"),
    ]
    schema = ["event_id", "event_type", "day", "user_id"]
    frame = pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        occurred_at=pl.datetime(2025, 11, "day", time_zone="UTC"), product_id=pl.lit("latte")
    )
    append_events(tmp_path, frame.drop("day"))
    assert len(sales(read_events(tmp_path))) == 1  # the second refund finds nothing of the app's
    write_persons(tmp_path, {"card-x": "app-x"}, [])
    assert len(sales(read_events(tmp_path))) == 0


def test_a_claimed_ticket_counts_for_its_person_and_only_where_nobody_was_named(tmp_path):
    append_events(tmp_path, world.events())
    anonymous = world.events().filter(pl.col.user_id.is_null() & (pl.col.event_type == "purchase"))
    ticket = anonymous.row(0, named=True)
    named = world.events().filter((pl.col.user_id == "bob") & pl.col.order_id.is_not_null()).row(0, named=True)
    before = sums(tmp_path)
    claims = [(each["store_id"], each["order_id"], "cat") for each in (ticket, named)]
    write_persons(
        tmp_path, {"cat": "dan"}, [*claims, (*claims[0][:2], "bob"), ("elsewhere", ticket["order_id"], "bob")]
    )
    after = sums(tmp_path)
    n_lines = len(anonymous.filter((pl.col.order_id == ticket["order_id"]) & (pl.col.store_id == ticket["store_id"])))
    assert after[0]["cat"][0] == n_lines  # a claim names a person already
    assert after[0]["bob"] == before[0]["bob"]
    assert after[0]["dan"][0] == before[0]["dan"][0] + before[0]["cat"][0]
    assert (total(after[0]), after[1:]) == (total(before[0]), before[1:])


def test_columns_without_the_user_are_read_as_they_are(tmp_path):
    append_events(tmp_path, world.events())
    write_persons(tmp_path, {"bob": "ann"}, [("soho", "o1", "ann")])
    assert read_events(tmp_path, columns=["product_id"]).collect().columns == ["product_id"]
    assert set(read_events(tmp_path, columns=["user_id"]).collect()["user_id"].drop_nulls()) == {"ann", "cat", "dan"}
    assert read_events(tmp_path).collect_schema() == world.events().schema
    with pytest.raises(DataError, match="no events yet"):
        read_events(tmp_path / "empty")


@pytest.mark.parametrize("name", [PEOPLE, TICKETS])
def test_a_damaged_table_is_told(tmp_path, name):
    append_events(tmp_path, world.events())
    write_persons(tmp_path, {}, [])
    (tmp_path / name).write_bytes(b"PAR1")
    with pytest.raises(DataError, match=name):
        by_person(tmp_path, read_events(tmp_path))


def test_lines_of_a_ticket_are_those_that_name_nobody(tmp_path):
    assert n_ticket_lines(tmp_path / "lake", "soho", "o15") == 0
    world.fill(tmp_path / "lake")
    tickets = [("soho", "o15"), ("bund", "o15"), ("soho", "o12"), ("soho", "none")]
    assert [n_ticket_lines(tmp_path / "lake", *ticket) for ticket in tickets] == [1, 0, 0, 0]
