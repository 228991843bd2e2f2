import pytest

from serving import offline, till
from serving.calls import CALLS
from tests.serving.fakes import NOW

SALE = {"store_id": "s0", "order_id": "o1", "lines": [{"product_id": "p00", "unit_price_cents": 450}]}


def act(world, kind, body, code="ABCD", key="k1", scope="pos"):
    headers = {} if key is None else {"Idempotency-Key": key}
    return world.ask("POST", f"/v1/coupons/{code}/{kind}", scope, json=body, headers=headers)


@pytest.mark.parametrize("scope", ["app", "pos"])
def test_a_quote_needs_nothing_and_changes_nothing(world, scope):
    answer = act(world, "validate", {}, key=None, scope=scope)
    assert (answer.status_code, answer.json()["discount_cents"]) == (200, 100)
    assert world.desk.answers == {}


UNDO = {"order_id": "o1"}


@pytest.mark.parametrize(("kind", "body"), [("hold", SALE), ("redeem", SALE), ("release", UNDO), ("reverse", UNDO)])
def test_each_act_reaches_the_desk_and_answers_with_its_entry(world, kind, body):
    answer = act(world, kind, {**body, "till_time": "2026-03-02T08:29:00-05:00", "till_id": "t7", "user_id": "u00"})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["entry_id"], answer.json()["kind"]) == (f"e-ABCD-{kind}", kind)
    ((asked, code, told, key),) = world.desk.asked
    assert (asked, code, told.order_id, told.till_id, told.user_id) == (kind, "ABCD", "o1", "t7", "u00")
    assert (NOW - told.till_time).total_seconds() == 60
    assert key.endswith(":k1")
    assert key.startswith(told.actor)


def test_whatever_changes_the_ledger_needs_a_key_of_its_own():
    acts = {till.hold, till.redeem, till.release, till.reverse, offline.token, offline.lease}
    assert {call.handler for call in CALLS if call.needs_key} == acts
    assert all(call.scopes == ("pos",) for call in CALLS if call.handler in acts - {offline.token})


def test_the_basket_arrives_as_it_was(world):
    lines = [{"product_id": "p00", "quantity": 2, "unit_price_cents": 450, "discount_cents": 5}, {"product_id": "p01"}]
    act(world, "redeem", {**SALE, "lines": lines})
    first, second = world.desk.asked[0][2].lines
    assert (first.product_id, first.quantity, first.unit_price_cents, first.discount_cents) == ("p00", 2, 450, 5)
    assert (second.quantity, second.unit_price_cents, second.discount_cents) == (1, None, 0)


def test_a_retry_brings_the_same_bytes(world):
    first, again = act(world, "redeem", SALE), act(world, "redeem", SALE)
    assert first.content == again.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"


def test_a_key_for_two_acts_is_a_conflict(world):
    act(world, "redeem", SALE)
    answer = act(world, "redeem", {**SALE, "order_id": "o2"})
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")


def test_two_tills_may_use_the_same_key(world):
    act(world, "redeem", SALE, scope="pos")
    assert act(world, "redeem", {**SALE, "order_id": "o2"}, scope="pos-s0").status_code == 200


@pytest.mark.parametrize("kind", ["hold", "redeem", "release", "reverse"])
def test_without_a_key_nothing_happens(world, kind):
    answer = act(world, kind, SALE, key=None)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")
    assert world.desk.asked == []


@pytest.mark.parametrize("kind", ["validate", "redeem"])
def test_a_refusal_is_a_422_with_words_for_the_cashier(world, kind):
    answer = act(world, kind, SALE, code="WRONG")
    body = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert (body["code"], body["reason"]) == ("unknown_coupon", "unknown_coupon")
    assert set(body["text"]) == {"en", "zh"}
    assert 'daypart_refusals_total{reason="unknown_coupon"} 1.0' in world.ask("GET", "/metrics").text


@pytest.mark.parametrize(
    ("kind", "body", "pointer"),
    [
        ("redeem", {**SALE, "lines": []}, "/lines"),
        ("redeem", {**SALE, "lines": [{"product_id": "p00", "quantity": 0}]}, "/lines/0/quantity"),
        ("redeem", {**SALE, "lines": [{"product_id": "p00", "unit_price_cents": -1}]}, "/lines/0/unit_price_cents"),
        ("redeem", {**SALE, "lines": [{"product_id": "p00"}] * 501}, "/lines"),
        ("hold", {"store_id": "s0", "lines": SALE["lines"]}, "/order_id"),
        ("hold", {"order_id": "o1", "lines": SALE["lines"]}, "/store_id"),
        ("release", {}, "/order_id"),
        ("redeem", {**SALE, "till_time": "2026-03-02T08:29:00"}, "/till_time"),
        ("redeem", {**SALE, "till_time": "0001-01-01T00:00:00+14:00"}, "/till_time"),
    ],
)
def test_a_malformed_basket_never_reaches_the_desk(world, kind, body, pointer):
    answer = act(world, kind, body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
    assert world.desk.asked == []


def test_a_bound_till_speaks_for_its_store_only(world):
    assert act(world, "redeem", {**SALE, "store_id": "s1"}, scope="pos-s0").status_code == 403
    act(world, "release", {"order_id": "o1"}, scope="pos-s0")
    assert world.desk.asked[0][2].store_id == "s0"


def test_a_ledger_that_is_down_asks_to_try_again(world):
    world.desk.down = True
    answer = act(world, "redeem", SALE)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
