"""What was known of users at a moment: folded from lines, and joined in time by the feature store, say the same."""

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import polars as pl
import pytest

from settings import Settings
from tests import world
from training.cases import FEATURES, SERVICE, Known, prepare, served, taken_by
from training.sales import coded, sales

MOMENT = datetime(2025, 11, 3, 5, tzinfo=UTC)
USERS = ["ann", "bob", "cat", "dan", "eve"]


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """The world's lake with features as of the end, and as prepared for training at `MOMENT`."""
    from training import features

    settings = Settings(home=tmp_path_factory.mktemp("home"))
    world.fill(settings.lake)
    features.compute(settings, world.END)
    prepare(settings, [MOMENT], lambda what, done, total: None)
    return settings


def known(before):
    return Known(coded(sales(world.events().filter(pl.col.occurred_at < before).lazy(), world.stores())))


def same(one, other):
    assert (one.user_id, one.store_id) == (other.user_id, other.store_id)
    assert one.history.product_ids == other.history.product_ids
    assert one.history.n_visits == other.history.n_visits
    for name in ("counts", "decayed", "last_visit", "last_at_s"):
        np.testing.assert_allclose(getattr(one.history, name), getattr(other.history, name), rtol=1e-6)


def test_what_the_store_serves_at_a_moment_is_what_folding_up_to_it_gives(settings):
    joined, folded = served(settings, USERS, MOMENT), known(MOMENT).cases(USERS, 512, MOMENT)
    for one, other in zip(joined, folded, strict=True):
        same(one, other)
        assert one.at_s == other.at_s == int(MOMENT.timestamp())
    assert joined[0].history.n_visits == 2, "ann's later lattes are not known yet"
    assert len(joined[3].history) == len(joined[4].history) == 0, "dan comes later, eve never"


def test_a_moment_without_its_snapshot_finds_an_older_one_never_a_later(settings):
    week = MOMENT + timedelta(days=7)
    later = served(settings, USERS, week)
    for one, other in zip(later, served(settings, USERS, MOMENT), strict=True):
        same(one, other)
        assert one.at_s == int(week.timestamp()), "what was known is older than the moment asked about"
    assert all(len(case.history) == 0 for case in served(settings, USERS, datetime(2025, 10, 1, tzinfo=UTC)))


def test_the_join_reads_the_service_by_its_name(settings):
    from training.feast_store import open_store

    service = open_store(settings).get_feature_service(SERVICE)
    offered = {feature.name for view in service.feature_view_projections for feature in view.features}
    assert set(FEATURES) <= offered


def test_usual_stores_weigh_recent_visits_more():
    rows = [
        ("u", "a", "old", 1),
        ("u", "a", "old", 2),
        ("u", "a", "new", 90),
        ("u", "a", "new", 91),
        ("v", "a", None, 5),
    ]
    events = pl.DataFrame(rows, schema=["user_id", "product_id", "store_id", "day"], orient="row")
    events = events.with_columns(occurred_at=pl.lit(MOMENT) + pl.duration(days="day"))
    cases = Known(sales(events.lazy())).cases(["u", "v", "nobody"], None)
    assert [case.store_id for case in cases] == ["new", None, None]
    assert [len(case.history) for case in cases] == [1, 1, 0]


def test_folded_cases_are_asked_right_after_the_last_visit_unless_a_moment_is_given():
    lines = known(MOMENT)
    assert {case.at_s for case in lines.cases(USERS, 512)} == {None}
    local = MOMENT.astimezone(timezone(timedelta(hours=-5)))
    assert {case.at_s for case in lines.cases(USERS, 512, local)} == {int(MOMENT.timestamp())}


def test_a_limit_keeps_what_was_bought_most():
    whole, bounded = (known(world.END).cases(["ann"], limit)[0].history for limit in (None, 1))
    assert len(whole) > len(bounded) == 1
    assert bounded.decayed[0] == whole.decayed.max()
    assert bounded.n_visits == whole.n_visits


def test_taken_by_gathers_baskets_users_ascending():
    targets = pl.DataFrame({"user_id": ["v", "u", "v"], "product_id": ["a", "b", "c"]})
    assert list(taken_by(targets).items()) == [("u", frozenset("b")), ("v", frozenset("ac"))]
