"""Claims beside the lake: what names somebody else isn't claimed by whoever shows the receipt."""

from datetime import UTC, datetime

import pytest

from people.directory import claimed
from people.evidence import link
from people.numbering import Ticket
from people.registry import take
from people.secret import References
from people.telling import claim, micros
from river import steps
from river.contesting import contest_claims
from river.who import claim_receipt, rule_link, waiting
from settings import Settings
from tests import world

NOW = datetime(2025, 11, 16, 12, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path):
    made = Settings(home=tmp_path)
    world.fill(made.lake)
    return made


@pytest.mark.parametrize(
    ("who", "store", "order", "verdict"),
    [
        ("eve", "soho", "o12", "two_users"),
        ("ann", "soho", "o12", "joined"),
        ("eve", "soho", "o15", "joined"),
        ("eve", "bund", "o12", "joined"),
        ("eve", "soho", "o99", "joined"),
    ],
)
def test_at_the_shell_a_claim_is_laid_beside_the_lake_at_once(settings, who, store, order, verdict):
    for _ in range(2):
        assert claim_receipt(settings, who, store, order, "shell:ada", NOW)["verdict"] == verdict
        assert len(waiting(settings)) == (verdict != "joined")


def test_one_over_http_is_by_the_next_refresh_and_an_operator_has_the_last_word(settings):
    references = References(settings.identity_secret)
    shown, tickets = claim(references, "eve", "soho", "o12", NOW)
    shown = shown._replace(source="app")
    with steps.open_desk(settings) as desk:
        with desk.journal.write() as connection:
            take(connection, [shown, link("bob", "bob", "till", "t", 1)], "app-1", micros(NOW), tickets)
            assert claimed(connection) == [("soho", "o12", "eve")]
        assert tickets[shown.right if shown.left == "eve" else shown.left] == Ticket("soho", "o12")
    steps.refresh_features(settings, world.END, NOW, lambda *_: None)
    (waits,) = waiting(settings)
    assert (waits["reason"], waits["source"]) == ("two_users", "app")
    assert rule_link(settings, waits["number"], "accepted", "shell:ada", "paid for both", NOW)["verdict"] == "joined"
    with steps.open_desk(settings) as desk:
        assert contest_claims(settings, desk, NOW) == 0
        with desk.journal.read() as connection:
            assert claimed(connection) == [("soho", "o12", "eve")]


def test_where_nothing_is_claimed_or_nothing_came_in_nothing_is_read(settings, tmp_path):
    for home in (settings, Settings(home=tmp_path / "other")):
        with steps.open_desk(home) as desk:
            assert contest_claims(home, desk, NOW) == 0
