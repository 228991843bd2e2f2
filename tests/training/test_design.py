"""The design: all of the usual, a fair sample of the new, each row weighing what it stands for."""

from dataclasses import replace

import numpy as np
import pytest

from models.history import History
from tests.models.asked import signals_alone, values_alone
from tests.training import market
from training.cases import Case, Known
from training.catalogue import catalogue_of
from training.design import Rows, design
from training.fit import fit_parts
from training.recipe import Recipe
from training.sales import coded, sales

RECIPE = Recipe(als_factors=4, als_iterations=1, trials=1)
LINES = coded(sales(market.events().lazy(), market.stores()))
KNOWN = Known(LINES)
RANKER = fit_parts(KNOWN, catalogue_of(LINES, market.products(), market.stores()), RECIPE).ranker()
CASE = KNOWN.cases(["u07"], 512)[0]
OWNED = RANKER.product_ids.rows(CASE.history.product_ids)[1]
OTHERS = np.setdiff1d(np.arange(37), OWNED)
TAKEN = {"u07": frozenset([CASE.history.product_ids[0], RANKER.product_ids.ids[OTHERS[3]], "never sold"])}


def made(recipe=RECIPE, seed=0, cases=(CASE,), taken=TAKEN):
    return design(RANKER, list(cases), taken, recipe, np.random.default_rng(seed))


def signals(case=CASE):
    return signals_alone(RANKER.ask(case.history, store_id=case.store_id, hour_of_week=None, at_s=case.at_s))


def test_the_usual_is_every_product_of_the_history_as_the_arithmetic_reads_it():
    rows = made().usual
    assert len(rows.taken) == len(CASE.history) > 8
    assert (rows.taken.sum(), rows.weight.min(), rows.weight.max()) == (1, 1, 1)
    exact = values_alone(RECIPE.usual_terms, signals(), OWNED)
    np.testing.assert_array_equal(rows.values[rows.taken], exact[:1])
    np.testing.assert_array_equal(rows.values[~rows.taken], exact[1:])


def test_what_was_taken_anew_is_a_row_of_itself_and_what_was_never_sold_is_none():
    rows = made().new
    assert rows.taken.sum() == 1
    assert rows.weight[rows.taken] == 1
    exact = values_alone(RECIPE.new_terms, signals(), OTHERS[3:4])
    np.testing.assert_array_equal(rows.values[rows.taken], exact)


def test_a_user_counts_one_over_all_that_was_taken_known_or_not():
    for rows in (made().usual, made().new):
        np.testing.assert_array_equal(rows.user, np.full(len(rows.taken), 1 / 3, np.float32))


def test_a_long_history_is_thinned_and_the_rest_weighs_for_what_was_left_out():
    few = replace(RECIPE, blend_usual=4)
    exact = values_alone(RECIPE.usual_terms, signals(), OWNED).sum(axis=0, dtype=np.float64)
    totals = np.zeros(len(RECIPE.usual_terms))
    for seed in range(400):
        rows = made(few, seed).usual
        assert (len(rows.taken), rows.taken.sum()) == (5, 1)
        assert rows.weight[rows.taken] == 1
        assert rows.weight.sum() == pytest.approx(len(OWNED))
        assert len(np.unique(rows.values, axis=0)) == 5, "none is drawn twice"
        totals += (rows.values * rows.weight[:, None]).sum(axis=0) / 400
    np.testing.assert_allclose(totals, exact, rtol=0.05, atol=0.3)
    assert (made(replace(RECIPE, blend_usual=len(OWNED) - 1)).usual.weight == 1).all(), "just long enough is whole"


def test_the_sampled_new_are_an_unbiased_picture_of_all_the_user_never_had():
    exact = values_alone(RECIPE.new_terms, signals(), OTHERS).sum(axis=0, dtype=np.float64)
    totals, count, positive, n = np.zeros(len(RECIPE.new_terms)), 0.0, 0.0, 600
    for seed in range(n):
        rows = made(seed=seed).new
        totals += (rows.values * rows.weight[:, None]).sum(axis=0) / n
        count += rows.weight.sum() / n
        positive += (rows.weight * rows.taken).sum() / n
    assert count == pytest.approx(len(OTHERS), rel=0.02)
    assert positive / count == pytest.approx(1 / len(OTHERS), rel=0.02)
    np.testing.assert_allclose(totals, exact, rtol=0.05, atol=0.1)


def test_what_is_drawn_is_neither_owned_nor_taken():
    exact = {tuple(row) for row in values_alone(RECIPE.new_terms, signals(), np.delete(OTHERS, 3)).tolist()}
    for seed in range(20):
        rows = made(seed=seed).new
        assert {tuple(row) for row in rows.values[~rows.taken].tolist()} <= exact
        assert len(rows.taken) <= RECIPE.blend_others + 1


def test_draws_lean_to_what_sells_and_to_what_a_neighbour_reaches():
    place = {name: RECIPE.new_terms.index(name) for name in ("popularity", "next")}
    exact = values_alone(RECIPE.new_terms, signals(), OTHERS)
    rows = made(replace(RECIPE, blend_others=40_000)).new
    drawn = rows.values[~rows.taken]
    for name, at in place.items():
        assert drawn[:, at].mean() > exact[:, at].mean() + 0.05, name
        even = np.average(drawn[:, at], weights=rows.weight[~rows.taken])
        assert even == pytest.approx(np.delete(exact, 3, axis=0)[:, at].mean(), abs=0.04)


def test_somebody_without_a_known_history_teaches_nothing():
    strange = Case("x", History.of(["unheard of"], [1], [1], [1], [5], 1), None)
    taken = {"x": frozenset(["p00"]), "n": frozenset(["p00"]), **TAKEN}
    cases = [Case("n", History.empty(), "north"), strange]
    for half in (made(cases=cases, taken=taken).usual, made(cases=cases, taken=taken).new):
        assert (len(half.values), len(half.taken), len(half.weight), len(half.user)) == (0, 0, 0, 0)
    assert made(cases=cases, taken=taken).usual.values.shape == (0, len(RECIPE.usual_terms))
    together = made(cases=[cases[0], CASE, strange], taken=taken)
    np.testing.assert_array_equal(together.usual.values, made().usual.values)


def test_the_moment_asked_about_reaches_the_terms():
    later = replace(CASE, at_s=int(CASE.history.last_at_s.max()) + 5 * 86_400)
    days = RECIPE.usual_terms.index("days")
    assert made().usual.values[:, days].min() == 0
    assert (made(cases=[later]).usual.values[:, days] >= np.float32(np.log1p(5))).all()


def test_users_stand_one_after_the_other_and_one_seed_is_one_design():
    cases = KNOWN.cases(["u07", "u08"], 512)
    taken = {**TAKEN, "u08": frozenset(["p00", "p01"])}
    one, two, other = (made(cases=cases, taken=taken, seed=seed) for seed in (3, 3, 4))
    for half in ("usual", "new"):
        for name in ("values", "taken", "weight", "user"):
            np.testing.assert_array_equal(getattr(getattr(one, half), name), getattr(getattr(two, half), name))
        assert (np.diff(getattr(one, half).user) >= 0).all(), "thirds before halves"
    assert one.new.values.shape != other.new.values.shape or not np.array_equal(one.new.values, other.new.values)


def test_rows_of_several_windows_are_one_after_the_other():
    one, two = made().new, made(seed=1).new
    both = Rows.of([one, two], len(RECIPE.new_terms))
    np.testing.assert_array_equal(both.weight, np.concatenate([one.weight, two.weight]))
    np.testing.assert_array_equal(both.values[len(one.taken) :], two.values)
    nothing = Rows.of([], 7)
    assert (nothing.values.shape, nothing.taken.dtype, nothing.weight.dtype) == ((0, 7), bool, np.float32)
