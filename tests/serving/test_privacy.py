"""A person's own calls over HTTP: their word, everything held of them, and to be forgotten, each with its effect at once."""

import csv
from datetime import timedelta

import pytest

from offers.database import transaction
from offers.desk import open_desk
from people import erasing
from people.consent import say
from people.evidence import link
from people.registry import take
from people.tombstones import Tombstone
from serving.admitting import living, micros
from serving.holdings import is_empty
from serving.holdings_files import Files
from serving.privacy_calls import PRIVACY_CALLS
from serving.shown_rows import COLUMNS
from serving.standing import ALL, NONE, Standing
from serving.unshown import unshow
from serving.visits import Visits
from serving.wire_privacy import ErasureCard, Export
from settings import Settings
from tests import world as cafe
from tests.offers.desk_world import SOHO, campaign, decision
from tests.serving.fakes import NOW

EARLY, LATE = NOW - timedelta(days=1), NOW + timedelta(hours=2)
BOUGHT = {"event_type": "purchase", "occurred_at": "2026-03-02T13:00:00Z", "user_id": "u00", "product_id": "p00"}


@pytest.fixture
def shop(world):
    """The world on a desk of its own database, with an offer for u00 and one for eve."""
    desk = open_desk(world.parts.settings.ledger_url)
    desk.open(campaign(granted=10_000), [SOHO], EARLY)
    window = {"valid_from": NOW - timedelta(minutes=30), "valid_until": NOW + timedelta(hours=1), "send_at": EARLY}
    desk.issue("c", [decision(who, **window) for who in ("u00", "eve")], EARLY)
    world.parts.desk = desk
    yield world
    desk.journal.close()


def said(shop, **told):
    return shop.ask("POST", "/v1/users/u00/consent", "app", json=told)


def fresh(shop):
    """What was remembered is forgotten, as it is half a second later."""
    parts = shop.parts
    parts.standing = Standing(
        parts.engine, parts.persons.references, parts.settings.consent_default, lambda: 0.0, shop.online.forget
    )


def is_stranger(shop):
    fresh(shop)
    return shop.rank()["meta"]["fallback"] == "cold_start"


def test_a_word_is_kept_and_read_back(shop):
    before = shop.ask("GET", "/v1/users/u00/consent", "app").json()
    assert before == {
        "user_id": "u00",
        "allowed": dict.fromkeys(("recommend", "offers", "measurement"), True),
        "n_withdrawn": 0,
    }
    assert said(shop, measurement=False).json()["allowed"] == {"recommend": True, "offers": True, "measurement": False}
    assert shop.ask("GET", "/v1/users/u00/consent", "admin").json()["allowed"]["measurement"] is False
    assert said(shop, measurement=True).json()["allowed"]["measurement"] is True


@pytest.mark.parametrize("body", [{}, {"everything": True}, {"offers": "no"}])
def test_what_is_no_word_is_refused(shop, body):
    assert said(shop, **body).status_code == 400


def test_without_recommend_the_answer_is_a_strangers(shop):
    assert not is_stranger(shop)
    said(shop, recommend=False)
    assert is_stranger(shop)
    stranger = shop.rank(user_id="somebody-new")
    mine = shop.rank()
    assert [item["product_id"] for item in mine["items"]] == [item["product_id"] for item in stranger["items"]]
    assert not any("offer" in item for item in mine["items"])
    shop.parts.impressions.close()
    (file,) = (shop.parts.settings.home / "inbox").glob("impressions-*.csv")
    with file.open(newline="") as stream:
        shown = [row["user_id"] for row in csv.DictReader(stream)]
    assert (shown.count("u00"), shown.count("")) == (len(mine["items"]), 2 * len(mine["items"]))
    said(shop, recommend=True)
    assert not is_stranger(shop)


def test_opt_in_means_nobody_is_used_before_they_say_so(shop):
    shop.parts.settings = Settings(home=shop.parts.settings.home, consent_default="opt-in")
    assert is_stranger(shop)
    assert said(shop, recommend=True).json()["allowed"] == {"recommend": True, "offers": False, "measurement": False}
    assert not is_stranger(shop)


def test_a_no_to_offers_withdraws_what_is_open(shop):
    assert said(shop, offers=False).json()["n_withdrawn"] == 1
    assert shop.ask("GET", "/v1/users/u00/offers", "app").json()["offers"] == []
    assert len(shop.ask("GET", "/v1/users/eve/offers", "app").json()["offers"]) == 1
    assert said(shop, measurement=False).json()["n_withdrawn"] == 0


def shown_to(shop, user_id):
    """Whose coupons are in a person's wallet, and among what is due."""
    shop.parts.standing.moved()
    window = {"from": EARLY.isoformat(), "to": LATE.isoformat()}
    due = shop.ask("GET", "/v1/offers/due", "scheduler", params=window).json()["offers"]
    wallet = shop.ask("GET", f"/v1/users/{user_id}/offers", "app").json()["offers"]
    return [one["user_id"] for one in wallet], sorted(one["user_id"] for one in due)


@pytest.mark.parametrize("default", ["opt-out", "opt-in"])
def test_a_no_said_under_an_id_that_is_linked_later_holds_back_what_is_open(shop, default):
    shop.parts.settings = Settings(home=shop.parts.settings.home, consent_default=default)
    fresh(shop)
    app = "/v1/users/app%3Anoer"
    for who in ("u00", "eve"):
        shop.ask("POST", f"/v1/users/{who}/consent", "app", json={"recommend": True, "offers": True})
    shop.parts.clock = lambda: NOW + timedelta(seconds=1)
    assert shop.ask("POST", f"{app}/consent", "app", json={"offers": False}).json()["n_withdrawn"] == 0
    assert shown_to(shop, "u00") == (["u00"], ["eve", "u00"])
    link = {"identity": "app:noer", "evidence": "session-1", "occurred_at": NOW.isoformat()}
    (told,) = shop.ask("POST", "/v1/users/u00/links", "app", json={"links": [link]}).json()["links"]
    assert told["verdict"] == "joined"
    # At once, in the worker that was told.
    assert shop.ask("GET", "/v1/users/u00/offers", "app").json()["offers"] == []
    assert shown_to(shop, "app%3Anoer") == ([], ["eve"])
    assert not shop.ask("GET", "/v1/users/u00/consent", "app").json()["allowed"]["offers"]
    # Split again the word is the other's alone, and what it took back stays taken back.
    ruling = {"ruling": "rejected", "why": "two people"}
    assert shop.ask("POST", f"/v1/links/{told['number']}/ruling", "admin", json=ruling).status_code == 200
    assert shop.ask("GET", "/v1/users/u00/consent", "app").json()["allowed"]["offers"]
    assert shown_to(shop, "u00") == ([], ["eve"])


def test_no_coupon_is_beside_a_product_of_who_said_no_to_offers_under_any_id(world, monkeypatch):
    monkeypatch.setattr("serving.told.PATIENCE_S", 9.0)

    def offered():
        return [item["product_id"] for item in world.rank(limit=20)["items"] if "offer" in item]

    assert offered()
    references = world.parts.persons.references
    with transaction(world.parts.engine, write=True) as connection:
        say(connection, references, app := references.of("app:noer"), {"offers": False}, "key", micros(NOW))
        take(connection, [link(app, "u00", "login", "session-1", micros(NOW))], "key", micros(NOW))
    world.parts.standing.moved()
    world.parts.persons.moved()
    assert offered() == []
    assert world.rank()["meta"]["fallback"] is None
    assert world.ask("GET", "/v1/users/u00/offers", "app").json()["offers"] == []


def test_an_erasure_is_at_once_and_its_receipt_can_be_read(shop):
    shop.parts.visits = Visits(shop.online, shop.parts.bundle.zones, 512)
    assert shop.ask("POST", "/v1/events", "pos", json={"events": [BOUGHT]}).json()["accepted"] == 1
    for why in ("u00%20asked", "%2B41%2079%20123%2045%2067", "x" * 161, "a%00"):
        answer = shop.ask("DELETE", f"/v1/users/u00?why={why}", "admin")
        assert (answer.status_code, "79 123" in answer.text) == (400, False)
    done = shop.ask("DELETE", "/v1/users/u00?why=by%20letter", "admin")
    receipt = done.json()
    assert (done.status_code, receipt["done_at"]) == (200, None)
    there = {name: n for name, n in receipt["removed"].items() if n}
    assert there == {"coupons": 1, "decisions": 1, "inbox": 1, "online": 1, "withdrawn": 1}
    assert "u00" not in done.text
    assert shop.ask("GET", f"/v1/erasures/{receipt['erasure_id']}", "admin").json() == receipt
    assert shop.ask("GET", "/v1/erasures/other", "admin").status_code == 404
    with shop.parts.engine.connect() as connection:
        whys = connection.exec_driver_sql("SELECT subject, why FROM audit WHERE act = 'user_erased'").all()
    assert whys == [(receipt["erasure_id"], "by letter")]
    assert is_stranger(shop)
    assert shop.ask("GET", "/v1/users/u00", "admin").status_code == 404
    assert shop.ask("GET", "/v1/users/u00/export", "admin").status_code == 404
    assert shop.ask("GET", "/v1/users/u00/offers", "app").json()["offers"] == []
    again = shop.ask("DELETE", "/v1/users/u00", "admin").json()
    assert (again["erasure_id"], again["removed"]) == (receipt["erasure_id"], receipt["removed"])


def test_stale_events_of_the_erased_are_refused_and_later_ones_nobodys(shop):
    shop.ask("DELETE", "/v1/users/u00", "admin")
    shop.parts.clock = lambda: LATE
    later = {**BOUGHT, "occurred_at": (NOW + timedelta(minutes=1)).isoformat()}
    eves = {**BOUGHT, "user_id": "eve"}
    body = {"events": [{**BOUGHT, "event_type": "x"}, BOUGHT, later, eves]}
    taken = shop.ask("POST", "/v1/events", "pos", json=body).json()
    assert (taken["accepted"], [(one["index"], one["code"]) for one in taken["rejected"]]) == (
        2,
        [(0, "invalid_field"), (1, "erased")],
    )
    assert shop.online.user("u00").as_of is None
    with shop.parts.desk.journal.read() as connection:
        bodies = str(connection.exec_driver_sql("SELECT * FROM event_inbox").all())
    assert ("u00" in bodies, "eve" in bodies) == (False, True)


def test_a_push_that_was_under_way_does_not_bring_them_back(shop):
    """The erasure comes between the look at the tombstones and the push."""
    parts = shop.parts
    real, ids = parts.standing.erased, []

    def erased(asked):
        ids.append(set(asked))
        if len(ids) == 1:
            with parts.desk.journal.write() as connection:
                erasing.ask(connection, parts.persons.references, "u00", "key", micros(NOW))
            return {}
        return real(asked)

    parts.standing.erased = erased
    assert shop.ask("POST", "/v1/events", "pos", json={"events": [BOUGHT]}).json()["accepted"] == 1
    assert ids == [{"u00"}, {"u00"}]
    assert shop.online.user("u00").as_of is None


def test_an_export_over_http(shop):
    assert {call.name for call in PRIVACY_CALLS if call.answer in (Export, ErasureCard)} == {
        call.name for call in PRIVACY_CALLS if call.scopes == ("admin",)
    }
    held = shop.ask("GET", "/v1/users/u00/export", "admin").json()
    assert [len(held[name]) for name in ("coupons", "decisions", "entries", "events")] == [1, 1, 1, 0]
    assert held["coupons"][0]["text"]["en"]
    assert held["online"]["profile"]["segment"] == "regular"
    assert held["consent"]["said"] == []


def test_who_cannot_be_asked_is_a_stranger_and_who_was_is_remembered(shop):
    clock = [0.0]
    parts = shop.parts
    standing = Standing(parts.engine, parts.persons.references, "opt-out", lambda: clock[0], shop.online.forget)
    said(shop, offers=False)
    assert standing.allows(("u00",), micros(NOW)) == ALL - {"offers"}
    with parts.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE consent RENAME TO gone")
    assert standing.allows(("u00",), micros(NOW)) == ALL - {"offers"}
    clock[0] = 9.0
    assert standing.allows(("u00",), micros(NOW)) == ALL - {"offers"}
    assert standing.allows(("eve",), micros(NOW)) == NONE


def test_an_event_id_made_of_what_it_says_is_made_anew():
    from serving.events import derived_id

    record = {**dict.fromkeys(COLUMNS), "user_id": "ann", "occurred_at": NOW.isoformat(), "product_id": "tea"}
    made, given = {**record, "event_id": derived_id(record)}, {**record, "event_id": "till-7"}
    stones = {"ann": Tombstone(micros(NOW) - 1, None)}
    kept, refused = living([made, given], stones, [0, 1])
    assert (refused, [one["user_id"] for one in kept]) == ([], [None, None])
    assert kept[0]["event_id"] not in (made["event_id"], None)
    assert kept[1]["event_id"] == "till-7"


def test_files_tell_what_they_hold_of_a_person(tmp_path):
    settings = Settings(home=tmp_path)
    cafe.fill(settings.lake)
    files = Files(settings, ["ann"])
    assert [row["event_id"] for row in files.events()][:2] == ["e01", "e09"]
    assert (files.features(), files.answers(), files.shown(), files.reports()) == ({}, [], [], [])
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "a.json").write_text('{"user": "ann"}')
    (tmp_path / "reports" / "b.html").write_text("<p>channels</p>")
    assert files.reports() == ["a.json"]
    (tmp_path / "inbox").mkdir()
    lines = [",".join(COLUMNS), *(",".join(who if c == "user_id" else "" for c in COLUMNS) for who in ("ann", "bob"))]
    file = tmp_path / "inbox" / "impressions-1-1.csv"
    file.write_text("\n".join(lines) + "\n")
    assert [row["user_id"] for row in files.shown()] == ["ann"]
    assert (unshow(tmp_path, {"ann"}), unshow(tmp_path, {"ann"})) == (1, 0)
    assert (files.shown(), "bob" in file.read_text()) == ([], True)
    nothing = {"user_id": "x", "exported_at": NOW, "consent": {"said": [], "allowed": {}}, "events": []}
    assert is_empty(nothing)
    assert not is_empty({**nothing, "events": [{}]})
