"""Tills without network over HTTP, on a real desk: token, lease, settlement, keys, QR code."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import zxingcpp
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from PIL import Image

from offers import till_sale
from offers.book import Line
from offers.desk import open_desk
from offers.offline_till import OfflineTill
from offers.qr import qr_png
from offers.signing_key import signer_at
from offers.tokens import Reader
from offers.verify import verify
from serving.coupon_calls import COUPON_CALLS
from serving.door import EVENTS_BODY
from serving.wire_offline import MAX_SALES
from serving.wire_till import MAX_LINES
from tests.offers.desk_world import SOHO, campaign, decision
from tests.offers.token_world import KEY
from tests.serving.fakes import NOW

BEGINS, ENDS = NOW - timedelta(minutes=30), NOW + timedelta(hours=1)


@pytest.fixture
def shop(world, tmp_path):
    """The world with a desk of its own on SQLite, where a coupon of ann's is valid now."""
    desk = open_desk(f"sqlite:///{tmp_path / 'shop.db'}")
    early = NOW - timedelta(days=1)
    desk.open(campaign(), [SOHO], early)
    desk.issue("c", [decision("ann", valid_from=BEGINS, valid_until=ENDS, send_at=early)], early)
    world.parts.desk = desk
    world.parts.settings = replace(world.parts.settings, offline_cents=500)
    yield world
    desk.journal.close()


def the_code(shop):
    return shop.parts.desk.wallet("ann", NOW)[0].coupon_code


def post(shop, path, body, scope="pos", key="k1"):
    return shop.ask("POST", path, scope, json=body, headers={"Idempotency-Key": key})


def test_from_token_to_settlement(shop, tmp_path):
    code = the_code(shop)
    card = post(shop, f"/v1/coupons/{code}/token", {}, "app")
    assert card.status_code == 200, card.text
    again = post(shop, f"/v1/coupons/{code}/token", {}, "app")
    assert again.content == card.content
    assert again.headers["idempotent-replayed"] == "true"
    leased = post(shop, "/v1/stores/soho/lease", {"till_id": "t1", "cents": 300}).json()
    reader = Reader(shop.ask("GET", "/v1/offline/keys", "pos").json())
    till = OfflineTill(reader, leased["allowance"], "soho", "t1", tmp_path / "till.jsonl")
    paid = till.redeem(card.json()["token"], "o1", (Line("latte", 1, 450),), NOW)
    assert (paid.discount_cents, paid.order_id) == (100, "o1")
    body = {"sales": till.batch(), "lease_id": leased["lease_id"], "closed_by": "t1"}
    till.close()
    (done,) = post(shop, "/v1/stores/soho/settle", body).json()["sales"]
    assert (done["outcome"], done["discount_cents"]) == ("redeem", 100)
    assert post(shop, "/v1/stores/soho/settle", body).json()["sales"][0]["outcome"] == "known"
    budget = shop.ask("GET", "/v1/campaigns/c", "analyst").json()["budget"]
    assert (budget["spent_cents"], budget["overpaid_cents"]) == (100, 0)
    assert verify(shop.parts.desk.journal) == []
    assert post(shop, "/v1/stores/soho/lease", {"till_id": "t2", "cents": 500}, key="k2").status_code == 200


def test_a_lease_whose_answer_got_lost_is_the_same_lease(shop):
    body = {"till_id": "t1", "cents": 400}
    first, again = (post(shop, "/v1/stores/soho/lease", body) for _ in range(2))
    assert first.content == again.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    other = post(shop, "/v1/stores/soho/lease", {**body, "cents": 300})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


def test_a_lease_that_was_closed_needs_a_new_key(shop):
    body = {"till_id": "t1", "cents": 500}
    leased = post(shop, "/v1/stores/soho/lease", body).json()
    close = {"sales": [], "lease_id": leased["lease_id"], "closed_by": "t1"}
    assert post(shop, "/v1/stores/soho/settle", close).status_code == 200
    over = post(shop, "/v1/stores/soho/lease", body)
    assert (over.status_code, over.json()["code"]) == (409, "lease_over")
    assert "new Idempotency-Key" in over.json()["detail"]
    assert post(shop, "/v1/stores/soho/lease", body, key="k2").status_code == 200


def test_a_settlement_under_a_lease_nobody_knows_books_nothing(shop):
    token = post(shop, f"/v1/coupons/{the_code(shop)}/token", {}, "app").json()["token"]
    sale = {"token": token, "order_id": "o1", "till_id": "t1", "till_time": NOW.isoformat(),
            "lines": [{"product_id": "latte"}]}  # fmt: skip
    lost = post(shop, "/v1/stores/soho/settle", {"sales": [sale], "lease_id": "lease_none"})
    assert (lost.status_code, lost.json()["code"]) == (422, "unknown_lease")
    assert [one["pointer"] for one in lost.json()["errors"]] == ["/lease_id"]
    nameless = post(shop, "/v1/stores/soho/settle", {"sales": [sale], "closed_by": "t1"})
    assert (nameless.status_code, nameless.json()["errors"][0]["pointer"]) == (400, "/closed_by")
    (done,) = post(shop, "/v1/stores/soho/settle", {"sales": [sale]}).json()["sales"]
    assert done["outcome"] == "redeem", "the two refused ones booked nothing"


def test_a_lease_above_the_allowance_is_refused_with_what_is_left(shop):
    assert post(shop, "/v1/stores/soho/lease", {"till_id": "t1", "cents": 400}).status_code == 200
    refused = post(shop, "/v1/stores/soho/lease", {"till_id": "t2", "cents": 101}, key="k2")
    assert (refused.status_code, refused.json()["code"]) == (422, "allowance_exhausted")
    assert "100 aren't lent" in refused.json()["detail"]


def test_only_tills_and_apps_get_at_what_pays_offline():
    scopes = {call.name: set(call.scopes) for call in COUPON_CALLS}
    assert scopes["store_lease"] == scopes["store_settle"] == {"pos"}
    assert scopes["coupon_token"] == {"app", "pos"}


def test_a_refused_token_says_why(shop):
    answer = post(shop, f"/v1/coupons/{the_code(shop)}/token", {"store_id": "bund"}, "app")
    assert (answer.status_code, answer.json()["reason"]) == (422, "wrong_store")


def test_where_no_store_may_pay_without_network_nothing_is_signed(shop):
    shop.parts.settings = replace(shop.parts.settings, offline_cents=0)
    for path, body in (
        (f"/v1/coupons/{the_code(shop)}/token", {}),
        ("/v1/stores/soho/lease", {"till_id": "t", "cents": 1}),
    ):
        answer = post(shop, path, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "offline_disabled")


def test_a_bound_till_settles_and_leases_for_its_own_store_only(shop):
    from serving import keys

    secret = keys.create(shop.parts.engine, "pos", NOW - timedelta(days=1), store_id="bund")
    for path, body in (("lease", {"till_id": "t", "cents": 1}), ("settle", {"sales": []})):
        headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "k"}
        answer = shop.ask("POST", f"/v1/stores/soho/{path}", json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "other_store")


def test_forged_and_endless_tokens_are_rejected_not_booked(shop):
    sale = {"order_id": "o1", "till_id": "t1", "till_time": NOW.isoformat(), "lines": [{"product_id": "latte"}]}
    answer = post(shop, "/v1/stores/soho/settle", {"sales": [{**sale, "token": "a.b.c"}]})
    assert answer.json()["sales"][0]["outcome"] == "rejected"
    assert post(shop, "/v1/stores/soho/settle", {"sales": [{**sale, "token": "x" * 5000}]}).status_code == 400
    assert (
        post(shop, "/v1/stores/soho/settle", {"sales": [sale | {"token": "a.b.c"}] * (MAX_SALES + 1)}).status_code
        == 400
    )


def test_the_qr_code_says_the_code(shop, tmp_path):
    code = the_code(shop)
    answer = shop.ask("GET", f"/v1/coupons/{code.lower()}/qr", "app")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    assert re.search(rb"<svg[^>]*>", answer.content)
    (tmp_path / "code.png").write_bytes(qr_png(code))
    assert zxingcpp.read_barcode(Image.open(tmp_path / "code.png")).text == code
    assert shop.ask("GET", "/v1/coupons/nonsense/qr", "app").status_code == 400


def test_a_call_that_still_runs_is_a_conflict(shop, monkeypatch):
    from offers.answers import KeyInFlight

    def busy(*_):
        raise KeyInFlight("busy")

    monkeypatch.setattr(shop.parts.desk, "begin", busy)
    body = {"store_id": "soho", "order_id": "o1", "lines": [{"product_id": "latte"}]}
    answer = post(shop, f"/v1/coupons/{the_code(shop)}/redeem", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_in_flight")
    assert answer.headers["retry-after"] == "1"


def test_a_partial_return_over_http(shop):
    code = the_code(shop)
    body = {
        "store_id": "soho",
        "order_id": "o1",
        "lines": [{"product_id": "latte", "quantity": 3, "unit_price_cents": 450}],
    }
    assert post(shop, f"/v1/coupons/{code}/redeem", body, key="r").status_code == 200
    one = post(
        shop, f"/v1/coupons/{code}/reverse", {"order_id": "o1", "lines": [{"product_id": "latte"}]}, key="v1"
    ).json()
    assert (one["discount_cents"], one["units"]) == (33, 1)
    rest = post(shop, f"/v1/coupons/{code}/reverse", {"order_id": "o1"}, key="v2").json()
    assert (rest["discount_cents"], rest["units"]) == (67, 2)


def test_a_till_keeps_to_what_the_wire_takes():
    assert (till_sale.MAX_LINES, till_sale.MAX_SALES) == (MAX_LINES, MAX_SALES)
    assert till_sale.MAX_BATCH_BYTES * 2 <= EVENTS_BODY


def test_a_retired_key_is_published_and_settles(shop, tmp_path):
    card = post(shop, f"/v1/coupons/{the_code(shop)}/token", {}, "app").json()
    old = tmp_path / "retired.pem"
    shop.parts.signer = signer_at(tmp_path / "fresh.pem")
    sale = {"token": card["token"], "order_id": "o1", "till_id": "t1", "till_time": NOW.isoformat(),
            "lines": [{"product_id": "latte"}]}  # fmt: skip

    def settled():
        return post(shop, "/v1/stores/soho/settle", {"sales": [sale]}).json()["sales"][0]["outcome"]

    assert settled() == "rejected"
    old.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    shop.parts.signer = signer_at(tmp_path / "fresh.pem", old)
    assert len(shop.ask("GET", "/v1/offline/keys", "pos").json()["keys"]) == 2
    assert settled() == "redeem"
