from datetime import UTC, date, datetime
from types import SimpleNamespace

import polars as pl
import pytest

from bench import demo_cafe
from bench.demo_cafe import shown_first, visits
from settings import Settings

DAY = date(2026, 11, 29)
HABIT = {"product_id": "iced-americano", "discount_cents": 300, "valid_from": "2026-11-29T08:00:00-05:00"}
LATTE = {**HABIT, "product_id": "latte"}
LATE = {**HABIT, "valid_from": "2026-11-29T09:00:00-05:00"}
CHEAP = {**HABIT, "discount_cents": 200}
FORTY_TWO, SEVEN, TEN, TWELVE = "member-000042", "member-000007", "member-000010", "member-000012"


@pytest.fixture
def settings(tmp_path):
    """Member 12 came most often, then 10, then 7; at the snapshot before, 7 was ahead."""
    old, new = datetime(2026, 11, 27, tzinfo=UTC), datetime(2026, 11, 28, tzinfo=UTC)
    rows = [(SEVEN, 90, old), (SEVEN, 40, new), (TEN, 70, new), (TWELVE, 80, new)]
    (tmp_path / "features").mkdir()
    frame = pl.DataFrame(rows, schema=["user_id", "n_visits", "event_timestamp"], orient="row")
    frame.write_parquet(tmp_path / "features" / "user_visits.parquet")
    return Settings(home=tmp_path)


@pytest.fixture
def decided(monkeypatch):
    """Reasons by user, as the desk tells them."""
    reasons = {}

    class Desk:
        def __enter__(self):
            return SimpleNamespace(decision=lambda _c, _d, user: reasons.get(user) and {"reason": reasons[user]})

        def __exit__(self, *_):
            return None

    monkeypatch.setattr(demo_cafe.steps, "open_desk", lambda _: Desk())
    return reasons


@pytest.mark.parametrize(
    ("offers", "first"),
    [
        ({FORTY_TWO: HABIT, SEVEN: HABIT}, FORTY_TWO),
        ({FORTY_TWO: LATTE, SEVEN: LATE, TEN: CHEAP, TWELVE: HABIT}, TWELVE),
        ({FORTY_TWO: CHEAP, SEVEN: HABIT}, SEVEN),
        ({FORTY_TWO: LATE, SEVEN: CHEAP, TEN: LATTE}, FORTY_TWO),
        ({FORTY_TWO: LATTE, TEN: LATE}, TEN),
        ({FORTY_TWO: LATTE}, FORTY_TWO),
        ({}, FORTY_TWO),
    ],
)
def test_the_flagship_sentence_is_shown_whoever_gets_it(settings, decided, offers, first):
    assert shown_first(settings, offers, DAY) == [first]


def test_who_comes_most_often_and_gets_nothing_for_it_is_shown(settings, decided):
    decided |= {SEVEN: "comes_anyway", TEN: "comes_anyway", TWELVE: "no_gain"}
    assert shown_first(settings, {}, DAY) == [FORTY_TWO, TEN]
    decided |= {SEVEN: "holdout", TEN: "explored"}
    assert shown_first(settings, {}, DAY) == [FORTY_TWO, TWELVE]


def test_visits_are_those_of_the_newest_snapshot(settings):
    assert visits(settings).rows() == [(TWELVE, 80), (TEN, 70), (SEVEN, 40)]
