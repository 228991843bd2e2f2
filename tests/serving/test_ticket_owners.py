"""A receipt whose purchase names somebody else isn't claimed by whoever shows it: the claim waits."""

import pytest

from people.numbering import Ticket
from serving.ticket_owners import owners
from tests.serving.test_links import BOUGHT, told


def bought(world, **changes):
    event = {**BOUGHT, "user_id": "u-owner", "order_id": "o-7", "event_id": "e-o-7", **changes}
    event = {name: value for name, value in event.items() if value is not None}
    answer = world.ask("POST", "/v1/events", "pos", json={"events": [event]})
    assert answer.json()["accepted"] == 1, answer.text


@pytest.mark.parametrize(
    ("changes", "claimed", "verdict"),
    [
        ({}, "receipt:s0/o-7", "claimed_twice"),
        ({"user_id": "card:55"}, "receipt:s0/o-7", "claimed_twice"),
        ({"user_id": None}, "receipt:s0/o-7", "joined"),
        ({"user_id": "app:ann"}, "receipt:s0/o-7", "joined"),
        ({"event_type": "refund"}, "receipt:s0/o-7", "joined"),
        ({}, "receipt:s1/o-7", "joined"),
        ({}, "receipt:s0/o-8", "joined"),
        ({"order_id": 'o-"7%'}, 'receipt:s0/o-"7%', "claimed_twice"),
    ],
)
def test_a_ticket_that_names_another_is_not_taken(world, changes, claimed, verdict):
    bought(world, **changes)
    for _ in range(2):
        answer = told(world, "app:ann", claimed, occurred_at="1990-01-02T00:00:00Z").json()
        assert [one["verdict"] for one in answer["links"]] == [verdict]
    waits = world.ask("GET", "/v1/links/queue", "admin").json()
    assert waits["n_waiting"] == (verdict != "joined")


def test_their_own_claim_is_theirs_and_an_operator_decides(world):
    bought(world)
    waits = told(world, "app:ann", "receipt:s0/o-7").json()["links"][0]
    assert told(world, "u-owner", "receipt:s0/o-7", evidence="s2").json()["links"][0]["verdict"] == "joined"
    ruling = {"ruling": "accepted", "why": "paid for both"}
    done = world.ask("POST", f"/v1/links/{waits['number']}/ruling", "admin", json=ruling).json()
    assert done["verdict"] == "joined"
    with world.parts.engine.connect() as connection:
        assert owners(connection, {}, []) == []
        ticket = {"receipt-1": Ticket("s0", "o-7")}
        assert [one.evidence for one in owners(connection, ticket, ["zoe"])] == ["e-o-7"]
        assert owners(connection, ticket, ["u-owner"]) == []
