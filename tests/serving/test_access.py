"""No key opens what it should not: every call of the OpenAPI document by every kind of key, on a real desk.

A call that is added stands here with whom it lets in, or these tests fail.
"""

import json
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from offers.audit import By
from offers.desk import open_desk
from serving import keys
from serving.keyring import KeyRing
from serving.keys import SCOPES
from tests.offers.desk_world import SOHO, campaign, decision
from tests.serving.fakes import NOW

BEGINS, ENDS, EARLY = NOW - timedelta(minutes=30), NOW + timedelta(hours=1), NOW - timedelta(days=1)
WINDOW = "from=2026-03-01T00:00:00Z&to=2026-03-03T00:00:00Z"
SALE = {"store_id": "soho", "order_id": "o-{who}", "lines": [{"product_id": "latte", "unit_price_cents": 450}]}
UNDO = {"order_id": "o-{who}"}
VISIT = {"event_type": "visit", "occurred_at": "2026-03-02T13:00:00Z", "store_id": "soho"}
LINK = {"identity": "device:{who}", "evidence": "session", "occurred_at": "2026-03-02T13:00:00Z"}
REFUSED_STORE = (403, "other_store")


@dataclass(frozen=True)
class Case:
    """How a call is asked well, whom it lets in, and what a till of store bund hears when it asks about soho.

    `{code}`, `{offer}` and `{who}` are of a coupon that each key has for itself. `before`: acts on it by a till of soho.
    """

    scopes: set[str]
    target: str
    body: object = None
    status: int = 200
    before: tuple[tuple[str, object], ...] = ()
    elsewhere: tuple[int, str | None] | None = None


CASES = {
    "recommendations": Case({"app"}, "/v1/recommendations", {"user_id": "u00"}),
    "events": Case({"app", "pos"}, "/v1/events", {"events": [VISIT]}, 202, elsewhere=(202, None)),
    "offers_due": Case({"scheduler"}, f"/v1/offers/due?{WINDOW}"),
    "offer_delivered": Case({"scheduler"}, "/v1/offers/{offer}/delivered"),
    "offer_failed": Case({"scheduler"}, "/v1/offers/{offer}/failed"),
    "wallet": Case({"app"}, "/v1/users/u00/offers"),
    "user": Case({"admin"}, "/v1/users/u00"),
    "user_export": Case({"admin"}, "/v1/users/u00/export"),
    "user_consent": Case({"app", "admin"}, "/v1/users/{who}/consent"),
    "user_consent_said": Case({"app", "admin"}, "/v1/users/{who}/consent", {"measurement": False}),
    "user_links": Case({"app", "admin"}, "/v1/users/{who}/links", {"links": [LINK]}),
    "links_queue": Case({"admin"}, "/v1/links/queue"),
    "link_ruling": Case({"admin"}, "/v1/links/9/ruling", {"ruling": "accepted", "why": "seen"}, status=404),
    "user_erase": Case({"admin"}, "/v1/users/nobody"),
    "erasure": Case({"admin"}, "/v1/erasures/nothing", status=404),
    "campaign": Case({"analyst"}, "/v1/campaigns/c"),
    "coupon_validate": Case({"app", "pos"}, "/v1/coupons/{code}/validate", {}, elsewhere=(422, "wrong_store")),
    "coupon_hold": Case({"pos"}, "/v1/coupons/{code}/hold", SALE, elsewhere=REFUSED_STORE),
    "coupon_redeem": Case({"pos"}, "/v1/coupons/{code}/redeem", SALE, elsewhere=REFUSED_STORE),
    "coupon_release": Case(
        {"pos"}, "/v1/coupons/{code}/release", UNDO, before=(("hold", SALE),), elsewhere=(422, "wrong_store")
    ),
    "coupon_reverse": Case(
        {"pos"}, "/v1/coupons/{code}/reverse", UNDO, before=(("redeem", SALE),), elsewhere=(422, "wrong_store")
    ),
    "coupon_token": Case({"app", "pos"}, "/v1/coupons/{code}/token", {}, elsewhere=(422, "wrong_store")),
    "coupon_qr": Case({"app", "pos", "scheduler"}, "/v1/coupons/{code}/qr", elsewhere=(200, None)),
    "store_lease": Case({"pos"}, "/v1/stores/soho/lease", {"till_id": "t", "cents": 1}, elsewhere=REFUSED_STORE),
    "store_settle": Case({"pos"}, "/v1/stores/soho/settle", {"sales": []}, elsewhere=REFUSED_STORE),
    "offline_keys": Case({"app", "pos"}, "/v1/offline/keys", elsewhere=(200, None)),
}
DEAD = ("none", "half", "unknown", "expired", "revoked", "rotated")


@pytest.fixture
def shop(world, tmp_path):
    """The world with a desk of its own, a coupon of soho for each kind of key, and every kind of key."""
    desk = open_desk(f"sqlite:///{tmp_path / 'shop.db'}")
    desk.open(campaign(granted=10_000), [SOHO], EARLY)
    people = [*SCOPES, "soho", "bund"]
    window = {"valid_from": BEGINS, "valid_until": ENDS, "send_at": EARLY}
    desk.issue("c", [decision(who, **window) for who in people], EARLY)
    world.parts.desk = desk
    world.parts.settings = replace(world.parts.settings, offline_cents=500)
    world.secrets |= dead_keys(world.parts.engine)
    world.secrets |= {s: keys.create(world.parts.engine, "pos", NOW, store_id=s) for s in ("soho", "bund")}
    yield world
    desk.journal.close()


def dead_keys(engine):
    """Keys that open nothing, one of each scope for each way to die: `scope-way`."""
    found, by = {}, By("tests", "dead")
    for scope in SCOPES:
        expired, revoked, rotated = (
            keys.create(engine, scope, EARLY, expires=end) for end in (NOW, None, NOW + timedelta(days=1))
        )
        keys.revoke(engine, keys.key_id_of(revoked), NOW, by)
        keys.rotate(engine, keys.key_id_of(rotated), NOW - timedelta(hours=2), timedelta(hours=2), by)
        unknown = f"dp_{scope}_" + "x" * 43
        found |= {
            f"{scope}-{way}": secret for way, secret in zip(DEAD[2:], (unknown, expired, revoked, rotated), strict=True)
        }
    return found


def filled(part, who, offer):
    if isinstance(part, str):
        told = {"{code}": offer.coupon_code, "{offer}": offer.offer_id, "{who}": who}
        for name, value in told.items():
            part = part.replace(name, value)
        return part
    return json.loads(filled(json.dumps(part), who, offer))


def operations(shop):
    document = shop.ask("GET", "/v1/openapi.json").json()
    return {op["operationId"]: (method, op) for item in document["paths"].values() for method, op in item.items()}


def ask(shop, method, target, body, key, **headers):
    told = {"Idempotency-Key": f"k-{key}-{target}", **headers}
    return shop.ask(method.upper(), target, json=body, headers=told) if body is not None else shop.ask(
        method.upper(), target, headers=told
    )  # fmt: skip


def test_the_table_is_the_document(shop):
    found = operations(shop)
    assert set(found) == set(CASES), "a call is added or gone: say here whom it lets in"
    for name, (_, operation) in found.items():
        assert [set(way) for way in operation["security"]] == [{"key"}] * len(operation["security"])
        assert {scope for way in operation["security"] for scope in way["key"]} == CASES[name].scopes, name


@pytest.mark.parametrize("name", CASES)
def test_nobody_else_is_let_in(shop, name):
    case, (method, _) = CASES[name], operations(shop)[name]
    offers = {who: shop.parts.desk.wallet(who, NOW)[0] for who in [*SCOPES, "soho", "bund"]}
    heard = {}
    for scope in SCOPES:
        target, body = (filled(part, scope, offers[scope]) for part in (case.target, case.body))
        heard["none"] = ask(shop, method, target, body, "none")
        heard["half"] = ask(shop, method, target, body, "half", Authorization=f"Bearer dp_{scope}_")
        for way in DEAD[2:]:
            secret = shop.secrets[f"{scope}-{way}"]
            heard[way] = ask(shop, method, target, body, way, Authorization=f"Bearer {secret}")
        assert {way: answer.status_code for way, answer in heard.items()} == dict.fromkeys(DEAD, 401)
        assert all("www-authenticate" in answer.headers for answer in heard.values())
        if scope not in case.scopes:
            answer = ask(shop, method, target, body, scope, Authorization=f"Bearer {shop.secrets[scope]}")
            assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing"), scope
    # None of it left a trace: what follows finds every coupon as it was.
    assert all(shop.parts.desk.wallet(who, NOW)[0].state == "issued" for who in offers)


@pytest.mark.parametrize("name", CASES)
def test_whoever_should_is_let_in_and_a_till_only_for_its_own_store(shop, name):
    case, (method, _) = CASES[name], operations(shop)[name]
    expected = dict.fromkeys(sorted(case.scopes), (case.status, None))
    if "pos" in case.scopes:
        expected |= {"soho": (case.status, None), "bund": case.elsewhere}
    for who, (status, code) in expected.items():
        offer = shop.parts.desk.wallet(who, NOW)[0]
        for act, body in case.before:
            done = ask(shop, "POST", f"/v1/coupons/{offer.coupon_code}/{act}", filled(body, who, offer), who,
                       Authorization=f"Bearer {shop.secrets['soho']}")  # fmt: skip
            assert done.status_code == 200, done.text
        target, body = (filled(part, who, offer) for part in (case.target, case.body))
        answer = ask(shop, method, target, body, who, Authorization=f"Bearer {shop.secrets[who]}")
        assert answer.status_code == status, (who, answer.text)
        assert code is None or answer.json()["code"] == code, who
        if name == "events":
            rejected = [one["code"] for one in answer.json()["rejected"]]
            assert rejected == (["other_store"] if who == "bund" else [])


def test_a_revoked_key_ends_between_two_calls(shop):
    clock = [0.0]
    shop.parts.keys = KeyRing(shop.parts.engine, lambda: clock[0])
    statuses = []
    for now_s in (0.0, 5.0, 10.0):
        clock[0] = now_s
        statuses.append(shop.ask("GET", "/v1/users/u00/offers", "app").status_code)
        if now_s == 0.0:
            keys.revoke(shop.parts.engine, keys.key_id_of(shop.secrets["app"]), NOW, By("tests", "stolen"))
    assert statuses == [200, 200, 401]


def test_a_retry_under_the_successor_of_a_key_pays_nothing_twice(shop):
    offer = shop.parts.desk.wallet("pos", NOW)[0]
    body, path = filled(SALE, "pos", offer), f"/v1/coupons/{offer.coupon_code}/redeem"
    first = ask(shop, "POST", path, body, "r", Authorization=f"Bearer {shop.secrets['pos']}")
    by = By("tests", "yearly")
    successor = keys.rotate(shop.parts.engine, keys.key_id_of(shop.secrets["pos"]), NOW, timedelta(hours=1), by)
    again = ask(shop, "POST", path, body, "r", Authorization=f"Bearer {successor}")
    assert (first.status_code, again.status_code, again.content) == (200, 200, first.content)
    assert again.headers["idempotent-replayed"] == "true"


def test_no_answer_shows_a_key(shop):
    for scope in SCOPES:
        answer = shop.ask("GET", "/v1/campaigns/c", scope)
        assert shop.secrets[scope] not in answer.text + str(answer.headers)
