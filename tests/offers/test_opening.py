"""What a campaign's file and the settings may take back: never money that is spent, or held for an order."""

from datetime import timedelta

import msgspec
import pytest
import sqlalchemy as sa

from offers.campaign import Budget
from offers.chain import CHAIN
from offers.database import LedgerError
from offers.desk import Desk
from offers.journal import Journal
from offers.opening import put_stores
from offers.tables import entries
from offers.verify import verify
from tests.offers.desk_world import AT, BUND, PLANNED, SOHO, ask, campaign, code_of, decision, neighbours

OVER = AT + timedelta(seconds=300)
"""The hold has run out."""


@pytest.fixture
def desk(sqlite_url):
    """Campaign `c` has spent 100 and holds 90 beside neighbours who have spent 200 and hold 100."""
    desk = Desk(Journal(sqlite_url))
    neighbours(desk)
    desk.open(campaign(), [SOHO], PLANNED)
    desk.issue("c", [decision("ann"), decision("cat", discount_cents=90)], PLANNED)
    assert desk.redeem(code_of(desk, "ann"), ask(), "r", AT).ok
    assert desk.hold(code_of(desk, "cat"), ask(order_id="o2"), "h", AT).ok
    yield desk
    assert verify(desk.journal) == []
    desk.journal.close()


def set_to(desk, granted, overspend=0, now=AT):
    policy = {"policy": "honour", "overspend_cents": overspend} if overspend else {}
    desk.open(msgspec.structs.replace(campaign(), budget=Budget(granted_cents=granted, **policy)), [SOHO], now)
    found = desk.campaign("c", now)
    return found["granted_cents"], found["overspend_cents"]


@pytest.mark.parametrize(
    ("granted", "overspend", "now", "least"),
    [
        (190, 0, AT, None),
        (189, 0, AT, 190),
        (140, 50, AT, None),
        (139, 50, AT, 140),
        (189, 0, OVER, None),
        (100, 0, OVER, None),
        (99, 0, OVER, 100),
    ],
)
def test_a_grant_covers_what_is_spent_and_held(desk, granted, overspend, now, least):
    if least is None:
        assert set_to(desk, granted, overspend, now) == (granted, overspend)
        return
    taken = least + overspend
    line = f"campaign c: granted_cents is {granted}, and {taken} are spent or held already; set {least} or more"
    with pytest.raises(LedgerError, match=line):
        set_to(desk, granted, overspend, now)
    assert desk.campaign("c", AT)["granted_cents"] == 1000


def test_what_it_may_overspend_is_not_taken_back_either(desk):
    assert set_to(desk, 140, 50) == (140, 50)
    with pytest.raises(LedgerError, match="set 190 or more"):
        set_to(desk, 140)
    assert set_to(desk, 190) == (190, 0)


def test_the_cap_of_all_campaigns_covers_what_all_of_them_took(desk):
    def cap(cents):
        desk.open(campaign(), [SOHO], AT, chain_cents=cents)

    # The chain had no cap, so any is less than none.
    with pytest.raises(LedgerError, match="all campaigns is 489, and 490 are spent or held already; set 490 or more"):
        cap(489)
    for cents in (490, 600, 490, 0, 490):
        cap(cents)
    with pytest.raises(LedgerError, match="set 490 or more"):
        cap(489)


def test_stores_that_stay_as_they_are_are_no_entry_and_the_others_stand_in_order(desk):
    def told():
        with desk.journal.read() as connection:
            found = sa.select(entries.c.store_id).where(entries.c.campaign_id == CHAIN, entries.c.kind == "terms")
            return connection.execute(found.order_by(entries.c.seq)).scalars().all()

    assert told() == ["bund", "soho"]
    with desk.journal.write() as connection:
        put_stores(connection, [SOHO, BUND], AT)
    assert told() == ["bund", "soho"]
    later = [type(SOHO)(one.store_id, one.timezone, 600, 700) for one in (SOHO, BUND)]
    with desk.journal.write() as connection:
        put_stores(connection, [*later, type(SOHO)("ave", "UTC")], AT)
    assert told() == ["bund", "soho", "ave", "bund", "soho"]
