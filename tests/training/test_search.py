"""The search: seeded, inside the history, judged by people who taught the trial nothing, and slow to leave the recipe."""

from dataclasses import replace

import numpy as np
import pytest

from tests.training import market
from training import search as room
from training import tuning
from training.cuts import inner_windows
from training.metrics import measure
from training.ranked import rank
from training.recipe import Recipe
from training.sales import coded, sales
from training.search import C_RANGE, K, Searched, is_asked, search
from training.tuning import Tables, tune

RECIPE = Recipe(blend_others=20, trials=4)


@pytest.fixture(scope="module")
def folds():
    """Three windows of the market, as tuning hands them over."""
    lines = coded(sales(market.events(160).lazy(), market.stores()))
    handed = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tuning, "search", lambda folds, recipe, report: handed.extend(folds) or Searched(recipe))
        tune(lines, inner_windows(lines, 3), Tables(), RECIPE, market.silent)
    return handed


def test_the_recipes_own_is_tried_first_and_a_rerun_tries_the_same(folds):
    told = []
    found = search(folds, RECIPE, lambda *step: told.append(step))
    assert len(found.trials) == RECIPE.trials
    assert found.trials[0]["blend_c"] == RECIPE.blend_c
    assert all(C_RANGE[0] <= trial["blend_c"] <= C_RANGE[1] for trial in found.trials)
    assert all(0 < trial["value"] < 1 for trial in found.trials)
    assert len({trial["blend_c"] for trial in found.trials}) == RECIPE.trials
    assert search(folds, RECIPE, market.silent) == found
    assert search(folds, replace(RECIPE, seed=5), market.silent).trials[1:] != found.trials[1:]
    assert told[-1] == ("searching hyperparameters", 4, 4)
    assert replace(found.recipe, blend_c=RECIPE.blend_c) == RECIPE, "nothing else is touched"


def test_with_too_little_to_choose_by_the_recipe_stands(folds, monkeypatch):
    for few, recipe in ((folds[:1], RECIPE), ([], RECIPE), (folds, replace(RECIPE, trials=1))):
        assert search(few, recipe, market.silent) == Searched(recipe)
    asked = min(sum(is_asked(case.user_id) for case in fold.cases) for fold in folds)
    monkeypatch.setattr(room, "LEAST_ASKED", asked + 1)
    assert search(folds, RECIPE, market.silent) == Searched(RECIPE)
    monkeypatch.setattr(room, "LEAST_ASKED", asked)
    assert search(folds, RECIPE, market.silent).trials


@pytest.mark.parametrize(("ahead", "left"), [(0.002, False), (0.2, True)])
def test_what_is_better_by_chance_alone_is_not_taken(folds, monkeypatch, ahead, left):
    def made_up(folds, number, cases, recipe):
        noise = np.random.default_rng([number, int(recipe.blend_c * 1e7)]).normal(0, 0.1, 30)
        return 0.3 + noise - noise.mean() + ahead * (recipe.blend_c != RECIPE.blend_c)

    monkeypatch.setattr(room, "_held_out", made_up)
    found = search(folds, RECIPE, market.silent)
    best = max(found.trials, key=lambda trial: trial["value"])
    assert best["blend_c"] != RECIPE.blend_c
    assert (found.recipe.blend_c != RECIPE.blend_c) == left
    if left:
        assert found.recipe.blend_c == best["blend_c"]


def test_a_trial_learns_from_the_other_windows_and_from_no_one_who_judges(folds, monkeypatch):
    learned, asked = [], []
    real = room.fit_blend

    def spy(designs, basket, recipe):
        learned.append(designs)
        return real(designs, basket, recipe)

    monkeypatch.setattr(room, "fit_blend", spy)
    held_out = room._held_out
    monkeypatch.setattr(
        room,
        "_held_out",
        lambda folds, number, cases, recipe: asked.append(cases) or held_out(folds, number, cases, recipe),
    )
    search(folds, replace(RECIPE, trials=2, search_users=25), market.silent)
    for trial in range(2):
        for number in range(3):
            designs = learned[3 * trial + number]
            assert [id(design) for design in designs] == [
                id(fold.design) for at, fold in enumerate(folds) if at != number
            ]
            cases = asked[3 * trial + number]
            assert 20 <= len(cases) <= 25
            assert all(is_asked(case.user_id) for case in cases)
            assert cases == asked[number], "every trial is asked the same"


def test_a_value_is_the_mean_of_recall_ndcg_and_hits_by_a_second_way_of_counting(folds):
    found = search(folds, replace(RECIPE, trials=2), market.silent).trials[0]
    each = []
    for fold in folds:
        cases = [case for case in fold.cases if is_asked(case.user_id)]
        blend = room.fit_blend([other.design for other in folds if other is not fold], folds[0].basket, RECIPE)
        ids = np.array(fold.parts.ranker().product_ids.ids)
        ranked = rank(fold.parts.ranker(blend.arrays), cases, K, market.silent)
        taken = [fold.taken[case.user_id] for case in cases]
        hits = np.array([np.isin(ids[rows], list(basket)) for rows, basket in zip(ranked, taken, strict=True)])
        board = measure(hits, np.array([len(basket) for basket in taken]))
        each.append(np.mean([board[name] for name in ("recall", "ndcg", "hit_rate")]))
    assert found["value"] == pytest.approx(np.mean(each))


def test_about_a_fifth_of_all_ids_judge_always_the_same():
    ids = [f"user-{number}" for number in range(5000)]
    assert 0.18 < np.mean([is_asked(name) for name in ids]) < 0.22
    assert [name for name in "0123456789" if is_asked(name)] == ["6"], "the same on every machine and in every run"
