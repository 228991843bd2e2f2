"""What was known at a moment: every view, corrected by what came back, and by nothing that came later."""

from datetime import timedelta

import polars as pl
import pytest

from settings import Settings
from tests import world
from tests.training.bought import by_user
from training.known import known
from training.lake import append_events
from training.snapshots import VIEWS


@pytest.fixture
def settings(tmp_path):
    made = Settings(home=tmp_path)
    world.fill(made.lake)
    return made


def portraits(settings, at):
    return by_user(known(settings, at, ("user_portrait",))[0]["user_portrait"])


def taken_back(settings, kind, *order_ids):
    rows = world.events().filter(pl.col.order_id.is_in(order_ids) & (pl.col.event_type == "purchase"))
    append_events(
        settings.lake,
        rows.with_columns(
            event_id="back-" + pl.col.event_id,
            event_type=pl.lit(kind),
            occurred_at=pl.lit(world.END - timedelta(hours=1)),
        ),
    )


def test_only_the_views_asked_for_are_made(settings):
    assert list(known(settings, world.END, ("user_reviews", "user_rhythm"))[0]) == ["user_reviews", "user_rhythm"]
    assert set(known(settings, world.END, tuple(VIEWS))[0]) == set(VIEWS)


@pytest.mark.parametrize("kind", ["refund", "void"])
def test_what_came_back_leaves_no_trace_in_the_portrait(settings, kind):
    """Bob's order with the only discount is taken back: as if it, and the refund of one of its bagels, had never been."""
    taken_back(settings, kind, "o10")
    without = Settings(home=settings.home / "without")
    append_events(without.lake, world.events().filter(pl.col.order_id.is_null() | (pl.col.order_id != "o10")))
    for name, table in {"products": world.products(), "stores": world.stores()}.items():
        table.write_parquet(without.lake / f"{name}.parquet")
    told, expected = portraits(settings, world.END), portraits(without, world.END)
    assert told == expected
    assert told["bob"]["discount_share"] is None


def test_what_came_later_is_not_known(settings):
    before = portraits(settings, world.MIDDLE)
    taken_back(settings, "refund", "o01")
    assert portraits(settings, world.MIDDLE) == before


def test_stars_given_at_the_moment_are_not_yet_known(settings):
    at = world.events().filter(pl.col.event_type == "rating")["occurred_at"][0]
    assert known(settings, at, ("user_reviews",))[0]["user_reviews"].is_empty()
    assert len(known(settings, at + timedelta(microseconds=1), ("user_reviews",))[0]["user_reviews"]) == 1
