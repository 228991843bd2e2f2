"""The door for a notebook: sales in, a model ready to be asked out; the same that `evaluate` scores."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from models.history import History, add_visit
from tests.training import market
from training.errors import TrainingError
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


def places_of(model, history, at):
    """Product to its place in the ranking, 0 is first."""
    score = model.ranker.score(history, store_id=None, hour_of_week=None, at_s=int(at.timestamp())).score
    assert np.isfinite(score).all()
    ids = model.ranker.product_ids.ids
    return {ids[row]: place for place, row in enumerate(np.argsort(-score, kind="stable").tolist())}


def came_once(products, at, days_ago):
    return add_visit(History.empty(), products, int((at - timedelta(days=days_ago)).timestamp()))


def test_one_visit_is_enough_to_be_known_by_a_model_that_has_met_nobody_so_new(model):
    cold = places_of(model, History.empty(), model.at)
    rose = [places_of(model, came_once([product], model.at, 8), model.at)[product] < cold[product] for product in cold]
    assert np.mean(rose) > 0.8, "here a favourite is bought again within 4 to 10 days"


def test_what_goes_with_a_first_purchase_rises_with_it():
    bought = market.town()
    model = fitted(coded(sales(bought.lazy())), replace(RECIPE, history_limit=512), market.silent)
    cold = places_of(model, History.empty(), model.at)
    for circle in range(5):
        first = f"circle{circle}-10"
        after = places_of(model, came_once([first], model.at, 1), model.at)
        own = [product for product in cold if product.startswith(f"circle{circle}") and product != first]
        other = [product for product in cold if product.startswith("circle") and product[6] != str(circle)]
        rose, others = (np.mean([cold[p] - after[p] for p in kind]) for kind in (own, other))
        assert rose > 20
        assert rose > others + 20, "what is first bought by others rises too, and far less"
        assert after[first] < cold[first]


def test_what_the_fit_lacked_stands_beside_it(model):
    assert model.notes == (
        "no product has a category: LightFM was not fitted, so a product that never sold has no taste to be matched by",
    )
    with pytest.raises(TrainingError, match=r"change blend_c \(now 0\) above 0"):
        fitted(LINES, replace(RECIPE, blend_c=0), market.silent)


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
