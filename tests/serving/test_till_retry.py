"""A till that never got its answer asks again, over HTTP and on a real desk."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from offers.desk import Desk
from offers.journal import Journal
from offers.verify import verify
from serving import keys
from tests.offers.desk_world import SOHO, campaign, decision
from tests.serving.fakes import NOW
from tests.suites.killing import Deaf, Dying, n_entries

SALE = {"store_id": "soho", "order_id": "o1", "lines": [{"product_id": "latte", "unit_price_cents": 450}]}
PATIENCE_S = 30
PAYING = {"store_id": "bund", "lines": SALE["lines"]}


@pytest.fixture
def ledger(tmp_path):
    """A ledger on SQLite where ann and bob have a coupon that is valid now: its address and their codes."""
    url = f"sqlite:///{tmp_path / 'retry.db'}"
    desk, early = Desk(Journal(url)), NOW - timedelta(days=1)
    desk.open(campaign(), [SOHO], early)
    window = {"valid_from": NOW - timedelta(hours=1), "valid_until": NOW + timedelta(hours=1), "send_at": early}
    desk.issue("c", [decision(user, **window) for user in ("ann", "bob")], early)
    codes = [desk.wallet(user, NOW)[0].coupon_code for user in ("ann", "bob")]
    desk.journal.close()
    return url, *codes


def redeem(world, code, sale=SALE):
    return world.ask("POST", f"/v1/coupons/{code}/redeem", "pos", json=sale, headers={"Idempotency-Key": "k1"})


@pytest.mark.parametrize(("line", "was_stored"), [(Deaf, True), (Dying, False)])
def test_an_answer_that_got_lost_comes_again_and_the_coupon_is_paid_once(world, ledger, line, was_stored):
    url, code, other = ledger
    world.parts.desk = Desk(line(url))
    lost = redeem(world, code)
    assert (lost.status_code, "retry-after" in lost.headers) == (503, True)
    journal = Journal(url)
    n_before = n_entries(journal)
    world.parts.desk = Desk(journal)
    first, again = redeem(world, code), redeem(world, code)
    assert (first.status_code, again.status_code, again.content) == (200, 200, first.content)
    assert [("idempotent-replayed" in answer.headers) for answer in (first, again)] == [was_stored, True]
    for changed in (redeem(world, other), redeem(world, code, {**SALE, "order_id": "o2"})):
        assert (changed.status_code, changed.json()["code"]) == (409, "idempotency_key_reused")
    assert n_entries(journal) == n_before + (not was_stored)
    assert world.parts.desk.campaign("c", NOW)["spent_cents"] == 100
    assert verify(journal) == []
    journal.close()


def test_a_call_that_still_runs_is_a_conflict_and_its_answer_comes_later(world, ledger):
    url, code, _ = ledger
    reached, go_on = threading.Event(), threading.Event()

    def stock(store_id, product_id):
        reached.set()
        assert go_on.wait(PATIENCE_S)

    world.parts.desk = Desk(Journal(url), stock=stock)
    with ThreadPoolExecutor(1) as till:
        running = till.submit(redeem, world, code)
        assert reached.wait(PATIENCE_S)
        meanwhile = redeem(world, code)
        go_on.set()
        first = running.result(PATIENCE_S)
    assert (meanwhile.status_code, meanwhile.json()["code"]) == (409, "idempotency_key_in_flight")
    assert "retry-after" in meanwhile.headers
    assert (first.status_code, redeem(world, code).content) == (200, first.content)
    world.parts.desk.journal.close()


def ask_again(world, code, body, act="redeem", key="k1", **headers):
    return world.ask("POST", f"/v1/coupons/{code}/{act}", "pos", json=body, headers={"Idempotency-Key": key, **headers})


@pytest.mark.parametrize("act", ["hold", "redeem", "release", "reverse"])
def test_a_refusal_asked_for_again_is_the_same_bytes(world, ledger, act):
    url, code, _ = ledger
    world.parts.desk = Desk(Journal(url))
    body = {**SALE, "user_id": "bob"} if act in ("hold", "redeem") else {"order_id": "o1"}
    first = ask_again(world, code, body, act, **{"X-Request-Id": "first"})
    again = ask_again(world, code, body, act, **{"X-Request-Id": "second"})
    assert (first.status_code, first.json()["request_id"]) == (422, "first")
    assert (again.status_code, again.content) == (422, first.content)
    assert [answer.headers["x-request-id"] for answer in (first, again)] == ["first", "second"]
    assert [("idempotent-replayed" in answer.headers) for answer in (first, again)] == [False, True]
    # A request that names itself badly gets a name of ours, and keeps it.
    named = ask_again(world, code, body, act, "k2", **{"X-Request-Id": "not a name"})
    assert ask_again(world, code, body, act, "k2").content == named.content
    world.parts.desk.journal.close()


def test_a_till_bound_to_a_store_undoes_nothing_in_another(world, ledger):
    url, code, _ = ledger
    world.parts.desk = Desk(Journal(url))
    secrets = {
        store: keys.create(world.parts.engine, "pos", NOW - timedelta(days=1), store_id=store)
        for store in ("soho", "bund")
    }

    def undo(act, store, key, **told):
        headers = {"Idempotency-Key": key, "Authorization": f"Bearer {secrets[store]}"}
        return world.ask("POST", f"/v1/coupons/{code}/{act}", json={"order_id": "o1", **told}, headers=headers)

    assert ask_again(world, code, SALE, "hold", "h").status_code == 200
    assert undo("release", "bund", "l1").json()["code"] == "wrong_store"
    assert undo("release", "soho", "l2").status_code == 200
    assert redeem(world, code).status_code == 200
    assert undo("reverse", "bund", "v1").json()["code"] == "wrong_store"
    # Of what another store sold a bound till learns nothing, whatever it asks; its own it is told.
    for act, more in (
        ("release", {}),
        ("reverse", {"order_id": "o9"}),
        ("hold", PAYING),
        ("redeem", PAYING),
        ("validate", PAYING),
    ):
        answer = undo(act, "bund", f"n-{act}", **{"order_id": "o9", **more})
        assert (answer.status_code, answer.json()["code"]) == (422, "wrong_store")
        assert "o1" not in answer.text
        assert "redeemed" not in answer.text
    assert undo("release", "soho", "n1").json()["code"] == "already_redeemed"
    assert undo("release", "soho", "n2", order_id="o9").json()["detail"] == "redeemed by order o1"
    assert undo("reverse", "bund", "v2", store_id="soho").json()["code"] == "other_store"
    # Whoever is bound to no store takes back, in any store, what another sold.
    assert ask_again(world, code, {"order_id": "o1", "store_id": "bund"}, "reverse", "v3").status_code == 200
    assert verify(world.parts.desk.journal) == []
    world.parts.desk.journal.close()
