"""The door for a notebook: sales in, a model ready to be asked out; the same that `evaluate` scores."""

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest

from tests.training import market
from training.evaluate import evaluate
from training.fitted import fitted
from training.recipe import Recipe
from training.sales import coded, sales
from training.scoreboard import scoreboard

RECIPE = Recipe(blend_others=20, trials=1, history_limit=6)
LINES = coded(sales(market.events().lazy(), market.stores()))


@pytest.fixture(scope="module")
def model():
    return fitted(LINES, RECIPE, market.silent)


def test_a_model_is_ready_to_be_asked(model):
    case = model.cases(["u07"])[0]
    score = model.ranker.score(case.history, store_id=case.store_id, hour_of_week=None, at_s=case.at_s)
    assert len(case.history) == 6, "as bounded as the online histories"
    assert model.ranker.product_ids.ids[int(score.score.argmax())] in case.history.product_ids
    assert model.tuned.blend.how == "usual and new fitted"
    assert model.parameters["usual_terms"] == list(RECIPE.usual_terms)
    assert model.parameters["history_limit"] == 6
    assert len(model.cases(["nobody"])[0].history) == 0


def test_it_is_asked_after_the_last_sale_or_where_days_only_order_after_each_last_visit(model):
    assert model.at == LINES["occurred_at"].max()
    assert model.cases(["u07"])[0].at_s == int(LINES["occurred_at"].max().timestamp())
    nth = pl.col.occurred_at.dt.date().rank("dense").over("user_id")
    ordered = market.events().with_columns(
        occurred_at=(pl.lit(date(2000, 1, 1)) + pl.duration(days=nth)).cast(pl.Datetime("us", "UTC"))
    )
    other = fitted(coded(sales(ordered.lazy())), RECIPE, market.silent)
    assert other.at is None
    assert {case.at_s for case in other.cases(["u07", "u08"])} == {None}


def test_evaluate_scores_what_the_door_gives(tmp_path):
    cut = datetime(2025, 8, 4, 4, tzinfo=UTC)
    bought = market.events()
    early = bought.filter(pl.col.occurred_at < cut)
    targets = bought.filter(pl.col.occurred_at >= cut).select("user_id", "product_id").unique().sort(pl.all())
    early.write_parquet(tmp_path / "events.parquet")
    targets.write_parquet(tmp_path / "targets.parquet")
    found = evaluate(tmp_path / "events.parquet", tmp_path / "targets.parquet", ks=(5,), recipe=RECIPE)
    model = fitted(coded(sales(early.lazy())), RECIPE, market.silent)
    cases = model.cases(sorted(targets["user_id"].unique()))
    board = scoreboard(model.ranker, model.known, cases, targets, (5,), market.silent)
    assert board["k"] == found["k"]
    assert found["params"]["usual_terms"] == list(RECIPE.usual_terms)


def test_the_same_sales_give_the_same_model_to_the_bit(model):
    again = fitted(LINES, RECIPE, market.silent)
    for name, array in model.ranker.parts.arrays.items():
        assert array.tobytes() == again.ranker.parts.arrays[name].tobytes(), name
    other = fitted(LINES, replace(RECIPE, seed=8), market.silent)
    assert not np.array_equal(model.ranker.parts.arrays["usual_matrix"], other.ranker.parts.arrays["usual_matrix"])
