"""`daypart user show` over the tiny world: the service's card, names for its ids, and a look that is written down."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from offers.audit import newest
from offers.database import LedgerError
from river import steps
from river.person_words import sentences
from river.showing import show_user
from settings import Settings
from tests import world

NOW = datetime(2025, 11, 16, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    made = Settings(home=tmp_path_factory.mktemp("home"))
    world.fill(made.lake)
    steps.refresh_features(made, world.END, NOW, lambda *_: None)
    return made


def test_cat_as_known_offline(settings):
    shown = show_user(settings, "cat", "shell:ada", NOW)
    assert (shown.card.n_visits, shown.card.profile["usual_store_id"], shown.card.favourite_product_ids[0]) == (
        7,
        "bund",
        "tea",
    )
    assert (shown.card.profile["n_reviews"], shown.card.profile["mean_stars"]) == (1, 5.0)
    assert shown.card.latest_product_ids[0] == "tea"
    assert (shown.card.profile_as_of, shown.card.features_as_of) == (world.END, world.END)
    told = sentences(shown, "USD", NOW)
    assert told[0].startswith("An active customer since 20 October 2025")
    assert "Has reviewed 1 product, about 5.0 of 5 stars; the latest on 15 November 2025." in told
    assert any("usually at The Bund" in line for line in told)
    assert "Favourites: tea; latte; cookie; mocha." in told


def test_nobody_is_none_and_the_look_is_seen(settings):
    assert show_user(settings, "nobody", "shell:ada", NOW) is None
    with steps.open_desk(settings) as desk, desk.journal.read() as connection:
        last = newest(connection, 1)[0]
    assert (last.act, last.actor, last.at) == ("person_read", "shell:ada", NOW)
    assert "nobody" not in last.subject


def test_without_a_ledger_nobody_is_shown(settings, tmp_path):
    (tmp_path / "ledger.db").write_bytes(b"no database " * 100)
    lost = replace(settings, database_url=f"sqlite:///{tmp_path / 'ledger.db'}")
    with pytest.raises(LedgerError):
        show_user(lost, "cat", "shell:ada", NOW)
