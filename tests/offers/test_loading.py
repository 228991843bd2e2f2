"""What is locked while a group decides: on PostgreSQL the order too, as coupons of several campaigns may meet in it."""

import threading

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from offers import till
from offers.acts import Act
from offers.desk import Desk
from offers.journal import Journal
from offers.loading import load
from offers.verify import verify
from tests.offers.desk_world import AT, PLANNED, SOHO, ask, campaign, code_of, decision

WAIT_S = 30


def test_two_campaigns_cant_go_below_one_floor_at_once(postgres_url):
    first, second = Desk(Journal(postgres_url)), Desk(Journal(postgres_url))
    for name, user in (("c", "ann"), ("d", "bob")):
        first.open(replace(campaign(), id=name), [SOHO], PLANNED)
        first.issue(name, [decision(user)], PLANNED)
    one, two = code_of(first, "ann"), code_of(first, "bob")
    answers, began = [], threading.Event()

    def other_campaign():
        began.set()
        answers.append(second.redeem(two, ask(), "k2", AT))

    with first.journal.write() as connection:
        (paid,) = till._together(connection, [Act("redeem", one, ask(), "k1", AT)], [None], None)
        assert paid.ok
        thread = threading.Thread(target=other_campaign)
        thread.start()
        assert began.wait(WAIT_S)
        # It waits for the order; whoever looked past it would have been paid by now.
        thread.join(1)
        assert answers == []
    thread.join(WAIT_S)
    assert [answer.body["reason"] for answer in answers] == ["below_margin_floor"]
    assert verify(first.journal) == []
    first.journal.close()
    second.journal.close()


def test_an_empty_group_is_nothing(sqlite_url):
    journal = Journal(sqlite_url)
    assert till.carry_out(journal, [], None) == []
    journal.close()


@pytest.mark.parametrize("place", ["sqlite_url", "postgres_url"])
def test_a_group_is_found_by_index_however_many_coupons_were_used(request, place):
    # One caller's statement may be planned in another way than a group's, so the group is what is looked at.
    journal, seen = Journal(request.getfixturevalue(place)), []
    engine, codes = journal.engine, {f"code{n}" for n in range(40)}

    def note(connection, cursor, statement, parameters, *_):
        if "FROM coupons" in statement:
            seen.append((statement, parameters))

    with journal.write() as connection:
        sa.event.listen(engine, "before_cursor_execute", note)
        load(connection, codes, {f"order{n}" for n in range(40)}, AT, lock=True)
        sa.event.remove(engine, "before_cursor_execute", note)
        explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
        plans = [str(connection.exec_driver_sql(explain + text, told).all()) for text, told in seen]
    assert len(plans) == 3
    for plan in plans:
        assert "coupons_open" not in plan
        assert "SCAN coupons" not in plan
        assert "Seq Scan on coupons" not in plan
    assert "coupons_user" in plans[1]
    assert "coupons_order" in plans[1]
    journal.close()
