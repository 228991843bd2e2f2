"""Two ids become one person and two again, through the registry, the lake, the features and the online store."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from embedded import lease_online_store
from people.secret import References
from river import steps
from river.links import take_links
from river.persons import forget_aliases, settle_persons
from river.showing import show_user
from river.who import rule_link, waiting
from serving.online import RedisOnline
from settings import Settings
from tests import world
from training.lake import read_events
from training.persons import aliases

NOW = datetime(2025, 11, 16, 12, tzinfo=UTC)
SEEN = datetime(2025, 11, 1, 8, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path):
    made = Settings(home=tmp_path)
    world.fill(made.lake)
    return made


def linked(settings, *pairs, seen_at=SEEN):
    rows = [
        {"identity": one, "other": other, "evidence": f"row {n}", "occurred_at": seen_at}
        for n, (one, other) in enumerate(pairs)
    ]
    return take_links(settings, rows, "links.csv", NOW)


def settled(settings):
    with steps.open_desk(settings) as desk:
        settle_persons(settings, desk)
    return dict(read_events(settings.lake).collect()["user_id"].drop_nulls().value_counts().iter_rows())


def online(settings, user):
    """Visits in the online row of an id as it stands, whoever it is."""
    with lease_online_store(settings) as store:
        return RedisOnline(settings, store).user(user).history.n_visits


def shown(settings, *users):
    found = (show_user(settings, user, "shell:ada", NOW) for user in users)
    return [(True, one.card.n_visits) if one else (False, 0) for one in found]


def test_a_merge_moves_history_features_and_online_rows_and_a_split_moves_them_back(settings):
    def refresh(hours):
        steps.refresh_features(settings, world.END + timedelta(hours=hours), NOW, lambda *_: None)
        return shown(settings, "ann", "bob", "cat")

    def in_features():
        file = pl.read_parquet(settings.features / "user_history.parquet")
        return set(file["user_id"])

    before = refresh(0)
    assert all(known for known, _ in before)
    # Two accounts of the merchant wait until somebody has looked.
    assert (linked(settings, ("ann", "bob")).waiting, refresh(1)) == (1, before)
    (link,) = waiting(settings)
    rule_link(settings, link["number"], "accepted", "ada", "asked them", NOW)
    assert waiting(settings) == []
    assert steps.verify_ledger(settings)["differences"] == []
    merged = refresh(2)
    whole = (True, before[0][1] + before[1][1])
    assert merged == [whole, whole, before[2]]
    assert (online(settings, "ann"), online(settings, "bob")) == (whole[1], 0)
    assert in_features() == {"ann", "cat", "dan"}
    rule_link(settings, link["number"], "rejected", "ada", "two people after all", NOW)
    assert refresh(3) == before
    assert online(settings, "bob") == before[1][1]
    assert in_features() == {"ann", "bob", "cat", "dan"}


def test_bad_links_are_named_and_the_others_go_in(settings):
    taken = linked(
        settings, ("phone:+41 79 123 45 67", "ann"), ("phone:none", "bob"), ("card:7", "ann"), ("card:7", "")
    )
    assert (taken.accepted, taken.duplicates, taken.waiting) == (2, 0, 0)
    assert taken.refused == [(2, "identity", "bad_identity"), (4, "other", "missing")]
    again = linked(settings, ("phone:0041791234567", "ann"), ("card:7", "ann"))
    assert (again.accepted, again.duplicates) == (1, 1)  # the card stands in another row of the table now
    late = linked(settings, ("card:8", "ann"), seen_at=SEEN.replace(tzinfo=None))
    assert late.refused == [(1, "occurred_at", "naive_time")]


def test_links_by_the_thousand_go_in_batches(settings, monkeypatch):
    monkeypatch.setattr("river.links._BATCH", 3)
    taken = linked(settings, *((f"device:{n}", "ann") for n in range(7)))
    assert (taken.accepted, taken.duplicates) == (7, 0)


def test_a_claimed_receipt_counts_for_its_person(settings):
    ticket = world.events().filter(pl.col.user_id.is_null()).row(0, named=True)
    before = settled(settings)
    linked(settings, ("dan", f"receipt:{ticket['store_id']}/{ticket['order_id']}"))
    after = settled(settings)
    assert after == {**before, "dan": before["dan"] + 1}
    card = References(settings.identity_secret).of("card:9")
    linked(settings, (f"receipt:{ticket['store_id']}/{ticket['order_id']}", "card:9"), seen_at=SEEN + timedelta(days=1))
    assert settled(settings) == after
    (link,) = waiting(settings)
    assert (link["reason"], {link["left_person"], link["right_person"]}) == ("claimed_twice", {"dan", card})


def test_nobody_linked_is_nothing_changed(settings):
    before = dict(read_events(settings.lake).collect()["user_id"].drop_nulls().value_counts().iter_rows())
    assert settled(settings) == before
    assert (aliases(settings.lake), forget_aliases(settings)) == ([], 0)


def test_verify_looks_at_who_is_who_too(settings):
    linked(settings, ("card:7", "ann"))
    with steps.open_desk(settings) as desk, desk.journal.write() as connection:
        connection.exec_driver_sql("UPDATE identities SET person = number")
    (told, again) = steps.verify_ledger(settings)["differences"]
    assert "by the evidence" in told
    assert "by the audit" in again
