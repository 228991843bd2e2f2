"""Of whom nothing stands any more an older row doesn't go on speaking: not in joins, not in plans, not online."""

from datetime import date, timedelta

import polars as pl
import pytest

from embedded import lease_online_store
from offers.audience import read_audience
from settings import Settings
from tests import world
from tests.suites.online_reading import read_online
from training import features
from training.answers import SCHEMA, write_answers
from training.erasing import erase
from training.lake import append_events
from training.silent import with_silent
from training.snapshots import VIEWS, without_any

LATER = world.END + timedelta(days=1)
DAN = world.events().filter(user_id="dan", event_type="purchase")
VOID = DAN.with_columns(event_type=pl.lit("void"), event_id=pl.lit("void"), occurred_at=pl.lit(world.END))
ANSWER = {"user_id": "ann", "product_id": "tea", "day": date(2025, 10, 22), "hour": 8, "share": 0.2, "p_buy": 0.1, "p_come": 0.3,
          "fit": 0.4, "redeemed": False, "reversed_at": None, "answered_at": world.MIDDLE - timedelta(days=9)}  # fmt: skip


@pytest.fixture
def settings(tmp_path):
    made = Settings(home=tmp_path)
    world.fill(made.lake)
    write_answers(made.lake, [pl.DataFrame([ANSWER], schema=SCHEMA)])
    features.compute(made, world.END)
    return made


def bring(settings, at):
    features.compute(settings, at)
    features.apply(settings)
    return features.materialise(settings, at)


def test_who_gave_back_all_is_nobody_to_joins_plans_and_the_online_store(settings):
    with lease_online_store(settings):
        bring(settings, world.END)
        assert read_online(settings, "user_history", ["dan"])["dan"]["product_ids"] == ["mocha"]
        append_events(settings.lake, VOID)
        assert bring(settings, LATER)["user_history"] == 4
        for view in ("user_profile", "user_history", "user_rhythm", "user_visits"):
            (row,) = read_online(settings, view, ["dan"]).values()
            assert not any(any(value) if isinstance(value, list) else value for value in row.values()), view
        asked = pl.DataFrame({"user_id": ["dan"] * 2, "event_timestamp": [world.END, LATER]})
        joined = features.historical(settings, asked, "recommendations_v1")
        assert joined["product_ids"].to_list() == [["mocha"], []]
        assert joined["n_orders"].to_list() == [1, 0]
    for at, n_products in ((world.END, 1), (LATER, 0)):
        people = {person.user_id: person for person in read_audience(settings.features, at).people(set())}
        assert len(people["dan"].history) == n_products


def test_who_buys_again_speaks_again(settings):
    append_events(settings.lake, VOID)
    features.compute(settings, LATER)
    again = DAN.with_columns(event_id=pl.lit("again"), occurred_at=pl.lit(LATER), order_id=pl.lit("o99"))
    append_events(settings.lake, again)
    features.compute(settings, LATER + timedelta(days=1))
    rows = pl.read_parquet(settings.features / "user_history.parquet").filter(user_id="dan")
    assert rows.sort("event_timestamp")["n_visits"].to_list() == [1, 0, 1]


@pytest.mark.parametrize("at", [LATER, world.END], ids=["a later run", "the same moment again"])
def test_answers_that_are_gone_are_gone_online_too(settings, at):
    """Who no longer lets themselves be measured by has no answers in the lake."""
    with lease_online_store(settings):
        bring(settings, world.END)
        assert read_online(settings, "user_responses", ["ann"])["ann"]["product_ids"] == ["tea"]
        write_answers(settings.lake, [])
        for _ in range(3):
            bring(settings, at)
            assert set(map(tuple, read_online(settings, "user_responses", ["ann"])["ann"].values())) == {()}
        asked = pl.DataFrame({"user_id": ["ann"], "event_timestamp": [LATER]})
        assert features.historical(settings, asked, "responses_v1")["product_ids"].to_list() == [[]]


def test_it_is_said_once(settings):
    write_answers(settings.lake, [])
    for day in range(1, 4):
        features.compute(settings, world.END + timedelta(days=day))
    rows = pl.read_parquet(settings.features / "user_responses.parquet")
    assert rows["event_timestamp"].to_list() == [world.END, LATER]


def test_of_the_erased_there_is_not_even_silence(settings):
    everybody = list(world.USERS)
    erase(settings.lake, everybody)
    without_any(
        [settings.features / f"{view}.parquet" for view, key in VIEWS.items() if key == "user_id"], "user_id", everybody
    )
    with lease_online_store(settings):
        assert bring(settings, LATER) == {**dict.fromkeys(VIEWS, 0), "store_assortment": 2}


def test_a_view_asked_for_alone(settings):
    frame = pl.DataFrame(schema={"user_id": pl.String, "n_visits": pl.Int64})
    events = world.events().lazy()
    found = with_silent({"user_history": frame}, events, settings.features, LATER)["user_history"]
    assert found.rows() == [(user, 0) for user in world.USERS]
