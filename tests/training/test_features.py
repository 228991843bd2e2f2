"""Snapshots, registry, online store, and joins that never see the future."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from embedded import lease_online_store
from embedded.filled import Filled, filling
from settings import Settings
from tests import world
from training import features
from training.errors import FeatureError
from training.feast_store import open_store
from training.lake import append_events

US = timedelta(microseconds=1)
MOMENTS = (datetime(2025, 10, 27, tzinfo=UTC), world.MIDDLE, world.END)


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """The world with three snapshots, declared, and an online store that lives as long as the module."""
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    world.fill(settings.lake)
    with lease_online_store(settings):
        features.compute(settings, world.END, MOMENTS)
        features.apply(settings)
        yield settings


@pytest.fixture
def fresh(tmp_path):
    """The world's lake alone."""
    settings = Settings(home=tmp_path)
    world.fill(settings.lake)
    return settings


def rows(settings, view, at):
    frame = pl.read_parquet(settings.features / f"{view}.parquet").filter(pl.col.event_timestamp == at)
    return {row[features.VIEWS[view]]: row for row in frame.to_dicts()}


def asked(*pairs):
    users, moments = zip(*pairs, strict=True)
    schema = {"user_id": pl.String, "event_timestamp": pl.Datetime("us", "UTC")}
    return pl.DataFrame({"user_id": users, "event_timestamp": moments}, schema=schema)


def online(settings, user):
    with lease_online_store(settings) as store:
        feast = open_store(settings, store)
        service = feast.get_feature_service("recommendations_v1")
        answer = feast.get_online_features(features=service, entity_rows=[{"user_id": user}]).to_dict()
        return {name: values[0] for name, values in answer.items()}


# --- snapshots


def test_every_view_has_a_row_for_everybody_who_bought_and_for_nobody_else(settings):
    for view in ("user_profile", "user_history", "user_rhythm", "user_portrait"):
        assert sorted(rows(settings, view, world.MIDDLE)) == ["ann", "bob", "cat"]
        assert sorted(rows(settings, view, world.END)) == ["ann", "bob", "cat", "dan"]
    assert sorted(rows(settings, "store_assortment", world.END)) == ["bund", "soho"]


def test_histories_are_those_of_the_training_room(settings):
    cat = rows(settings, "user_history", world.END)["cat"]
    assert cat["product_ids"] == ["cookie", "latte", "mocha", "tea"]
    assert cat["counts"] == [1, 1, 1, 6]
    assert cat["last_visit"] == [5, 6, 2, 7]
    assert cat["n_visits"] == 7
    assert cat["last_at_s"][3] == int(datetime(2025, 11, 15, 1, tzinfo=UTC).timestamp())


def test_the_report_counts_rows_and_calls_progress(fresh):
    told = []
    report = features.compute(fresh, world.END, (world.END, world.MIDDLE), lambda *seen: told.append(seen))
    assert report.snapshots == (world.MIDDLE, world.END)
    assert report.rows == {
        "user_profile": 7,
        "user_history": 7,
        "user_rhythm": 7,
        "user_visits": 7,
        "user_responses": 0,
        "user_portrait": 7,
        "user_reviews": 1,
        "store_assortment": 4,
    }
    assert told == [("features", n, 16) for n in range(1, 17)]
    assert json.dumps(report.rows)


def test_an_event_at_the_moment_of_the_snapshot_is_not_yet_known(fresh):
    third_latte = datetime(2025, 11, 3, 13, tzinfo=UTC)
    features.compute(fresh, world.END, (third_latte, third_latte + US))
    assert rows(fresh, "user_history", third_latte)["ann"]["counts"] == [1, 2]
    assert rows(fresh, "user_history", third_latte + US)["ann"]["counts"] == [1, 3]


def test_what_was_voided_later_was_bought_before(fresh):
    bought, voided = (datetime(2025, 11, 11, 17, minute, tzinfo=UTC) for minute in (31, 32))
    features.compute(fresh, world.END, (bought, voided))
    assert rows(fresh, "user_history", bought)["bob"]["counts"] == [2, 3]
    assert rows(fresh, "user_history", voided)["bob"]["counts"] == [1, 3]


def test_a_history_keeps_no_more_products_than_the_limit(fresh):
    features.compute(replace(fresh, history_limit=2), world.END)
    cat = rows(fresh, "user_history", world.END)["cat"]
    assert cat["product_ids"] == ["latte", "tea"]
    assert cat["n_visits"] == 7


def test_a_snapshot_computed_again_replaces_itself_and_nothing_else(fresh):
    features.compute(fresh, world.END, MOMENTS)
    before = {view: pl.read_parquet(fresh.features / f"{view}.parquet") for view in features.VIEWS}
    features.compute(fresh, world.END, (world.END,))
    for view, frame in before.items():
        assert pl.read_parquet(fresh.features / f"{view}.parquet").equals(frame)


@pytest.mark.parametrize(
    ("through", "at", "message"),
    [
        (world.MIDDLE, world.END, "is later than the events used"),
        (world.END, datetime(2025, 11, 1), "give its offset"),
        (datetime(2025, 11, 1), None, "give its offset"),
    ],
)
def test_a_snapshot_that_cannot_be_is_a_plain_fault(fresh, through, at, message):
    with pytest.raises(FeatureError, match=message):
        features.compute(fresh, through, (at,) if at else ())


def test_a_moment_before_all_events_gives_tables_without_rows(fresh):
    features.compute(fresh, world.START)
    assert [len(rows(fresh, view, world.START)) for view in features.VIEWS] == [0] * 8


# --- joins in time


def test_no_feature_tells_of_a_purchase_at_or_after_the_moment(settings):
    days = [world.START + timedelta(hours=7 * n) for n in range(110)]
    entity = asked(*((user, moment) for user in world.USERS for moment in days))
    joined = features.historical(settings, entity, "recommendations_v1")
    assert joined.select("user_id", "event_timestamp").equals(entity)
    known = joined.drop_nulls("n_visits")
    assert len(known) > 100
    latest = known["last_at_s"].list.max()
    assert (latest < known["event_timestamp"].dt.epoch("s")).all()


@pytest.mark.parametrize(
    ("moment", "snapshot"),
    [
        (MOMENTS[0] - US, None),
        (MOMENTS[0], MOMENTS[0]),
        (world.MIDDLE - US, MOMENTS[0]),
        (world.MIDDLE, world.MIDDLE),
        (world.END - US, world.MIDDLE),
        (world.END, world.END),
        (world.END + timedelta(days=90), world.END),
        (world.END + timedelta(days=90) + US, None),
    ],
)
def test_a_join_takes_the_last_snapshot_at_or_before_the_moment(settings, moment, snapshot):
    row = features.historical(settings, asked(("ann", moment)), "recommendations_v1").to_dicts()[0]
    if snapshot is None:
        assert row["n_visits"] is row["segment"] is row["hour_of_week"] is None
    else:
        assert row["counts"] == rows(settings, "user_history", snapshot)["ann"]["counts"]
        assert row["monetary_cents"] == rows(settings, "user_profile", snapshot)["ann"]["monetary_cents"]
        assert row["hour_of_week"] == rows(settings, "user_rhythm", snapshot)["ann"]["hour_of_week"]


def test_rows_come_back_as_they_were_asked_strangers_and_repeats_included(settings):
    entity = asked(
        ("zoe", world.END), ("cat", world.MIDDLE), ("ann", world.END), ("cat", world.MIDDLE), ("bob", world.END)
    )
    joined = features.historical(settings, entity, "recommendations_v1")
    assert joined["user_id"].to_list() == ["zoe", "cat", "ann", "cat", "bob"]
    assert joined["n_visits"].to_list() == [None, 4, 4, 4, 3]


def test_stores_are_joined_by_their_own_id(settings):
    entity = pl.DataFrame({"store_id": ["bund"], "event_timestamp": [world.END]})
    joined = features.historical(settings, entity, "store_v1").to_dicts()[0]
    assert joined["price_cents"] == [200, 480, 260]
    assert joined["stock_known"] == [True, False, True]


@pytest.mark.parametrize(
    "broken",
    [
        lambda frame: frame.head(1),
        lambda frame: pl.concat([frame, frame]),
        lambda frame: pl.concat([frame.head(1)] * 2),
    ],
    ids=["lost", "doubled", "one lost, one doubled"],
)
def test_a_join_that_loses_or_doubles_rows_is_not_used(settings, monkeypatch, broken):
    whole = features.join
    monkeypatch.setattr(features, "join", lambda *given: broken(whole(*given)))
    with pytest.raises(FeatureError, match="rows for 2; not used"):
        features.historical(settings, asked(("ann", world.END), ("bob", world.END)), "recommendations_v1")


def test_a_moment_without_a_zone_or_none_at_all_is_refused(settings):
    naive = pl.DataFrame({"user_id": ["ann"], "event_timestamp": [datetime(2025, 11, 1)]})
    for entity in (naive, asked(("ann", None))):
        with pytest.raises(FeatureError, match="a time with a zone"):
            features.historical(settings, entity, "recommendations_v1")


# --- the online store


def test_the_latest_snapshot_not_after_the_moment_is_online(settings, capsys):
    told = []
    counts = features.materialise(settings, world.END - US, lambda *seen: told.append(seen))
    assert counts == {**dict.fromkeys(features.VIEWS, 3), "user_responses": 0, "user_reviews": 0, "store_assortment": 2}
    assert told == [("online store", n, 8) for n in range(1, 9)]
    assert online(settings, "ann")["n_visits"] == 2
    with lease_online_store(settings) as store:
        # What stands knows nothing later than its snapshot, whatever was asked for.
        assert filling(settings, store).stands() == Filled(True, True, world.MIDDLE, world.MIDDLE)
    assert features.materialise(settings, world.END)["user_profile"] == 4
    assert online(settings, "ann")["n_visits"] == 4
    assert online(settings, "zoe")["n_visits"] is None
    assert capsys.readouterr() == ("", "")


def test_an_older_snapshot_never_replaces_a_newer_one(settings):
    features.materialise(settings, world.END)
    features.materialise(settings, world.MIDDLE)
    assert online(settings, "ann")["n_visits"] == 4


def test_a_snapshot_computed_anew_replaces_its_rows_online(settings):
    features.materialise(settings, world.END)
    late = world.events().filter(pl.col.event_id == "e25")
    later = late.with_columns(event_id=pl.lit("late"), order_id=pl.lit("late"), product_id=pl.lit("tea"))
    append_events(settings.lake, later)
    features.compute(settings, world.END, (world.END,))
    features.materialise(settings, world.END)
    assert online(settings, "dan")["product_ids"] == ["mocha", "tea"]


def test_what_serving_pushed_after_the_snapshot_stays(settings):
    from models.history import History
    from serving.online import RedisOnline

    features.materialise(settings, world.END)
    with lease_online_store(settings) as store:
        pushed = History.of(["tea"], [1], [1], [1], [1763300000], 1)
        RedisOnline(settings, store).push_visit("bob", pushed, world.END + timedelta(hours=1))
        assert features.materialise(settings, world.END)["user_history"] == 4
        assert online(settings, "bob")["product_ids"] == ["tea"]
        assert online(settings, "bob")["n_orders"] == 3


@pytest.mark.parametrize(("ahead", "stays"), [(timedelta(minutes=5), True), (timedelta(minutes=5) + US, False)])
def test_what_a_wrong_clock_stamped_ahead_is_replaced(settings, ahead, stays):
    from models.history import History
    from serving.online import RedisOnline

    features.materialise(settings, world.END)
    with lease_online_store(settings) as store:
        rows, now = RedisOnline(settings, store), world.END + timedelta(hours=1)
        rows.push_visit("bob", History.of(["tea"], [1], [1], [1], [1763300000], 1), now + ahead)
        for told in (None, now):  # one that isn't told the time leaves all as it is
            assert features.materialise(settings, world.END, now=told)["user_history"] == 4
            (bob,) = rows.pasts(["bob"])
            is_pushed = told is None or stays
            assert (bob.as_of, bob.history.product_ids == ("tea",)) == (
                now + ahead if is_pushed else world.END,
                is_pushed,
            )
        assert (rows.filled.histories_at, rows.filled.others_at) == (world.END, world.END)


def test_rows_missing_online_are_a_fault(settings, monkeypatch):
    monkeypatch.setattr(features, "load", lambda *given: 2)
    with pytest.raises(FeatureError, match="user_profile: 2 of 4 rows are online"):
        features.materialise(settings, world.END)


def test_nothing_computed_nothing_to_bring_online(fresh):
    with pytest.raises(FeatureError, match="no features yet; run `daypart features` first"):
        features.materialise(fresh, world.END)
