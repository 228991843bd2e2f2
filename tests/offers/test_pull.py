"""What `tests.suites.pulling` can't see from outside: the way a page is found. Behaviour is in the suite."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from offers import outbox, pull
from offers.commands import Entry
from offers.desk import Desk
from offers.due import Due
from offers.journal import Journal
from offers.opening import lock_issuing, put_stores
from offers.outbox import redemption_event
from offers.sending import Sending
from offers.status import campaign_status
from offers.tables import counters, coupons, stores
from tests.offers.desk_world import AT, PLANNED, SEND, SOHO, ask, campaign, code_of, decision


@pytest.fixture
def desk(sqlite_url):
    journal = Journal(sqlite_url)
    desk = Desk(journal)
    desk.open(campaign(10**6), [SOHO], PLANNED)
    yield desk
    journal.close()


def test_a_page_is_found_by_the_index_from_where_the_last_ended(desk):
    statements = []

    def note(connection, cursor, text, values, *rest):
        statements.append((text, values))

    sa.event.listen(desk.journal.engine, "before_cursor_execute", note)
    desk.issue("c", [decision(f"u{n}") for n in range(3)], PLANNED)
    due = Due(SEND, SEND + timedelta(hours=1), 2)
    with desk.journal.write() as connection:
        page, _ = pull.lease(connection, due, None, Sending(), SEND)
        statements.clear()
        pull.lease(connection, replace(due, cursor=page.cursor), None, Sending(), SEND)
        text, values = next(pair for pair in statements if "FROM coupons" in pair[0])
        steps = " ".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values))
    assert "coupons_due" in steps
    assert "TEMP B-TREE" not in steps


def test_numbers_are_given_once_and_in_order(desk):
    with desk.journal.write() as connection:
        connection.execute(sa.insert(counters).values(name="another", value=40))
    desk.issue("c", [decision(user) for user in ("bob", "ann")], PLANNED)
    desk.issue("c", [decision("cat")], PLANNED)
    with desk.journal.write() as connection:
        assert lock_issuing(connection) == 3
        rows = connection.execute(sa.select(coupons.c.user_id, coupons.c.seq).order_by(coupons.c.seq)).all()
    assert [tuple(row) for row in rows] == [("ann", 1), ("bob", 2), ("cat", 3)]


def test_a_stores_clock_is_brought_up_to_date(desk):
    later = type(SOHO)("soho", "America/New_York", 480, 1200, "sunday")
    with desk.journal.write() as connection:
        put_stores(connection, [later, type(SOHO)("bund", "Asia/Shanghai")], PLANNED)
        rows = connection.execute(sa.select(stores).order_by(stores.c.store_id)).all()
    assert [tuple(row) for row in rows] == [
        ("bund", "Asia/Shanghai", None, None, ""),
        ("soho", "America/New_York", 480, 1200, "sunday"),
    ]


def test_a_forecast_is_spent_held_and_promised(desk):
    desk.issue("c", [decision(user) for user in ("ann", "bob", "cat")], PLANNED)
    desk.redeem(code_of(desk, "ann"), ask(), "1", AT)
    desk.hold(code_of(desk, "bob"), ask(order_id="o2"), "2", AT)
    with desk.journal.read() as connection:
        found = campaign_status(connection, "c", AT)
        assert campaign_status(connection, "unheard", AT) is None
    assert (found["spent_cents"], found["held_cents"], found["promised_cents"]) == (100, 100, 20)
    assert found["forecast_cents"] == 220
    assert (found["n_issued"], found["n_redeemed"], found["n_reversed"]) == (3, 1, 0)
    # Not enough is known to conclude, and that is a value.
    assert found["lift"]["state"] == "cannot_conclude"
    assert found["lift"]["reason"]


def test_marking_many_events_goes_in_steps(desk):
    desk.issue("c", [decision("ann")], PLANNED)
    offer_id = desk.wallet("ann", PLANNED)[0].offer_id
    with desk.journal.write() as connection:
        for n in range(3):
            outbox.post(connection, offer_id, {"event_id": str(n)}, AT)
        outbox.mark_sent(connection, list(range(2, 1500)), AT)
        assert [number for number, _ in outbox.pending(connection, 10)] == [1]


def test_a_redemption_is_no_later_than_its_record_whatever_the_tills_clock_says():
    for judged in (AT + timedelta(days=2), AT, AT - timedelta(hours=1)):
        entry = Entry("redeem", "off_1", "c", "o1", "soho", 100, AT, judged)
        told = datetime.fromisoformat(redemption_event(entry, "latte", 450)["occurred_at"])
        assert told == min(judged, AT)


def test_a_pull_that_finds_nothing_writes_nothing(desk):
    begun = []
    sa.event.listen(desk.journal.engine, "begin", lambda c: begun.append(c.get_execution_options()["daypart_write"]))
    page = desk.due(SEND, SEND + timedelta(hours=1), 2, None, SEND)
    assert (page.offers, page.more, begun) == ((), False, [False])
    desk.issue("c", [decision("ann")], PLANNED)
    begun.clear()
    assert len(desk.due(SEND, SEND + timedelta(hours=1), 2, page.cursor, SEND).offers) == 1
    assert begun == [False, True]
