"""What the lake refused of an event that was accepted, and pushed, leaves nothing online."""

from datetime import datetime, timedelta

import polars as pl
import pytest

from embedded import lease_online_store
from embedded.online_rows import ids_of
from models.history import History
from offers.journal import Journal
from river.followed import catch_up
from river.refreshing import refresh_features
from river.unsupported import drop_empty, unsupported
from serving.history_kind import history_rows
from serving.inbox import take
from serving.tables import prepare
from settings import Settings
from tests.suites.online_world import online_world
from tests.training.test_held import AT, line
from training.lake import append_events

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    settings = Settings(home=tmp_path_factory.mktemp("unsupported"))
    with online_world(settings):
        append_events(settings.lake, pl.DataFrame([lake_line("filed", user="ann", product="tea")]))
        yield settings


def lake_line(name, **said):
    told = line(name, **said)
    return {**told, "occurred_at": datetime.fromisoformat(told["occurred_at"])}


def refresh(settings, through=AT + HOUR):
    refresh_features(settings, through, AT + HOUR, lambda *_: None)


def accept(settings, *records):
    """As the service does: into the inbox, then online."""
    journal = Journal(settings.ledger_url)
    prepare(journal.engine)
    take(journal.engine, records, AT)
    journal.close()
    for record in records:
        push(settings, record["user_id"], record["product_id"])


def push(settings, name, product):
    at_s = int((AT + 3 * HOUR).timestamp())
    change(settings, name, lambda _, stood: History.of([product, *stood.product_ids], [1.0] * (1 + len(stood)),
        [1.0] * (1 + len(stood)), [9] * (1 + len(stood)), [at_s] * (1 + len(stood)), 9))  # fmt: skip


def change(settings, name, how):
    with lease_online_store(settings) as store:
        history_rows(settings, store).change([name], how)


def online(settings, name):
    """Products; None where there is no row."""
    found = []
    change(settings, name, lambda _, stood: found.append(stood) or stood)
    with lease_online_store(settings) as store:
        return found[0].product_ids if history_rows(settings, store).told_of([name]) else None


def test_a_refused_event_leaves_no_row_and_whoever_had_one_has_it_as_reckoned(settings):
    stood = online(settings, "bob")
    other = [line("filed", user=user, product="mocha") for user in ("ghost", "bob")]
    # Two clash with the file's; one is good, and of somebody as new.
    accept(settings, other[0], line("fresh", user="newbie", product="latte"))
    accept(settings, {**other[1], "event_id": "filed2"})
    append_events(settings.lake, pl.DataFrame([lake_line("filed2", user="ann", product="tea")]))
    assert (online(settings, "ghost"), "mocha" in online(settings, "bob")) == (("mocha",), True)
    refresh(settings)
    assert online(settings, "ghost") is None
    assert online(settings, "bob") == stood
    assert online(settings, "newbie") == ("latte",)
    assert len(list(settings.lake.glob("event_ids-*.npy"))) == 1
    with lease_online_store(settings) as store:
        assert "ghost" not in ids_of(settings, store, "user_id")


def test_what_no_snapshot_knows_stays_where_the_lake_or_the_inbox_does_and_goes_where_nothing_does(settings):
    append_events(settings.lake, pl.DataFrame([lake_line("late", user="lou", product="tea")]))
    accept(settings, line("wait", user="zoe", product="none yet"))
    push(settings, "lou", "tea")
    # One that a run left which was killed before it came here.
    push(settings, "casper", "tea")
    assert "casper" in unsupported(settings, AT - HOUR)
    refresh(settings, AT - HOUR)
    assert (online(settings, "lou"), online(settings, "zoe")) == (("tea",), ("none yet",))
    assert online(settings, "casper") is None
    assert "casper" not in unsupported(settings, AT - HOUR)


def test_a_lake_that_is_not_held_in_memory_is_asked_who_has_bought(settings, monkeypatch):
    monkeypatch.setattr("training.held.MOST_ROWS", 0)
    stood = online(settings, "bob")
    for user in ("casper", "bob", "zoe"):
        push(settings, user, "mocha")
    adrift = unsupported(settings, AT - HOUR)
    assert {"casper", "lou", "zoe"} <= adrift
    assert "bob" not in adrift
    assert catch_up(settings, AT - HOUR, {*adrift, "bob"}) == 0
    assert drop_empty(settings, adrift) == 1
    assert (online(settings, "casper"), online(settings, "lou")) == (None, ("tea",))
    assert online(settings, "zoe") == ("mocha", "none yet")
    assert len(online(settings, "bob")) >= len(stood)


def test_a_history_that_says_something_is_not_dropped(settings):
    push(settings, "moe", "tea")
    assert drop_empty(settings, ["moe", "nobody"]) == 0
    change(settings, "moe", lambda *_: History.empty())
    assert online(settings, "moe") == ()
    assert drop_empty(settings, ["moe"]) == 1
    assert (online(settings, "moe"), drop_empty(settings, [])) == (None, 0)
