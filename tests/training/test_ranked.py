"""Ranking many is ranking each as the service does: the same history, place and moment; best first, every product."""

from dataclasses import replace

import numpy as np

from tests.training import market
from training.cases import Case, Known
from training.catalogue import catalogue_of
from training.fit import fit_parts
from training.ranked import rank
from training.recipe import Recipe
from training.sales import coded, sales

RECIPE = Recipe(
    als_factors=4, als_iterations=1, new_terms=("popularity", "here", "away"), usual_terms=("habit", "days")
)
LINES = coded(sales(market.events().lazy(), market.stores()))
USUAL, NEW = {"habit": 1.0, "days": -0.7, "one": 1.0}, {"popularity": 1.0, "here": 2.0}
RANKER = fit_parts(Known(LINES), catalogue_of(LINES, None, None), RECIPE).ranker(
    market.blend(RECIPE, USUAL, NEW).arrays
)
CASES = Known(LINES).cases(["u00", "u01", "u02", "nobody"], 512)


def best(case, k):
    score = RANKER.score(case.history, store_id=case.store_id, hour_of_week=None, at_s=case.at_s).score
    return np.lexsort((np.arange(36), -score))[:k].tolist()


def test_every_product_is_ranked_for_every_user_ties_by_row():
    ranked = rank(RANKER, CASES, 50, market.silent)
    assert (ranked.shape, ranked.dtype) == ((4, 50), np.int64)
    for case, rows in zip(CASES, ranked, strict=True):
        assert rows[:36].tolist() == best(case, 36)
        assert (rows[36:] == -1).all()
    np.testing.assert_array_equal(rank(RANKER, CASES, 5, market.silent), ranked[:, :5])


def test_the_place_and_the_moment_of_each_case_count():
    case = CASES[0]
    elsewhere = replace(case, store_id="south")
    late = replace(case, at_s=int(case.history.last_at_s.max()) + 40 * 86_400)
    ranked = rank(RANKER, [case, elsewhere, late], 36, market.silent)
    for asked, rows in zip((case, elsewhere, late), ranked, strict=True):
        assert rows.tolist() == best(asked, 36)
    assert ranked[0].tolist() != ranked[1].tolist()
    assert ranked[0].tolist() != ranked[2].tolist()


def test_ties_go_to_the_lesser_row():
    blank = fit_parts(Known(LINES), catalogue_of(LINES, None, None), RECIPE).ranker()
    assert rank(blank, CASES[:1], 36, market.silent).tolist() == [list(range(36))]


def test_progress_is_told_from_nothing_to_all():
    told = []
    rank(RANKER, [Case("nobody", CASES[3].history, None)] * 250, 1, lambda *step: told.append(step))
    assert [done for _, done, _ in told] == [0, 100, 200, 250]
    assert {total for _, _, total in told} == {250}
    assert rank(RANKER, [], 3, market.silent).shape == (0, 3)
