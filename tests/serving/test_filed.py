"""An event under an id that the lake holds: the same is a repeat, another clashes, whoever brought it there."""

from datetime import datetime

import polars as pl
import pytest
from sqlalchemy import delete

from serving.filed import LOOK_S, Filed
from serving.inbox import mark_absorbed, pending
from serving.tables import EVENT_INBOX
from tests.serving.test_taken import BOUGHT, send
from training.filed import write_filed
from training.lake import append_events


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def lake(world, tmp_path):
    """A lake that grows, known at once."""
    world.parts.filed = Filed(tmp_path, iter(range(0, 10_000, 10)).__next__)
    return tmp_path


def put(lake, *rows):
    told = [{**row, "occurred_at": datetime.fromisoformat(row["occurred_at"])} for row in rows]
    append_events(lake, pl.DataFrame(told))
    write_filed(lake)


FULL = {**BOUGHT, "event_id": "till-1", "store_id": "s0", "channel": "store", "order_id": "7", "quantity": 2,
        "unit_price_cents": 450, "discount_cents": 50}  # fmt: skip
RATED = {**BOUGHT, "event_id": "r1", "event_type": "rating", "rating": 4, "occurred_at": "2026-03-02T13:00:00.25+02:00"}


@pytest.mark.parametrize("row", [FULL, RATED, {**BOUGHT, "event_id": "é", "user_id": None}])
def test_a_files_event_is_a_repeat_and_another_under_its_id_is_named(world, lake, row):
    put(lake, row)
    other = {**row, "product_id": "p03"}
    body = send(world, row, other, {**row, "event_id": "free"}).json()
    assert (body["accepted"], body["duplicates"]) == (1, 1)
    assert [(one["index"], one["code"]) for one in body["rejected"]] == [(1, "conflicting_duplicate")]
    assert [record["event_id"] for _, record in pending(world.parts.engine, 10)] == ["free"]
    if row["user_id"] and row["event_type"] == "purchase":
        assert world.online.users["new"].history.product_ids == ("p01",)


def test_a_nameless_line_of_a_file_is_one_by_http_too(world, lake):
    put(lake, {**BOUGHT, "event_id": None})
    assert send(world, BOUGHT).json()["duplicates"] == 1


def test_what_the_inbox_knows_it_judges_and_what_it_has_forgotten_the_lake_does(world, lake):
    # As told; what went into the lake was put on our clock.
    assert send(world, FULL).json()["accepted"] == 1
    put(lake, {**FULL, "occurred_at": "2026-03-02T12:00:00Z"}, {**BOUGHT, "event_id": "old"})
    mark_absorbed(world.parts.engine, [1], world.parts.clock())
    assert send(world, FULL).json()["duplicates"] == 1
    with world.parts.engine.begin() as connection:
        connection.execute(delete(EVENT_INBOX))
    body = send(world, FULL, {**BOUGHT, "event_id": "old"}).json()
    assert (body["accepted"], body["duplicates"], [one["index"] for one in body["rejected"]]) == (0, 1, [0])


def test_the_file_is_looked_for_once_a_second(world, tmp_path):
    clock = Clock()
    world.parts.filed = Filed(tmp_path, clock)
    send(world, BOUGHT)
    put(tmp_path, FULL)
    for later, duplicates in ((LOOK_S / 2, 0), (LOOK_S / 2, 1)):
        clock.now += later
        judged = world.parts.filed.judge(world.parts.engine, [record(FULL)])
        assert len(judged.same | judged.other) == duplicates


def record(row):
    from feature_repo.events import EVENT_COLUMNS

    return {**dict.fromkeys(column.name for column in EVENT_COLUMNS), **row}


def test_no_lake_knows_nothing(world, tmp_path):
    for filed in (Filed(), Filed(tmp_path / "none")):
        assert filed.judge(world.parts.engine, [record(FULL)]) == (set(), set())
        assert filed.judge(world.parts.engine, []) == (set(), set())


def test_a_file_that_cannot_be_read_leaves_what_was_known_and_is_told_once(world, lake, caplog):
    put(lake, FULL)
    assert send(world, FULL).json() == {"accepted": 0, "duplicates": 1, "rejected": []}
    (lake / "event_ids-000002.npy").write_bytes(b"x")
    for number in range(3):
        new = {**BOUGHT, "event_id": f"new{number}"}
        assert send(world, FULL, new).json() == {"accepted": 1, "duplicates": 1, "rejected": []}
    (lake / "event_ids-000002.npy").unlink()
    send(world, FULL)
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert "event_ids-000002.npy" in told[0]
    assert "can be read again" in told[1]


def test_a_lake_that_cannot_be_looked_into_costs_no_event(world, lake, monkeypatch):
    put(lake, FULL)
    send(world, FULL)

    def full(*args):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("serving.filed.Path.glob", full)
    answer = send(world, FULL, {**BOUGHT, "event_id": "new"})
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "duplicates": 1, "rejected": []})
