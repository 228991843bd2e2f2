"""Hyperparameters that no fit could use are refused before an hour is spent on them."""

from __future__ import annotations

import math

from models.term_names import NEW_TERMS, USUAL_TERMS
from training.errors import TrainingError
from training.recipe import Recipe

_FROM_ONE = (
    "als_factors", "als_iterations", "cold_factors", "cold_epochs", "cold_pairs", "neighbours", "neighbour_visits",
    "alike_kinds", "blend_rows", "search_users",
)  # fmt: skip
_FROM_ZERO = (
    "popularity_strength_per_product", "rhythm_strength", "rebuy_strength", "windows", "blend_usual", "blend_others",
    "user_power", "trials", "seed",
)  # fmt: skip
_ABOVE_ZERO = (
    "als_regularization", "als_alpha", "popularity_half_life_days", "popularity_strength", "response_slope", "blend_c",
    "blend_new_ease",
)  # fmt: skip


def check_recipe(recipe: Recipe) -> None:
    """TrainingError naming every hyperparameter that is out of its range or not finite, with what it may be."""
    wrong = [*_below(recipe, _FROM_ONE, "from 1", 1.0), *_below(recipe, _FROM_ZERO, "from 0", 0.0)]
    wrong += _below(recipe, _ABOVE_ZERO, "above 0", math.ulp(0.0))
    if recipe.history_limit is not None and recipe.history_limit < 1:
        wrong.append(f"history_limit (now {recipe.history_limit}) from 1, or None for all")
    wrong += [*_unknown(recipe, "usual_terms", USUAL_TERMS), *_unknown(recipe, "new_terms", NEW_TERMS)]
    if not recipe.usual_terms:
        wrong.append("usual_terms (now empty) to hold a term at least")
    if wrong:
        raise TrainingError(f"the recipe cannot be fitted; change {', '.join(wrong)}")


def _unknown(recipe: Recipe, field: str, known: tuple[str, ...]) -> list[str]:
    terms = getattr(recipe, field)
    strange = sorted({*terms} - {*known})
    twice = sorted({term for term in terms if terms.count(term) > 1})
    said = f"to names of {', '.join(known)}"
    return [f"{field} (now with {why}) {said}" for why in (*map(repr, strange), *(f"{name!r} twice" for name in twice))]


def _below(recipe: Recipe, names: tuple[str, ...], said: str, least: float) -> list[str]:
    values = {name: getattr(recipe, name) for name in names}
    # Written so that NaN, which compares with nothing, is out of range too.
    return [f"{name} (now {value}) {said}" for name, value in values.items() if not least <= value < math.inf]
