from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import inspect

from feature_repo.events import EVENT_COLUMNS
from offers.database import LedgerError, connect, transaction
from serving import inbox
from serving.inbox import RECENT, content, drop_old, mark_absorbed, pending, recent, take
from serving.tables import EVENT_INBOX, METADATA, prepare
from tests.offers.conftest import postgres as postgres  # its server, started anew for this room
from tests.serving.fakes import NOW


@pytest.fixture
def engine(tmp_path):
    found = connect(f"sqlite:///{tmp_path / 'ledger.db'}")
    prepare(found)
    yield found
    found.dispose()


SILENT = dict.fromkeys(column.name for column in EVENT_COLUMNS)


def record(number, **more):
    return SILENT | {"event_id": f"e{number}", "event_type": "purchase", "occurred_at": NOW.isoformat(), **more}


def test_what_is_new_is_kept_once(engine):
    assert take(engine, [record(1), record(2)], NOW).fresh == [record(1), record(2)]
    assert take(engine, [record(2), record(3)], NOW) == ([record(3)], [])
    assert [r["event_id"] for _, r in pending(engine, 10)] == ["e1", "e2", "e3"]


def test_the_first_of_two_with_one_id_counts_and_another_event_is_told(engine):
    rows = [record(1, quantity=1), record(1, quantity=2), record(1, quantity=1), record(2)]
    arrived = take(engine, rows, NOW)
    assert [id(one) for one in arrived.fresh] == [id(rows[0]), id(rows[3])]
    assert [id(one) for one in arrived.clashing] == [id(rows[1])]
    assert take(engine, [], NOW) == ([], [])


@pytest.mark.parametrize(
    ("more", "clashes"),
    [
        ({}, False),
        ({"store_id": "436"}, True),
        ({"user_id": "bob"}, True),
        ({"unit_price_cents": 451}, True),
        ({"rating": 5}, True),
        ({"occurred_at": (NOW + timedelta(microseconds=1)).isoformat()}, True),
    ],
)
def test_another_event_under_a_known_id_clashes_also_when_the_first_has_gone(engine, more, clashes):
    first, again = (
        record(1, store_id="330", unit_price_cents=450),
        record(1, **{"store_id": "330", "unit_price_cents": 450} | more),
    )
    take(engine, [first], NOW)
    for _ in range(2):
        assert take(engine, [again], NOW) == ([], [again] if clashes else [])
        mark_absorbed(engine, [number for number, _ in pending(engine, 9)], NOW)
    with transaction(engine, write=True) as connection:
        drop_old(connection, NOW + timedelta(milliseconds=1))
    assert take(engine, [again], NOW) == ([again], [])


def test_what_was_told_counts_and_not_what_was_made_of_it(engine):
    ahead = record(1, occurred_at=(NOW + timedelta(hours=1)).isoformat())
    assert take(engine, [record(1)], NOW, [content(ahead)]).fresh == [record(1)]
    later = record(1, occurred_at=(NOW + timedelta(minutes=2)).isoformat())
    assert take(engine, [later], NOW, [content(ahead)]) == ([], [])
    assert take(engine, [record(1)], NOW).clashing == [record(1)]


def test_events_of_an_older_table_are_repeats_whatever_comes(engine):
    with transaction(engine, write=True) as connection:
        connection.exec_driver_sql("ALTER TABLE event_inbox DROP COLUMN said")
        connection.exec_driver_sql("INSERT INTO event_inbox (event_id, received_ms, body) VALUES ('e1', 0, '')")
    prepare(engine)
    assert {column["name"] for column in inspect(engine).get_columns("event_inbox")} == set(EVENT_INBOX.columns.keys())
    assert take(engine, [record(1), record(2)], NOW) == ([record(2)], [])


def test_a_full_batch_fits_into_one_call(engine):
    rows = [record(n) for n in range(1000)]
    assert take(engine, rows, NOW) == (rows, [])
    assert take(engine, rows, NOW) == ([], [])
    others = [{**one, "quantity": 2} for one in rows]
    assert take(engine, others, NOW) == ([], others)


def test_absorbed_events_wait_no_more_and_stay_known(engine):
    take(engine, [record(n) for n in range(5)], NOW)
    first = pending(engine, 3)
    mark_absorbed(engine, [number for number, _ in first], NOW)
    assert [r["event_id"] for _, r in pending(engine, 10)] == ["e3", "e4"]
    mark_absorbed(engine, [number for number, _ in first], NOW)
    assert take(engine, [record(0)], NOW) == ([], [])


def test_what_was_taken_is_there_after_a_restart(engine, tmp_path):
    take(engine, [record(1, user_id="安")], NOW)
    other = connect(f"sqlite:///{tmp_path / 'ledger.db'}")
    assert [r for _, r in pending(other, 10)] == [record(1, user_id="安")]
    other.dispose()


def test_writers_at_once_count_each_event_once(engine):
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda _: take(engine, [record(n) for n in range(50)], NOW), range(8)))
    assert sum(len(arrived.fresh) for arrived in taken) == 50


def test_tables_may_be_made_by_two_at_once(tmp_path):
    engines = [connect(f"sqlite:///{tmp_path / 'fresh.db'}") for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(prepare, engines * 2))
    assert take(engines[0], [record(1)], NOW).fresh
    for found in engines:
        found.dispose()


def test_a_database_without_the_tables_is_a_plain_fault(tmp_path):
    bare = connect(f"sqlite:///{tmp_path / 'bare.db'}")
    with pytest.raises(LedgerError):
        take(bare, [record(1)], NOW)
    bare.dispose()
    assert EVENT_INBOX.name in METADATA.tables


def test_what_came_last_and_waits_is_looked_at_again_in_order(engine, monkeypatch):
    take(engine, [record(1)], NOW - RECENT - timedelta(milliseconds=1))
    take(engine, [record(2)], NOW - RECENT)
    take(engine, [record(3)], NOW)
    take(engine, [record(4)], NOW)
    mark_absorbed(engine, [pending(engine, 9)[2][0]], NOW)
    assert [r["event_id"] for r in recent(engine, NOW - RECENT)] == ["e2", "e4"]
    monkeypatch.setattr(inbox, "_MOST_RECENT", 1)
    assert [r["event_id"] for r in recent(engine, NOW - RECENT)] == ["e4"]


@pytest.mark.parametrize("kind", inbox.CANCELS)
def test_what_took_something_back_is_looked_at_however_long_ago_it_came(engine, kind):
    take(engine, [record(1, event_type=kind), record(2)], NOW - 2 * RECENT)
    assert [r["event_id"] for r in recent(engine, NOW - RECENT)] == ["e1"]


def test_the_same_on_postgresql(postgres):
    with postgres.without_tables() as url:
        engine = connect(url)
        prepare(engine)
        rows = [record(n, product_id="100% tea '安") for n in range(1200)]
        assert take(engine, rows, NOW) == (rows, [])
        assert take(engine, [rows[3], record(1200), record(1200)], NOW) == ([record(1200)], [])
        others = [{**one, "store_id": "436"} for one in rows]
        assert take(engine, [*others, record(1200)], NOW) == ([], others)
        assert sorted(r["event_id"] for r in recent(engine, NOW - RECENT)) == sorted(f"e{n}" for n in range(1201))
        mark_absorbed(engine, [number for number, _ in pending(engine, 1200)], NOW)
        assert len(recent(engine, NOW - RECENT)) == 1
        with ThreadPoolExecutor(4) as pool:
            taken = list(pool.map(lambda _: take(engine, [record(n) for n in range(1190, 1250)], NOW), range(8)))
        assert sum(len(arrived.fresh) for arrived in taken) == 49
        assert sum(len(arrived.clashing) for arrived in taken) == 8 * 10  # those of above said more
        engine.dispose()


def search_however_written(engine):
    odd = ['o"q', "back\\slash", "50%", "a_b", "a/b", "Zoë", "ANN", "ann", "e1"]
    take(engine, [record(n, user_id=who) for n, who in enumerate([*odd, "axb", None])], NOW)
    with transaction(engine, write=True) as connection:
        for who in odd:
            assert [one["user_id"] for _, one in inbox.waiting_of(connection, {who})] == [who]
        assert inbox.waiting_of(connection, set()) == []
        many = {*odd, *(f"other-{n}" for n in range(60))}
        assert {one["user_id"] for _, one in inbox.waiting_of(connection, many)} == set(odd)
        assert inbox.forget(connection, {"a_b", "Zoë"}, []) == 2
        assert inbox.waiting_of(connection, {"a_b", "Zoë"}) == []


def test_what_waits_of_some_is_found_however_they_are_written(engine):
    search_however_written(engine)


def test_what_waits_of_some_is_found_on_postgresql(postgres):
    with postgres.without_tables() as url:
        prepare(engine := connect(url))
        search_however_written(engine)
        engine.dispose()
