"""Tuning: the blend learned on the past beats counting on what comes next, without having seen it."""

import numpy as np
import polars as pl
import pytest

from tests.training import market
from training import tuning
from training.cuts import inner_windows
from training.recipe import Recipe
from training.sales import coded, sales
from training.tuning import Tables, mean_basket, tune

RECIPE = Recipe(als_factors=8, als_iterations=3, blend_others=20)
LINES = coded(sales(market.events().lazy(), market.stores()))


def test_windows_teach_both_halves_and_the_last_is_judged_by_the_earlier_ones():
    windows = inner_windows(LINES, 3)
    told = []
    tuned = tune(LINES, windows, Tables(), RECIPE, lambda *step: told.append(step), validate=True)
    assert (tuned.how, tuned.n_windows) == ("usual and new fitted", 3)
    assert tuned.validation["cut"] == windows[-1].moment.isoformat()
    assert tuned.validation["n_users"] == windows[-1].targets["user_id"].n_unique()
    assert ("tuning on windows of the past", 3, 3) in told
    again = tune(LINES, windows, Tables(), RECIPE, market.silent)
    np.testing.assert_array_equal(tuned.weights, again.weights)
    assert again.validation == {}
    fewer = tune(LINES, windows[:2], Tables(), RECIPE, market.silent)
    assert not np.array_equal(fewer.weights, tuned.weights)


def test_what_happens_in_the_last_window_cannot_change_the_weights_it_is_judged_with():
    windows = inner_windows(LINES, 2)
    whole = tune(LINES, windows, Tables(), RECIPE, market.silent, validate=True)
    other = windows[-1].targets.with_columns(pl.col.product_id.reverse())
    moved = [windows[0], type(windows[1])(windows[1].known, other.unique(), windows[1].moment)]
    changed = tune(LINES, moved, Tables(), RECIPE, market.silent, validate=True)
    for name in ("global_popularity", "personal_frequency"):
        assert changed.validation["baselines"][name]["10"] != whole.validation["baselines"][name]["10"]
    assert not np.array_equal(changed.weights, whole.weights)
    seen: list[np.ndarray] = []
    real = tuning.fit_weights

    def spy(*args):
        found = real(*args)
        seen.append(found[0])
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tuning, "fit_weights", spy)
        tune(LINES, windows, Tables(), RECIPE, market.silent, validate=True)
        tune(LINES, moved, Tables(), RECIPE, market.silent, validate=True)
    np.testing.assert_array_equal(seen[0], seen[2])
    assert not np.array_equal(seen[1], seen[3])


def test_cases_come_from_where_they_are_asked_for():
    windows = inner_windows(LINES, 1)
    asked = []

    def cases_at(window, users):
        asked.append((window.moment, len(users)))
        return window.known.cases(users, 3)

    tune(LINES, windows, Tables(), RECIPE, market.silent, cases_at)
    assert asked == [(windows[0].moment, windows[0].targets["user_id"].n_unique())]


def test_without_windows_the_defaults_hold():
    tuned = tune(LINES, [], Tables(), RECIPE, market.silent, validate=True)
    assert (tuned.how, tuned.n_windows, tuned.validation) == ("defaults", 0, {})
    assert tuned.weights[0] == pytest.approx(np.log(mean_basket(LINES)))


def test_mean_basket_counts_distinct_products_of_a_users_day():
    assert 1 < mean_basket(LINES) < 4
    assert mean_basket(LINES.clear()) == 1
    assert mean_basket(LINES.filter(pl.col.user_id == "u00").head(1)) == 1
