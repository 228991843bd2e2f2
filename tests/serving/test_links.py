"""Who is who over HTTP: told by an app, seen in the next answer, queued where it contradicts, ruled by an operator."""

import json

import pytest

from offers.desk import open_desk
from people import consent as words
from people import erasing
from people.directory import names_of
from people.secret import References
from serving import links
from serving.admitting import micros
from serving.link_calls import LINK_CALLS
from serving.wire_links import LinkCard, LinkQueue, LinksTaken, QueueQuery
from tests.serving.fakes import NOW

CARD, PHONE = "card:4000 1234 5678", "phone:+41 79 123 45 67"
AT = "2026-03-02T13:10:00Z"
BOUGHT = {
    "event_type": "purchase", "occurred_at": "2026-03-02T13:00:00Z", "user_id": CARD, "product_id": "p03",
    "store_id": "s0", "order_id": "o-1",
}  # fmt: skip


def told(world, user_id, *identities, scope="app", **changes):
    rows = [{"identity": one, "evidence": "session-1", "occurred_at": AT, **changes} for one in identities]
    return world.ask("POST", f"/v1/users/{user_id}/links", scope, json={"links": rows})


def of(world, text):
    return world.parts.persons.references.of(text)


def ranked(world, user_id):
    """(products said to be bought before, the fallback) of a person's answer."""
    answer = world.rank(user_id=user_id, limit=20)
    said = {
        item["product_id"]
        for item in answer["items"]
        for reason in item["reasons"]
        if reason["code"] == "bought_before"
    }
    return said, answer["meta"]["fallback"]


def ruled(world, number, ruling, why="asked them", scope="admin"):
    return world.ask("POST", f"/v1/links/{number}/ruling", scope, json={"ruling": ruling, "why": why})


def test_bought_at_the_till_by_card_browsed_in_the_app_linked_and_seen_in_the_next_answer(world):
    assert world.ask("POST", "/v1/events", "pos", json={"events": [BOUGHT]}).json()["accepted"] == 1
    browsed = {"event_type": "view", "occurred_at": AT, "user_id": "app:ann", "product_id": "p05"}
    assert world.ask("POST", "/v1/events", "app", json={"events": [browsed]}).json()["accepted"] == 1
    assert ranked(world, "app:ann") == (set(), "cold_start")
    done = told(world, "app%3Aann", CARD, "device:42")
    assert done.status_code == 200, done.text
    body = done.json()
    assert (body["user_id"], body["accepted"], body["duplicates"], body["rejected"]) == (of(world, "app:ann"), 2, 0, [])
    assert [(one["index"], one["verdict"]) for one in body["links"]] == [(0, "joined"), (1, "joined")]
    assert ranked(world, "app:ann") == ({"p03"}, None)
    held = world.ask("GET", "/v1/users/app%3Aann/export", "admin").json()
    assert held["online"]["history"]["product_ids"] == ["p03"]
    # And the other way round: what the app's account buys is the card's.
    mobile = {
        **BOUGHT,
        "user_id": "app:ann",
        "product_id": "p07",
        "occurred_at": "2026-03-02T13:20:00Z",
        "order_id": "o-2",
    }
    world.ask("POST", "/v1/events", "app", json={"events": [mobile]})
    assert ranked(world, CARD) == ({"p03", "p07"}, None)
    # A split takes them apart at once; what came in meanwhile is the name's until features are reckoned again.
    assert ruled(world, body["links"][0]["number"], "rejected").json()["verdict"] == "rejected"
    assert (ranked(world, CARD)[0], ranked(world, "app:ann")[0]) == ({"p03"}, {"p07"})


def test_the_same_evidence_again_changes_nothing(world):
    first = told(world, "ann", CARD).json()
    again = told(world, "ann", CARD.replace(" ", "-")).json()
    assert (first["accepted"], again["accepted"], again["duplicates"]) == (1, 0, 1)
    assert again["links"] == first["links"]
    with world.parts.engine.connect() as connection:
        acts = connection.exec_driver_sql("SELECT act, actor FROM identity_audit WHERE act = 'link'").all()
    assert [act.actor.split("-")[0] for act in acts] == ["app"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"identity": "phone:none"}, "bad_identity"),
        ({"identity": "+41 79 123 45 67"}, "bad_identity"),
        ({"identity": "4111111111111111"}, "bad_identity"),
        ({"identity": " card:1"}, None),
        ({"identity": " x"}, "bad_identity"),
        ({"occurred_at": "1989-12-31T23:59:59Z"}, "too_early"),
        ({"occurred_at": "2026-03-03T13:30:00Z"}, None),
        ({"occurred_at": "2026-03-03T13:30:01Z"}, "too_late"),
    ],
)
def test_a_bad_link_is_named_and_its_neighbour_taken(world, changes, code):
    good = {"identity": "device:1", "evidence": "e", "occurred_at": AT}
    done = world.ask("POST", "/v1/users/ann/links", "app", json={"links": [{**good, **changes}, good]})
    assert done.status_code == 200, done.text
    body = done.json()
    if code is None and changes.get("identity") != " card:1":
        assert body["rejected"] == []
    else:
        assert [(one["index"], one["code"]) for one in body["rejected"]] == [(0, code or "bad_identity")]
    assert body["links"][-1]["index"] == 1
    assert not any(trace in done.text for trace in ("79 123", "4111"))


@pytest.mark.parametrize(
    "body",
    [
        {"links": []},
        {"links": [{"identity": "card:1", "evidence": "e"}]},
        {"links": [{"identity": "card:1", "evidence": "e", "occurred_at": "2026-03-02T13:10:00"}]},
        {"links": [{"identity": "card:1", "evidence": "+41 79 123 45 67", "occurred_at": AT}]},
        {"links": [{"identity": f"card:{n}", "evidence": "e", "occurred_at": AT} for n in range(101)]},
        {"links": [{"identity": "card:1", "evidence": "e", "occurred_at": AT, "source": "operator"}]},
    ],
)
def test_what_is_no_request_is_a_400(world, body):
    assert world.ask("POST", "/v1/users/ann/links", "app", json=body).status_code == 400


def test_a_receipt_is_claimed_once_and_a_second_claim_waits_for_a_ruling(world):
    first = told(world, "ann", "receipt:s0/o-9", "receipt:s0").json()
    assert [(one["index"], one["verdict"]) for one in first["links"]] == [(0, "joined")]
    assert first["rejected"][0]["code"] == "bad_identity"
    second = told(world, "card%3A1", "receipt:s0/o-9", evidence="session-2", occurred_at="2026-03-02T13:11:00Z").json()
    assert second["links"][0]["verdict"] == "claimed_twice"
    waits = world.ask("GET", "/v1/links/queue", "admin").json()
    assert (waits["n_waiting"], waits["next_after"]) == (1, None)
    (link,) = waits["links"]
    assert (link["reason"], link["source"], link["evidence"]) == ("claimed_twice", "app", "session-2")
    assert link["occurred_at"] == "2026-03-02T13:11:00Z"
    assert {link["left_person"], link["right_person"]} == {"ann", of(world, "card:1")}
    with world.parts.engine.connect() as connection:
        assert connection.exec_driver_sql(
            "SELECT store_id, order_id FROM identities WHERE order_id IS NOT NULL"
        ).all() == [("s0", "o-9")]
    done = ruled(world, link["number"], "accepted").json()
    assert done == {"number": link["number"], "verdict": "joined", "ruling": "accepted"}


@pytest.mark.parametrize("stated", ["1990-01-02T00:00:00Z", "2026-03-02T13:09:59Z", AT, "2026-03-03T13:30:00Z"])
@pytest.mark.parametrize(
    ("theirs", "reason"), [("bob", "two_apps"), (CARD, "two_apps"), ("receipt:s0/o-9", "two_apps"), (PHONE, "two_apps")]
)
def test_by_no_moment_it_states_a_link_takes_what_stands(world, stated, theirs, reason):
    first = told(world, "app:ann", theirs).json()
    card = told(world, "app:eve", theirs, occurred_at=stated, evidence="session-2").json()["links"][0]
    assert (first["links"][0]["verdict"], card["verdict"]) == ("joined", reason)
    (waits,) = world.ask("GET", "/v1/links/queue", "admin").json()["links"]
    assert (waits["number"], waits["occurred_at"]) == (card["number"], stated)
    with world.parts.engine.connect() as connection:
        mine, eves = (set(names_of(connection, of(world, who))) for who in ("app:ann", "app:eve"))
    assert (mine, eves) == ({of(world, "app:ann"), of(world, theirs)}, {of(world, "app:eve")})
    # Retried, it is the same link, and an operator's word is what moves it.
    again = told(world, "app:eve", theirs, occurred_at=stated, evidence="session-2").json()
    assert (again["duplicates"], again["links"][0]) == (1, card)
    assert ruled(world, card["number"], "accepted").json()["verdict"] == "joined"


def test_the_queue_is_told_in_pages(world):
    for n, who in enumerate(("bob", "cat", "dan")):
        told(world, who, CARD, occurred_at=f"2026-03-02T13:1{n}:00Z")
    first = world.ask("GET", "/v1/links/queue?limit=1", "admin").json()
    assert (len(first["links"]), first["n_waiting"], first["next_after"]) == (1, 2, first["links"][0]["number"])
    rest = world.ask("GET", f"/v1/links/queue?after={first['next_after']}", "admin").json()
    assert (len(rest["links"]), rest["next_after"]) == (1, None)
    assert {row["reason"] for row in first["links"] + rest["links"]} == {"two_users"}
    assert world.ask("GET", "/v1/links/queue?limit=0", "admin").status_code == 400


def test_a_ruling_is_audited_with_who_and_why_and_names_nobody(world):
    number = told(world, "ann", CARD).json()["links"][0]["number"]
    for ruling, verdict in (("rejected", "rejected"), ("none", "joined"), ("accepted", "joined")):
        assert ruled(world, number, ruling).json()["verdict"] == verdict
    with world.parts.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT act, subject, actor, why, detail FROM audit ORDER BY seq").all()
    rows = [row for row in rows if row.act == "link_ruled"]
    assert [json.loads(row.detail)["ruling"] for row in rows] == ["rejected", "", "accepted"]
    assert {(row.subject, row.why, row.actor.split("-")[0]) for row in rows} == {(str(number), "asked them", "admin")}
    for why in ("ann said so", "called 079 123 45 67"):
        answer = ruled(world, number, "rejected", why)
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_ruling")
    assert ruled(world, number, "rejected", "").status_code == 400
    assert [ruled(world, other, "accepted").status_code for other in (number + 1, "x", "9" * 30, "%C2%B2")] == [404] * 4


def test_the_erased_are_linked_to_nobody_until_they_come_back(world):
    parts, references = world.parts, world.parts.persons.references
    parts.desk = open_desk(parts.settings.ledger_url)
    told(world, "ann", CARD)
    world.ask("DELETE", "/v1/users/ann", "admin")
    for user_id, identity in (("ann", PHONE), ("bob", CARD), ("ann", "device:1")):
        body = told(world, user_id, identity, occurred_at="2026-03-02T13:40:00Z").json()
        assert ([one["code"] for one in body["rejected"]], body["links"]) == (["erased"], [])
    with parts.engine.begin() as connection:
        words.say(connection, references, "ann", {"recommend": True}, "test", micros(NOW))
    assert told(world, "ann", PHONE, occurred_at="2026-03-02T13:40:00Z").json()["accepted"] == 1
    with parts.engine.connect() as connection:
        assert names_of(connection, "ann") == ["ann", of(world, PHONE)]
        assert len(erasing.under_way(connection)) == 1
    parts.desk.journal.close()


def test_the_document_says_the_same_as_the_table(world):
    assert {call.name for call in LINK_CALLS} == {"user_links", "links_queue", "link_ruling"}
    assert {call.answer for call in LINK_CALLS} == {LinksTaken, LinkQueue, LinkCard}
    assert {call.handler for call in LINK_CALLS} == {links.links, links.waiting, links.ruling}
    assert QueueQuery().limit == 100
    assert isinstance(world.parts.persons.references, References)
