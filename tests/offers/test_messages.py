"""Which of a person's offers count as messages of theirs, at which moment, and for how long."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from offers.desk import Desk
from offers.journal import Journal
from offers.messages import LOOK_BACK, Messages
from offers.tables import coupons
from people.evidence import link
from people.registry import take
from tests.offers.desk_world import AT, PLANNED, SEND, SOHO, TICK, campaign, decision, neighbours
from tests.people.chain import ref

LONG_AGO = AT - LOOK_BACK
HOUR = timedelta(hours=1)
CARD = ref("card1")
LEASE = {"leased_to": "push", "leased_at": SEND + HOUR, "wait_until": AT + TICK}
SENT = {"delivery": "delivered", "leased_to": "push", "leased_at": SEND + HOUR, "delivered_at": SEND + 2 * HOUR}
OLD = {"delivery": "delivered", "send_at": LONG_AGO, "leased_at": LONG_AGO, "delivered_at": LONG_AGO}


@pytest.fixture
def desk(sqlite_url):
    desk = Desk(Journal(sqlite_url))
    desk.open(campaign(), [SOHO], PLANNED)
    desk.issue("c", [decision(user) for user in ("ann", CARD)], PLANNED)
    yield desk
    desk.journal.close()


def stand(desk, user, **columns):
    with desk.journal.write() as connection:
        connection.execute(sa.update(coupons).where(coupons.c.user_id == user).values({"user_id": user, **columns}))


def seen(desk, users, of="ann", but_for="", gap_s=0):
    with desk.journal.read() as connection:
        return list(Messages(connection, users, AT, gap_s).others(of, but_for))


@pytest.mark.parametrize(
    ("columns", "moments"),
    [
        ({}, []),
        (LEASE, [SEND + HOUR]),
        ({**LEASE, "send_at": SEND + 3 * HOUR}, [SEND + 3 * HOUR]),  # handed out ahead: at its own time
        ({**LEASE, "wait_until": AT}, []),
        ({**LEASE, "leased_to": None}, []),  # it only waits
        ({**LEASE, "delivery": "failed"}, []),
        (SENT, [SEND + HOUR]),
        ({**SENT, "wait_until": SEND}, [SEND + HOUR]),
        ({**SENT, "leased_at": None}, [SEND + 2 * HOUR]),
        (OLD, []),
        ({**OLD, "send_at": LONG_AGO + TICK}, [LONG_AGO + TICK]),
        ({**OLD, "leased_at": LONG_AGO + TICK}, [LONG_AGO + TICK]),
        ({**OLD, "delivered_at": LONG_AGO + TICK}, [LONG_AGO]),
    ],
)
def test_what_counts_and_when(desk, columns, moments):
    neighbours(desk)
    stand(desk, "ann", **columns)
    assert seen(desk, ["ann"]) == moments
    assert seen(desk, ["bob"]) == seen(desk, ["ann"], of=None) == seen(desk, []) == []


@pytest.mark.parametrize(("gap", "n"), [(LOOK_BACK, 0), (LOOK_BACK + timedelta(seconds=1), 1)])
def test_a_longer_gap_looks_back_further(desk, gap, n):
    stand(desk, "ann", **OLD)
    assert len(seen(desk, ["ann"], gap_s=int(gap.total_seconds()))) == n


def test_an_offer_is_no_other_of_its_own_and_ids_of_one_person_are_one(desk):
    stand(desk, "ann", **SENT)
    stand(desk, CARD, **{**SENT, "leased_at": SEND})
    (mine,) = (offer.offer_id for offer in desk.wallet("ann", PLANNED))
    assert seen(desk, ["ann"], but_for=mine) == []
    assert seen(desk, ["ann", CARD]) == [SEND + HOUR]
    with desk.journal.write() as connection:
        take(connection, [link("ann", CARD, "login", "s1", 1), link("ann", "ann", "login", "s1", 0)], "test", 1)
    assert sorted(seen(desk, ["ann"])) == [SEND, SEND + HOUR]
    assert seen(desk, [CARD], of=CARD, but_for=mine) == [SEND]


def test_one_more_counts_at_once(desk):
    with desk.journal.read() as connection:
        messages = Messages(connection, ["ann"], AT, 0)
    messages.add("ann", "off_9", AT)
    messages.add(None, "off_8", AT)
    assert messages.others("ann", "") == [AT]
    assert list(messages.others("ann", "off_9")) == []
    assert messages.others(None, "") == ()
