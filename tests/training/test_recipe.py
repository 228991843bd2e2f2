"""The recipe's terms earn their place: without habit, or without neighbours, a town of known ways is understood worse."""

from dataclasses import replace
from datetime import date

import pytest

from models.options import options_of
from models.term_names import GOODS_TERMS, NEAR_TERMS, NEW_TERMS, OWN_TERMS, USER_TERMS, USUAL_TERMS, WIDE_TERMS
from tests.training import market
from training.cuts import global_cut
from training.evaluate import evaluate
from training.recipe import Recipe

HABIT = ("habit", "lately", "count")
NEAR = ("next", "alike")
RECIPE = Recipe(als_factors=4, als_iterations=1, trials=1)
DAY = date(2025, 7, 14)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The town before its last days, and what each person took next."""
    folder = tmp_path_factory.mktemp("town")
    events, targets = global_cut(market.town(), DAY, "UTC")
    events.write_parquet(folder / "events.parquet")
    targets.write_parquet(folder / "targets.parquet")
    return folder / "events.parquet", folder / "targets.parquet"


@pytest.fixture(scope="module")
def whole(files):
    """With every term of the default recipe."""
    return evaluate(*files, ks=(5, 10), recipe=RECIPE)


def without(names):
    kept = {f"{half}_terms": getattr(RECIPE, f"{half}_terms") for half in ("usual", "new")}
    return replace(RECIPE, **{key: tuple(term for term in terms if term not in names) for key, terms in kept.items()})


def test_the_habit_terms_earn_their_place(files, whole):
    bare = evaluate(*files, ks=(5, 10), recipe=without(HABIT))
    assert bare["params"]["blend_how"] == whole["params"]["blend_how"] == "usual and new fitted"
    assert whole["k"]["5"]["ndcg"] > bare["k"]["5"]["ndcg"] + 0.025
    assert whole["repeat"]["5"]["ndcg"] > bare["repeat"]["5"]["ndcg"] + 0.025


def test_the_neighbour_terms_earn_their_place(files, whole):
    bare = evaluate(*files, ks=(5, 10), recipe=without(NEAR))
    assert bare["params"]["blend_how"] == "usual and new fitted"
    assert whole["k"]["10"]["recall"] > bare["k"]["10"]["recall"] + 0.04
    assert whole["explore"]["10"]["recall"] > bare["explore"]["10"]["recall"] + 0.4


def test_all_of_it_beats_every_way_of_counting(whole):
    for board in whole["baselines"].values():
        assert whole["k"]["10"]["recall"] > board["k"]["10"]["recall"] + 0.1
        assert whole["k"]["10"]["ndcg"] > board["k"]["10"]["ndcg"] + 0.1


def test_the_default_recipe_holds_habit_and_neighbours():
    assert set(HABIT) <= set(Recipe().usual_terms)
    assert set(NEAR) <= set(Recipe().new_terms)
    assert set(NEAR) <= set(NEAR_TERMS)
    assert set(NEAR) & set(Recipe().usual_terms)


def test_every_term_is_known_to_the_arithmetic_and_of_the_right_half():
    recipe = Recipe()
    assert set(recipe.usual_terms) <= set(USUAL_TERMS)
    assert set(recipe.new_terms) <= set(NEW_TERMS)
    assert not set(recipe.new_terms) & set(OWN_TERMS), "what is not owned has no habit"
    for terms in (recipe.usual_terms, recipe.new_terms):
        assert len(set(terms)) == len(terms)
        assert set(terms) <= {
            *OWN_TERMS, *USER_TERMS, *GOODS_TERMS, *NEAR_TERMS, *WIDE_TERMS, "popularity", "rebuy",
        }  # fmt: skip


def test_its_parameters_are_what_the_arithmetic_reads():
    recipe = Recipe(als_alpha=2.5)
    options = options_of({**recipe.parameters(), "mean_basket": 3.0})
    assert (options.usual_terms, options.new_terms) == (recipe.usual_terms, recipe.new_terms)
    assert (options.goods_terms, options.mean_basket, options.als_alpha) == (GOODS_TERMS, 3.0, 2.5)
