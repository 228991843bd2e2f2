from datetime import timedelta

import pytest

from serving.due import card
from serving.wire_offers import OfferCard
from tests.serving.fakes import NOW, offer

WINDOW = {"from": NOW.isoformat(), "to": (NOW + timedelta(days=1)).isoformat()}
# WIRE's fields of a due offer.
PROMISED = {
    "offer_id", "coupon_code", "user_id", "product_id", "store_id", "discount_cents", "send_at", "valid_from",
    "valid_until", "text", "decision_id",
}  # fmt: skip


def due(world, **query):
    return world.ask("GET", "/v1/offers/due", "scheduler", params={**WINDOW, **query})


def test_a_card_has_what_was_promised(world):
    (found,) = due(world).json()["offers"]
    assert set(found) >= PROMISED
    assert found["text"] == {"en": "Tomorrow 8:00", "zh": "明早8点"}
    assert found["send_at"] == "2026-03-02T22:30:00Z"
    assert isinstance(card(offer()), OfferCard)


def test_the_window_is_half_open(world):
    send_at = offer().send_at
    assert due(world, to=send_at.isoformat()).json()["offers"] == []
    assert len(due(world, **{"from": send_at.isoformat()}).json()["offers"]) == 1


def test_pages_follow_the_cursor(world):
    for code in ("B", "C"):
        world.desk.offers[code] = offer(code)
    seen, cursor = [], {}
    for _ in range(3):
        page = due(world, limit=1, **cursor).json()
        seen += [found["coupon_code"] for found in page["offers"]]
        cursor = {"cursor": page["next_cursor"]}
    assert sorted(seen) == ["ABCD", "B", "C"]
    assert page["more"] is False


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"to": WINDOW["from"]}, "empty_window"),
        ({"from": "1970-01-01T00:00:00Z"}, "implausible_time"),
        ({"to": "9999-12-31T23:59:59-14:00"}, "implausible_time"),
        ({"cursor": "forged"}, "bad_cursor"),
        ({"limit": 1001}, "malformed"),
        ({"from": "yesterday"}, "malformed"),
    ],
)
def test_a_bad_window_is_a_400(world, query, code):
    answer = due(world, **query)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_acknowledging_twice_changes_nothing_and_delivered_wins(world):
    def say(outcome, offer_id="o-ABCD"):
        return world.ask("POST", f"/v1/offers/{offer_id}/{outcome}", "scheduler")

    assert say("failed").json() == {"offer_id": "o-ABCD", "delivery": "failed"}
    assert say("delivered").json() == say("delivered").json() == say("failed").json()
    assert world.desk.delivery == {"o-ABCD": "delivered"}
    answer = say("delivered", "nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_offer")


def test_the_wallet_of_nobody_is_empty(world):
    def wallet(user_id):
        return world.ask("GET", f"/v1/users/{user_id}/offers", "app").json()

    assert [found["coupon_code"] for found in wallet("u00")["offers"]] == ["ABCD"]
    assert wallet("nobody") == {"user_id": "nobody", "offers": []}
