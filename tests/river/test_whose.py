from datetime import UTC, datetime

import pytest

from people.directory import claimed, resolved, version
from people.identity import receipt
from people.secret import References
from river.links import take_links
from river.steps import open_desk
from river.who import rule_link
from river.whose import Whose, moved, unlike, whose
from settings import Settings

NOW = datetime(2026, 3, 2, 13, tzinfo=UTC)


@pytest.fixture
def place(tmp_path):
    settings = Settings(home=tmp_path)
    with open_desk(settings) as desk:
        yield settings, desk, References(settings.identity_secret)


def link(settings, one, other):
    row = {"identity": one, "other": other, "evidence": f"leaflet {len(one)} {len(other)}", "occurred_at": NOW}
    assert take_links(settings, [row], "links.csv", NOW).accepted == 1


def test_every_id_of_a_person_and_their_tickets(place):
    settings, desk, references = place
    link(settings, "card:1", "ann")
    link(settings, receipt("soho", "7"), "card:1")
    card = references.of("card:1")
    with desk.journal.read() as connection:
        found = whose(connection, [card, "zoe"])
        assert found == Whose({card: "ann", "ann": "ann", "zoe": "zoe"}, {("soho", "7"): "ann"})
        by_receipt = whose(connection, [references.of(receipt("soho", "7"))])
        assert by_receipt == Whose({card: "ann", "ann": "ann"}, {("soho", "7"): "ann"})
        assert whose(connection, [references.of(receipt("soho", "8"))]) == Whose({}, {})


def test_whoever_moved_and_whom_they_left_or_joined(place):
    settings, desk, references = place
    link(settings, "card:1", "ann")
    link(settings, "card:2", "zoe")
    card = references.of("card:1")
    with desk.journal.read() as connection:
        before = version(connection)
        assert moved(connection, 0) == {"ann", card, "zoe", references.of("card:2")}
        assert moved(connection, before) == set()
    rule_link(settings, 1, "rejected", "ada", "looked at it", NOW)
    with desk.journal.read() as connection:
        assert moved(connection, before) == {"ann", card}
        assert whose(connection, [card]).person == {card: card}


def test_what_changed_since_it_was_written_down(place):
    settings, desk, references = place
    link(settings, "card:1", "ann")
    with desk.journal.read() as connection:
        people = resolved(connection)
        assert unlike(connection, people, {}) == set()
        assert unlike(connection, {}, {}) == {"ann", references.of("card:1")}
    link(settings, receipt("soho", "7"), "bob")
    with desk.journal.read() as connection:
        assert {"bob"} <= unlike(connection, people, {})
        tickets = {(one.store_id, one.order_id): one.person for one in claimed(connection)}
        assert unlike(connection, resolved(connection), tickets) == set()
