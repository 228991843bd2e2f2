"""A person is one whatever they are called by, and what they are called by in the clear stays outside."""

import logging
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from offers.database import LedgerError, transaction
from people.directory import names_of
from people.evidence import link
from people.identity import kind_of
from people.numbering import Ticket
from people.registry import rule, take
from people.telling import claim
from serving.asked import Asked
from serving.identified import in_references
from serving.inbox import pending
from serving.persons import FRESH_S, Persons
from serving.wire import RecommendationAsk
from tests.offers.desk_world import AT, PLANNED, SOHO, ask, campaign, code_of, decision
from tests.serving.fakes import NOW, Clock, known, offer

CARD, PHONE = "card:4000 1234 5678", "phone:+41 79 123 45 67"
BOUGHT = {"event_type": "purchase", "occurred_at": "2026-03-02T13:00:00Z", "user_id": CARD, "product_id": "p01"}


def told(world, one, other, day=1):
    """Link two in the registry behind the world, and let a moment pass."""
    persons = world.parts.persons
    made = link(persons.references.of(one), persons.references.of(other), "login", f"{one} {other}"[:8], day)
    with transaction(world.parts.engine, write=True) as connection:
        take(connection, [made], "test", day)
    persons._until = -1.0


def everything(engine):
    """All text of every table."""
    found = []
    with transaction(engine, write=False) as connection:
        for name in sa.inspect(connection).get_table_names():
            found += [str(row) for row in connection.exec_driver_sql(f"SELECT * FROM {name}")]
    return "\n".join(found)


def test_an_event_is_kept_under_a_reference_and_nothing_else(world, caplog):
    caplog.set_level(logging.DEBUG)
    sent = [
        BOUGHT,
        {**BOUGHT, "user_id": "card:4000-1234-5678"},
        {**BOUGHT, "user_id": "phone:secret"},
        {**BOUGHT, "user_id": PHONE},
    ]
    body = world.ask("POST", "/v1/events", "app", json={"events": sent}).json()
    assert (body["accepted"], body["duplicates"]) == (2, 1)  # the same card, written otherwise, is the same event
    assert [(one["index"], one["code"]) for one in body["rejected"]] == [(2, "bad_identity")]
    assert "secret" not in body["rejected"][0]["detail"]
    users = [record["user_id"] for _, record in pending(world.parts.engine, 10)]
    assert sorted(map(kind_of, users)) == ["card", "phone"]
    kept = everything(world.parts.engine) + caplog.text + str(world.online.users)
    traces = ("4000 1234", "40001234", "4000-1234", "79 123", "791234567")
    assert [trace for trace in traces if trace in kept] == []


def test_what_a_card_bought_is_the_apps_once_they_are_linked(world):
    told(world, "ann", CARD)
    world.ask("POST", "/v1/events", "pos", json={"events": [BOUGHT]})
    assert world.online.users["ann"].history.n_visits == 1
    for name in ("ann", CARD, world.parts.persons.references.of(CARD)):
        answer = world.rank(user_id=name, limit=6)
        assert answer["meta"]["fallback"] is None, name
    assert world.rank(user_id=PHONE)["meta"]["fallback"] == "cold_start"


def test_a_wallet_holds_the_coupons_of_every_id(world, monkeypatch):
    asked = []
    coupons = {"ann": [offer("ABCD")], world.parts.persons.references.of(CARD): [offer("EFGH")]}

    def wallet(user_id, now):
        asked.append(user_id)
        return coupons.get(user_id, [])

    monkeypatch.setattr(world.desk, "wallet", wallet)
    told(world, "ann", CARD)
    told(world, "ann", "receipt:s0/o1", 2)
    for name in ("ann", "card%3A400012345678"):
        answer = world.ask("GET", f"/v1/users/{name}/offers", "app").json()
        assert answer["user_id"] == "ann"
        assert len(answer["offers"]) == 2
    assert set(asked) == set(coupons)  # nobody asks for a receipt's coupons
    world.online.users["ann"] = known(world.online.users["u00"].history, {})
    assert world.ask("GET", "/v1/users/card%3A400012345678", "admin").json()["n_open_offers"] == 2


@pytest.mark.parametrize("path", ["/v1/users/phone%3Asecret/offers", "/v1/users/mail%3Asecret"])
def test_what_cannot_be_an_identity_is_a_400_that_does_not_repeat_it(world, path):
    answer = world.ask("GET", path, "app" if path.endswith("offers") else "admin")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_identity")
    assert "secret" not in answer.text
    body = world.ask("POST", "/v1/recommendations", "app", json={"user_id": "card:--"})
    assert (body.status_code, body.json()["code"]) == (400, "bad_identity")


def test_the_till_may_name_the_person_by_any_of_their_ids(world, monkeypatch):
    told(world, "ann", CARD)
    monkeypatch.setattr(world.parts.persons, "owner", lambda code: world.parts.persons.references.of(CARD))
    reference = world.parts.persons.references.of(CARD)
    for name, wanted in (
        ("ann", reference),
        (CARD, reference),
        ("bob", "bob"),
        (PHONE, world.parts.persons.references.of(PHONE)),
    ):
        world.ask("POST", "/v1/coupons/ABCD/validate", "pos", json={"user_id": name})
        assert world.desk.asked[-1][2].user_id == wanted
    monkeypatch.setattr(world.parts.persons, "owner", lambda code: "eve")
    world.ask("POST", "/v1/coupons/ABCD/validate", "pos", json={"user_id": CARD})
    assert world.desk.asked[-1][2].user_id == "ann"


def test_a_real_coupon_is_redeemed_by_the_person_under_another_id(world):
    from offers.desk import Desk
    from offers.journal import Journal

    desk = Desk(Journal(world.parts.settings.ledger_url))
    desk.open(campaign(), [SOHO], PLANNED)
    card = world.parts.persons.references.of(CARD)
    desk.issue("c", [decision(card), decision("bob")], PLANNED)
    code = code_of(desk, card)
    assert world.parts.persons.owner(code) == card
    assert desk.validate(code, ask(user_id="ann"), AT).body["reason"] == "wrong_user"
    told(world, "ann", CARD)
    assert world.parts.persons.names("ann") == ("ann", card)
    assert desk.redeem(code, ask(user_id=world.parts.persons.owner(code)), "k", AT).ok
    desk.journal.close()


def test_memory_answers_until_it_is_old_and_the_registry_has_moved(world):
    clock = Clock()
    persons = Persons(world.parts.engine, world.parts.persons.references, clock)
    assert persons.recall("ann") is None
    assert persons.names("ann") == ("ann",)
    assert persons.recall("bob") == ("bob",)  # nobody is known by two ids
    told(world, "ann", "bob2")
    told(world, "ann", CARD)
    assert persons.names("ann") == ("ann",)
    clock.now_s += FRESH_S
    assert persons.recall("ann") is None
    assert persons.names("ann") == ("ann", persons.references.of(CARD))
    assert persons.recall("bob") is None
    assert persons.recall("ann") == persons.names("ann")


def test_a_ledger_that_is_down_leaves_people_as_they_were(world, monkeypatch):
    clock = Clock()
    persons = Persons(world.parts.engine, world.parts.persons.references, clock)
    told(world, "ann", CARD)
    before = persons.names("ann")

    def down(*args, **more):
        raise LedgerError("down")

    monkeypatch.setattr("serving.persons.transaction", down)
    clock.now_s += FRESH_S
    assert persons.names("ann") == before
    assert persons.names("eve") == ("eve",)
    assert world.rank(user_id="u00")["meta"]["fallback"] is None


def test_a_split_is_seen_as_soon_as_a_merge(world):
    told(world, "ann", CARD)
    card = world.parts.persons.references.of(CARD)
    assert world.parts.persons.names(card)[0] == "ann"
    with transaction(world.parts.engine, write=True) as connection:
        rule(connection, 1, "rejected", "ada", "not hers", 3)
    world.parts.persons._until = -1.0
    assert world.parts.persons.names(card) == (card,)


def test_threads_that_ask_at_once_are_told_alike(world):
    told(world, "ann", CARD)
    found = []
    threads = [threading.Thread(target=lambda: found.append(world.parts.persons.names("ann"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_claimed_receipt_is_no_name(world):
    made, tickets = claim(world.parts.persons.references, "ann", "s0", "o1", NOW - timedelta(days=1))
    with transaction(world.parts.engine, write=True) as connection:
        take(connection, [made], "test", 1, tickets)
        assert names_of(connection, "ann") == ["ann", made.right]
    assert tickets[made.right] == Ticket("s0", "o1")
    world.parts.persons._until = -1.0
    assert world.parts.persons.names("ann") == ("ann",)


def test_a_request_without_identities_is_handed_on_as_it_is(world):
    def asked(body, **path):
        return Asked(world.parts, None, path, None, body, {}, "", NOW)

    for plain in (
        asked(None),
        asked(RecommendationAsk(user_id="ann"), user_id="bob"),
        asked(RecommendationAsk(anonymous_id="x")),
    ):
        assert in_references(plain) is plain
    made = in_references(asked(RecommendationAsk(user_id=CARD), user_id=PHONE))
    assert (kind_of(made.body.user_id), kind_of(made.path["user_id"])) == ("card", "phone")
