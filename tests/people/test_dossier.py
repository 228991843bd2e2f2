"""What the registry holds of one person, and nothing of anybody else but their kind."""

from datetime import UTC, datetime

import sqlalchemy as sa

from people.directory import stand, stands
from people.dossier import identities, links, moment, who
from people.evidence import link
from people.numbering import Ticket, numbered
from people.registry import rule, take
from people.tables import METADATA

CARD, RECEIPT = "card-" + "0" * 32, "receipt-" + "1" * 32


def opened():
    engine = sa.create_engine("sqlite://")
    METADATA.create_all(engine)
    return engine.connect()


def test_a_file_names_ids_links_and_rulings():
    connection = opened()
    told = [
        link("ann", CARD, "login", "e1", 1),
        link(RECEIPT, "ann", "claim", "receipt", 2),
        link("bob", CARD, "till", "e2", 3),
    ]
    take(connection, told, "test", 9, {RECEIPT: Ticket("soho", "o1")})
    found = who(connection, CARD)
    assert found["user_id"] == "ann"
    assert [(one["reference"], one["kind"], one["order_id"]) for one in found["identities"]] == [
        ("ann", "user", None),
        (CARD, "card", None),
        (RECEIPT, "receipt", "o1"),
    ]
    assert [(one["between"], one["verdict"]) for one in found["links"]] == [
        (["ann", CARD], "joined"),
        (["ann", RECEIPT], "joined"),
        (["user of somebody else", CARD], "two_users"),
    ]
    assert identities(connection, ["nobody"]) == links(connection, ["nobody"]) == []
    assert stand(connection, told[::-1]) == [(3, "two_users", ""), (2, "joined", ""), (1, "joined", "")]
    rule(connection, 3, "rejected", "ada", "two people", 10)
    rule(connection, 3, "", "ada", "perhaps not", 11)
    assert [one["ruling"] for one in links(connection, [CARD])[1]["rulings"]] == ["rejected", "taken back"]
    assert stands(connection, 3) == (3, "two_users", "")
    assert stands(connection, 4) is None


def test_numbers_are_given_once_and_moments_are_utc():
    connection = opened()
    first = numbered(connection, [link("ann", CARD, "login", "e1", 5)], {})
    again = numbered(connection, [link("ann", "bob", "login", "e2", 5)], {})
    assert again["ann"] == first["ann"]
    assert len({*first.values(), *again.values()}) == 3
    assert moment(1_000_002) == datetime(1970, 1, 1, 0, 0, 1, 2, tzinfo=UTC)
