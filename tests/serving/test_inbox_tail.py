from datetime import UTC, datetime

import pytest

from offers.journal import Journal
from serving.inbox import mark_absorbed, take
from serving.inbox_tail import Tail, waiting_numbers
from serving.tables import EVENT_INBOX, prepare

NOW = datetime(2026, 3, 2, 13, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)


@pytest.fixture
def engine(tmp_path):
    journal = Journal(f"sqlite:///{tmp_path / 'ledger.db'}")
    prepare(journal.engine)
    yield journal.engine
    journal.close()


def put(engine, *ids):
    take(engine, [{"event_id": one, "user_id": one} for one in ids], NOW)


def read(tail, later_ms=0):
    return [one.record["event_id"] for one in tail.read(NOW_MS + later_ms)]


def test_each_event_that_waits_is_told_once(engine):
    put(engine, "a", "b")
    mark_absorbed(engine, [1], NOW)
    tail = Tail(engine)
    assert [(one.number, one.received_ms) for one in tail.read(NOW_MS)] == [(2, NOW_MS)]
    assert read(tail) == []
    put(engine, "b", "c")
    assert read(tail) == ["c"]
    assert waiting_numbers(engine) == [2, 3]


def test_a_number_that_was_committed_late_is_not_passed_over(engine):
    put(engine, "a")
    tail = Tail(engine)
    assert read(tail) == ["a"]

    def insert(number):
        row = {"seq": number, "event_id": str(number), "received_ms": 0, "body": f'{{"event_id": "{number}"}}'}
        with engine.begin() as connection:
            connection.execute(EVENT_INBOX.insert(), [row])

    insert(5)
    assert read(tail) == ["5"]
    insert(3)
    assert read(tail) == ["3"]
    assert read(tail) == []
    insert(2)
    # Ten seconds later nobody writes under that number any more.
    assert read(tail, 10_000) == []
