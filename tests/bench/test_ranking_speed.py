"""The speed rows, on a small market: every figure beside its peer, and a reach that can be missed."""

import polars as pl
import pytest

from bench import ranking_speed
from bench.ranking_crowd import with_every_term
from bench.ranking_speed import everybody_row, fit_rows, growth_row, in_turns, one_user_rows
from tests.training import market
from training.fitted import fitted
from training.recipe import Recipe
from training.sales import coded, sales
from training.tuning import Tables

LINES = coded(sales(market.events().lazy(), market.stores()))
SMALL = Recipe(als_factors=4, als_iterations=1, cold_epochs=1, cold_factors=2, trials=1, windows=1)


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(ranking_speed, "PLAIN", SMALL)


def test_a_fit_stands_beside_als_alone(monkeypatch):
    blended, searched = fit_rows(LINES, 1, market.silent)
    assert "blending included" in blended["figure"]
    assert blended["against_value"] == searched["against_value"] > 0
    assert blended["met"] == (blended["ratio"] <= ranking_speed.REACH_FIT)
    monkeypatch.setattr(ranking_speed, "REACH_FIT", 0.0)
    assert not fit_rows(LINES, 1, market.silent)[0]["met"]


def test_one_user_is_scored_with_lightfms_factors_too():
    ranker, cases = with_every_term(LINES, Tables(market.products()), SMALL, market.silent)
    assert ranker.parts.arrays["cold_factors"].any()
    found = one_user_rows(ranker, cases, rounds=3)
    assert len(found) == len(ranking_speed.HISTORIES)
    assert all(row["value"] > 0 and row["against_value"] > 0 and "37 products" in row["figure"] for row in found)


def test_everybody_stands_beside_implicits_recommend():
    model = fitted(LINES, SMALL, market.silent)
    users = sorted(LINES["user_id"].drop_nulls().cast(pl.String).unique())[:30]
    made = everybody_row(model, users, 1, market.silent)
    assert "36 products for 30 users" in made["figure"]
    assert made["met"] == (made["ratio"] <= 1)


def test_growth_is_told_against_as_many_small_fits():
    made = growth_row(LINES, 2, market.silent)
    assert f"{2 * len(LINES):,} sales" in made["figure"]
    assert made["met"] == (made["ratio"] <= ranking_speed.REACH_GROWTH)


def test_both_sides_take_turns():
    order = []
    mine, theirs = in_turns(lambda: order.append("mine"), lambda: order.append("theirs"), 3)
    assert order == ["mine", "theirs"] * 3
    assert mine >= 0
    assert theirs >= 0
