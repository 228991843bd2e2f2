import csv
import json
from datetime import datetime
from pathlib import Path
from typing import get_args

import msgspec
import polars as pl
import pytest

from feature_repo.events import (
    CHANNELS,
    EARLIEST_UTC,
    EVENT_COLUMNS,
    EVENT_TYPES,
    MAX_AHEAD,
    MAX_PRICE_CENTS,
    MAX_QUANTITY,
    REQUIRED,
)
from people.secret import References
from serving import wire
from serving.events import EventRow, EventType, derived_id, judge
from tests.serving.fakes import NOW
from training.event_ids import with_event_ids
from training.ingest import ingest
from training.lake import read_events

GOOD = {"event_type": "purchase", "occurred_at": "2026-03-02T13:00:00Z", "user_id": "ann", "product_id": "latte"}

KNOWN = References(Path("/nowhere/identity.key"))
"""Nobody here is named by an identity, so no secret is looked for."""


def judged(*rows, store_id=None):
    return judge([msgspec.Raw(json.dumps(row).encode()) for row in rows], NOW, KNOWN, store_id)


def test_the_wire_speaks_of_the_same_events_as_the_files():
    assert get_args(EventType) == EVENT_TYPES
    assert get_args(wire.Channel) == CHANNELS
    assert set(EventRow.__struct_fields__) == {column.name for column in EVENT_COLUMNS}


def test_a_record_has_every_column_and_utc():
    records, rejected = judged({**GOOD, "event_id": "e1", "occurred_at": "2026-03-02T08:00:00-05:00", "quantity": 2})
    assert rejected == []
    assert list(records[0]) == [column.name for column in EVENT_COLUMNS]
    assert records[0]["occurred_at"] == "2026-03-02T13:00:00+00:00"
    assert (records[0]["event_id"], records[0]["quantity"], records[0]["channel"]) == ("e1", 2, None)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({**GOOD, "event_type": "theft"}, "invalid_field"),
        ({k: v for k, v in GOOD.items() if k != "occurred_at"}, "missing_field"),
        ({k: v for k, v in GOOD.items() if k != "product_id"}, "missing_field"),
        ({**GOOD, "occurred_at": "2026-03-02T13:00:00"}, "invalid_field"),
        ({**GOOD, "occurred_at": "1989-12-31T23:59:59Z"}, "too_early"),
        ({**GOOD, "occurred_at": "0001-01-01T00:00:00+14:00"}, "too_early"),
        ({**GOOD, "occurred_at": (NOW + MAX_AHEAD).isoformat().replace("30:00", "30:01")}, "too_late"),
        ({**GOOD, "occurred_at": "9999-12-31T23:59:59-14:00"}, "too_late"),
        ({**GOOD, "quantity": 0}, "invalid_field"),
        ({**GOOD, "user_id": " ann"}, "invalid_field"),
        ({**GOOD, "user_id": "ann\u200b"}, "invalid_field"),
        ({**GOOD, "user_id": "None"}, "invalid_field"),
        ({**GOOD, "unit_price_cents": 100, "quantity": 2, "discount_cents": 201}, "discount_above_price"),
        ({**GOOD, "quantity": 10**30}, "invalid_field"),
        ({**GOOD, "user_id": "a\x00"}, "invalid_field"),
        ({**GOOD, "colour": "red"}, "unknown_field"),
        ([], "invalid_field"),
        (7, "invalid_field"),
    ],
)
def test_a_bad_event_is_named_by_its_place(row, code):
    records, rejected = judged(GOOD, row, GOOD)
    assert [(r.index, r.code) for r in rejected] == [(1, code)]
    assert len(records) == 2


def test_the_edges_of_time_pass():
    edges = [EARLIEST_UTC, NOW + MAX_AHEAD]
    assert judged(*({**GOOD, "occurred_at": at.isoformat()} for at in edges))[1] == []


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_each_kind_of_event_needs_what_the_schema_says(kind):
    bare = {"event_type": kind, "occurred_at": "2026-03-02T13:00:00Z"}
    full = {**bare, **dict.fromkeys(REQUIRED[kind], "x")}
    assert [r.code for r in judged(bare)[1]] == ["missing_field"]
    assert judged(full)[1] == []


def test_a_tills_events_are_of_its_store():
    records, rejected = judged(GOOD, {**GOOD, "store_id": "soho"}, {**GOOD, "store_id": "bund"}, store_id="soho")
    assert [record["store_id"] for record in records] == ["soho", "soho"]
    assert [(r.index, r.code) for r in rejected] == [(2, "other_store")]
    visit = {"event_type": "visit", "occurred_at": "2026-03-02T13:00:00Z"}
    assert judged(visit, store_id="soho")[0][0]["store_id"] == "soho"


def test_a_missing_id_is_derived_from_the_content():
    (one,), (again,), (other,) = (judged(row)[0] for row in (GOOD, GOOD, {**GOOD, "order_id": "7"}))
    assert one["event_id"] == again["event_id"] == derived_id(one)
    assert one["event_id"] != other["event_id"]


def test_files_and_this_door_derive_the_same_id():
    full = {
        **GOOD, "store_id": "s", "channel": "app", "order_id": "o", "quantity": 2, "unit_price_cents": 450,
        "discount_cents": 0, "coupon_id": "c", "recommendation_id": "安", "rating": 4,
        "occurred_at": "2026-03-02T08:00:00.000001-05:00",
    }  # fmt: skip
    records, _ = judged(GOOD, full)
    kinds = {"text": pl.String, "int": pl.Int64, "time": pl.Datetime("us", "UTC")}
    rows = [{**r, "event_id": None, "occurred_at": datetime.fromisoformat(r["occurred_at"])} for r in records]
    frame = pl.DataFrame(rows, schema={column.name: kinds[column.kind] for column in EVENT_COLUMNS})
    assert with_event_ids(frame)["event_id"].to_list() == [record["event_id"] for record in records]


ODD = {
    "user_id": [
        "a b", "安", "a\u200bb", "\ufeffa", "a\u2028b", "\u00a0a", "a ", "nan", "NAN", "N/A", "\U0001f600", "x" * 128,
        "x" * 129, "cafe\u0301", "caf\u00e9", "\u0958" * 64, "\u0958" * 65, "e" + "\u0301" * 128,
    ],
    "event_id": ["null", "0"],
    "quantity": [0, 1, MAX_QUANTITY, MAX_QUANTITY + 1],
    "unit_price_cents": [0, -1, MAX_PRICE_CENTS, MAX_PRICE_CENTS + 1],
    "discount_cents": [0, 450, 451, -1],
    "rating": [0, 1, 5, 6],
    "channel": ["app", "App", "till"],
    "occurred_at": [
        "2026-03-02T13:00:00+00:00", "2026-03-02T13:00:00", "1990-01-01T00:00:00Z", "1989-12-31T23:59:59Z",
        "2026-03-03T13:30:00Z", "2026-03-03T13:30:01Z",
    ],
}  # fmt: skip


def test_files_and_this_door_take_and_refuse_the_same(tmp_path):
    """Else a 202 would be given for what the lake quarantines later."""
    bought = {**GOOD, "product_id": "latte", "quantity": 1, "unit_price_cents": 450}
    rows = [
        {**bought, "order_id": f"o{n}", name: value}
        for n, (name, value) in enumerate((k, v) for k in ODD for v in ODD[k])
    ]
    pl.DataFrame({"product_id": ["latte"]}).write_csv(tmp_path / "products.csv")
    columns = [column.name for column in EVENT_COLUMNS]
    with (tmp_path / "events.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    ingest(tmp_path / "lake", products=tmp_path / "products.csv", now=NOW)
    ingest(tmp_path / "lake", events=tmp_path / "events.csv", now=NOW)
    in_lake = {(row["order_id"], row["user_id"]) for row in read_events(tmp_path / "lake").collect().to_dicts()}
    records, rejected = judged(*rows)
    assert {(record["order_id"], record["user_id"]) for record in records} == in_lake
    assert len({who for _, who in in_lake if who and who.startswith("caf")}) == 1
    assert len(in_lake) > 10
    assert len(rejected) > 10
