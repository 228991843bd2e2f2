"""What a person leaves in the journal: open offers withdrawn, the rest nobody's, every sum as it was, every chain whole."""

import sqlalchemy as sa

from offers.desk import Desk
from offers.erasing import ERASED, NO_CONSENT, make_nobodys, withdraw_open
from offers.journal import Journal
from offers.tables import coupons, decisions, entries
from offers.verify import verify
from tests.offers.desk_world import AT, PLANNED, SOHO, ask, campaign, code_of, decision


def desk_of(url):
    desk = Desk(Journal(url))
    desk.open(campaign(granted=10_000), [SOHO], PLANNED)
    desk.issue("c", [decision(user) for user in ("ann", "bob")], PLANNED)
    return desk


def forget(desk, *users):
    withdrawn = withdraw_open(desk.journal, users, ERASED, AT)
    with desk.journal.write() as connection:
        return withdrawn, make_nobodys(connection, users)


def test_an_open_offer_is_withdrawn_and_nobodys(sqlite_url):
    desk = desk_of(sqlite_url)
    assert forget(desk, "ann", "card-1") == (1, {"coupons": 1, "decisions": 1})
    with desk.journal.read() as connection:
        rows = connection.execute(sa.select(coupons.c.user_id, coupons.c.state).order_by(coupons.c.seq)).all()
        assert [tuple(row) for row in rows] == [(None, "released"), ("bob", "issued")]
        assert connection.execute(sa.select(entries.c.reason).where(entries.c.kind == "release")).scalar() == ERASED
        assert connection.execute(sa.select(decisions.c.user_id)).scalars().all() == [None, "bob"]
    assert desk.wallet("ann", AT) == []
    assert verify(desk.journal) == []
    assert forget(desk, "ann", "card-1") == (0, {"coupons": 0, "decisions": 0})
    desk.journal.close()


def test_a_paid_one_keeps_its_money(sqlite_url):
    desk = desk_of(sqlite_url)
    assert desk.redeem(code_of(desk, "ann"), ask(), "r", AT).ok
    before = desk.campaign("c", AT)
    assert forget(desk, "ann") == (0, {"coupons": 1, "decisions": 1})
    assert desk.campaign("c", AT) == before
    assert before["spent_cents"] == 100
    assert verify(desk.journal) == []
    # The outbox still tells the lake of the redemption, and of nobody.
    assert {event["user_id"] for _, event in desk.pending_events(10)} == {None}
    desk.journal.close()


def test_a_no_to_offers_withdraws_and_takes_no_name_off(sqlite_url):
    desk = desk_of(sqlite_url)
    assert withdraw_open(desk.journal, ["bob"], NO_CONSENT, AT) == 1
    assert withdraw_open(desk.journal, ["bob"], NO_CONSENT, AT) == 0
    assert (len(desk.wallet("ann", AT)), desk.wallet("bob", AT)) == (1, [])
    assert verify(desk.journal) == []
    desk.journal.close()
