"""Hyperparameters that no fit could use are named, all at once; every one has its limit."""

from dataclasses import fields, replace

import pytest

from training import recipe_limits
from training.errors import TrainingError
from training.recipe import Recipe
from training.recipe_limits import check_recipe


def test_the_recipe_itself_is_sound_and_every_number_of_it_has_a_limit():
    check_recipe(Recipe())
    check_recipe(Recipe(history_limit=None, windows=0, trials=0, blend_others=0))
    named = {*recipe_limits._FROM_ONE, *recipe_limits._FROM_ZERO, *recipe_limits._ABOVE_ZERO, "history_limit"}
    assert {f.name for f in fields(Recipe)} - named == {"usual_terms", "new_terms"}


@pytest.mark.parametrize("name", ["als_alpha", "als_regularization", "blend_c", "popularity_half_life_days"])
@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_what_must_be_above_zero(name, value):
    with pytest.raises(TrainingError, match=rf"change {name} \(now {value}\) above 0"):
        check_recipe(replace(Recipe(), **{name: value}))


@pytest.mark.parametrize("name", ["als_factors", "cold_factors", "cold_epochs", "neighbours", "history_limit"])
def test_what_must_be_one_at_least(name):
    check_recipe(replace(Recipe(), **{name: 1}))
    with pytest.raises(TrainingError, match=rf"{name} \(now 0\) from 1"):
        check_recipe(replace(Recipe(), **{name: 0}))


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(TrainingError, match=r"als_factors .*, windows .*, blend_c "):
        check_recipe(Recipe(als_factors=0, windows=-1, blend_c=0.0))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"usual_terms": ()}, r"usual_terms \(now empty\)"),
        ({"usual_terms": ("habbit",)}, r"usual_terms \(now with 'habbit'\) to names of habit, "),
        ({"new_terms": ("habit",)}, r"new_terms \(now with 'habit'\)"),
        ({"new_terms": ("month", "month")}, r"new_terms \(now with 'month' twice\)"),
    ],
)
def test_a_term_that_is_none_is_named(changes, said):
    with pytest.raises(TrainingError, match=said):
        check_recipe(Recipe(**changes))
