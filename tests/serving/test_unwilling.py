"""A no to offers holds at the till, whichever came first: the no, or the link to whoever has the coupon."""

from datetime import timedelta

import pytest

from offers.desk import Desk
from offers.journal import Journal
from offers.verify import verify
from people import consent
from serving.unwilling import withdraw_unwilling
from tests.offers.desk_world import SOHO, campaign, decision
from tests.serving.fakes import NOW

CARD, SALE = (
    "card:3333 06",
    {"store_id": "soho", "order_id": "o1", "lines": [{"product_id": "latte", "unit_price_cents": 450}]},
)


@pytest.fixture
def shop(world):
    """Ann and bob have a coupon each that is valid now."""
    desk, early = Desk(Journal(world.parts.settings.ledger_url)), NOW - timedelta(days=1)
    desk.open(campaign(), [SOHO], early)
    window = {"valid_from": NOW - timedelta(hours=1), "valid_until": NOW + timedelta(hours=1), "send_at": early}
    desk.issue("c", [decision(user, **window) for user in ("ann", "bob")], early)
    world.parts.desk = desk
    yield world
    assert verify(desk.journal) == []
    desk.journal.close()


def refuse(shop, who, yes=False):
    assert shop.ask("POST", f"/v1/users/{who}/consent", "app", json={"offers": yes}).status_code == 200


def link(shop, who, other):
    row = {"identity": other, "evidence": "session-1", "occurred_at": NOW.isoformat()}
    return shop.ask("POST", f"/v1/users/{who}/links", "app", json={"links": [row]}).json()["links"][0]


def at_the_till(shop, user):
    """What becomes of the user's coupon, by act: the refusal's code, or nothing."""
    with shop.parts.engine.connect() as connection:
        code = connection.exec_driver_sql("SELECT code FROM coupons WHERE user_id = ?", (user,)).scalar_one()
    found = []
    for act in ("validate", "hold", "redeem"):
        headers = {} if act == "validate" else {"Idempotency-Key": f"{user}-{act}"}
        answer = shop.ask("POST", f"/v1/coupons/{code}/{act}", "pos", json={**SALE, "order_id": user}, headers=headers)
        found.append(answer.json().get("code"))
    return found


@pytest.mark.parametrize("first", ["the no", "the link", "the no, and a ruling"])
def test_a_no_under_another_id_is_one_at_the_till_in_either_order(shop, first):
    if first == "the link":
        assert link(shop, "ann", CARD)["verdict"] == "joined"
        refuse(shop, CARD)
    elif first == "the no":
        refuse(shop, CARD)
        assert link(shop, "ann", CARD)["verdict"] == "joined"
    else:
        assert link(shop, "zoe", CARD)["verdict"] == "joined"
        refuse(shop, CARD)
        waits = link(shop, "ann", CARD)
        assert waits["verdict"] == "two_users"
        ruling = {"ruling": "accepted", "why": "one household"}
        shop.ask("POST", f"/v1/links/{waits['number']}/ruling", "admin", json=ruling)
    assert at_the_till(shop, "ann") == ["released"] * 3
    assert at_the_till(shop, "bob") == [None] * 3


def test_who_took_the_no_back_or_only_waits_keeps_their_coupon(shop):
    refuse(shop, CARD)
    refuse(shop, CARD, yes=True)
    link(shop, "ann", CARD)
    assert at_the_till(shop, "ann") == [None] * 3
    refuse(shop, "zoe")
    assert link(shop, "bob", "zoe")["verdict"] == "two_users"
    assert at_the_till(shop, "bob") == [None] * 3


def test_where_nobody_said_a_word_nothing_is_asked(shop):
    assert withdraw_unwilling(shop.parts.engine, shop.parts.desk, ["ann"], NOW) == 0
    with shop.parts.engine.connect() as connection:
        assert consent.unwilling(connection, ["ann"], "offers") == []
