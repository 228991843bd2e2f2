"""The board: ranking equals the serving call, strangers and unknown products are counted, baselines stand beside."""

import numpy as np
import polars as pl
import pytest

from tests.training import market
from training.cases import Known, taken_by
from training.cuts import inner_windows
from training.fit import catalogue_of, fit_parts
from training.recipe import Recipe
from training.sales import coded, sales
from training.scoreboard import rank, scoreboard

RECIPE = Recipe(als_factors=8, als_iterations=3)
LINES = coded(sales(market.events().lazy(), market.stores()))
WINDOW = inner_windows(LINES, 1)[0]


@pytest.fixture(scope="module")
def ranker():
    weights = {"intercept": -3.0, "als": 1.0, "popularity": 0.5, "seen": 2.0, "habit": 1.0, "count": 0.5}
    parts = fit_parts(WINDOW.known, catalogue_of(WINDOW.known.lines, None, None), RECIPE)
    return parts.ranker(np.array([weights.get(term, 0.0) for term in RECIPE.terms], np.float32))


def board(ranker, targets):
    cases = WINDOW.known.cases(list(taken_by(targets)), 512)
    return scoreboard(ranker, WINDOW.known, cases, targets, (3, 10), market.silent)


def test_ranking_many_is_ranking_each_as_the_service_does(ranker):
    cases = WINDOW.known.cases(["u00", "u01", "nobody"], 512)
    ranked = rank(ranker, cases, 50, market.silent)
    assert ranked.shape == (3, 50)
    for case, rows in zip(cases, ranked, strict=True):
        scores = ranker.score(case.history, store_id=case.store_id, hour_of_week=None).score
        best = np.lexsort((np.arange(36), -scores))
        assert rows[:36].tolist() == best.tolist(), "all 36 products, none sampled"
        assert (rows[36:] == -1).all()
    assert cases[0].store_id == "north"


def test_the_board_by_a_second_way_of_counting(ranker):
    found = board(ranker, WINDOW.targets)
    taken = taken_by(WINDOW.targets)
    recalls, hits = [], []
    for case in WINDOW.known.cases(list(taken), 512):
        scores = ranker.score(case.history, store_id=case.store_id, hour_of_week=None).score
        top = {ranker.product_ids.ids[row] for row in np.argsort(-scores, kind="stable")[:3]}
        recalls.append(len(top & taken[case.user_id]) / len(taken[case.user_id]))
        hits.append(bool(top & taken[case.user_id]))
    assert found["k"]["3"]["recall"] == pytest.approx(np.mean(recalls))
    assert found["k"]["3"]["hit_rate"] == pytest.approx(np.mean(hits))
    assert (found["n_users"], found["n_products"]) == (len(taken), 36)
    assert set(found["baselines"]) == {"global_popularity", "personal_frequency", "personal_then_popular"}
    for base in found["baselines"].values():
        assert base["10"] == base["k"]["10"]
        assert set(base["repeat"]["10"]) == set(found["k"]["10"])


def test_strangers_and_products_never_sold_are_counted_and_missed(ranker):
    known = WINDOW.targets.head(1)
    extra = pl.DataFrame({"user_id": ["stranger", known["user_id"][0]], "product_id": ["p00", "never"]})
    targets = pl.concat([known.cast(pl.String), extra])
    found = board(ranker, targets)
    assert (found["n_users"], found["unknown_users"], found["unknown_target_products"]) == (2, 1, 1)
    assert found["k"]["10"]["recall"] < 1
    only = board(ranker, extra.head(1))
    assert only["k"]["10"]["recall"] == 1, "a stranger gets what sells, and p00 sells most"
    assert only["repeat"]["10"]["recall"] == 0
    assert (only["n_users_repeat"], only["n_users_explore"]) == (0, 1)


def test_a_ranker_that_does_not_know_every_product_sold_is_read_by_its_own_rows(ranker):
    fewer = WINDOW.known.lines.filter(pl.col.product_id != "p00")
    parts = fit_parts(Known(fewer), catalogue_of(fewer, None, None), RECIPE)
    narrow = parts.ranker(np.array([float(term == "popularity") for term in RECIPE.terms], np.float32))
    best = narrow.product_ids.ids[int(parts.arrays["popularity_global"].argmax())]
    hit = board(narrow, pl.DataFrame({"user_id": ["stranger"], "product_id": [best]}))
    assert hit["k"]["3"]["ndcg"] == 1
    assert hit["n_products"] == 36


def test_coded_or_text_lines_give_the_same_board(ranker):
    plain = WINDOW.known.lines.with_columns(pl.col("user_id", "product_id", "store_id").cast(pl.String))
    known, targets = Known(plain), WINDOW.targets.cast(pl.String)
    cases = known.cases(list(taken_by(targets)), 512)
    assert scoreboard(ranker, known, cases, targets, (3, 10), market.silent) == board(ranker, WINDOW.targets)
