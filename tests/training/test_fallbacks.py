"""What a fit lacked is said, each in its own words; a fit that lacked nothing says nothing."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.training import market
from training.blend import Blend
from training.cases import Known
from training.catalogue import catalogue_of
from training.fallbacks import fallbacks
from training.recipe import Recipe
from training.sales import coded, sales
from training.tuning import Tuned

LINES = coded(sales(market.events().lazy(), market.stores()))
KNOWN, CATALOGUE = Known(LINES), catalogue_of(LINES, market.products(), market.stores())
RECIPE, AT = Recipe(), datetime(2025, 7, 1, tzinfo=UTC)
RICH = Tuned(
    Blend({}, "usual and new fitted"), RECIPE, ({"blend_c": 0.01, "value": 0.5},), 4, {"blend": "usual and new fitted"}
)


def told(known=KNOWN, catalogue=CATALOGUE, moments=(AT,) * 4, tuned=RICH, judged=True):
    return fallbacks(known, catalogue, moments, tuned, judged)


def few(n_users, n_days=market.N_DAYS):
    lines = coded(sales(market.events(n_users, n_days).lazy(), market.stores()))
    return {"known": Known(lines), "catalogue": catalogue_of(lines, market.products(), market.stores())}


def test_where_nothing_was_missing_nothing_is_said():
    assert told() == ()
    assert told(moments=(AT,) * 3, tuned=replace(RICH, n_windows=3, validation={}), judged=False) == ()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tuned": replace(RICH, blend=Blend({}, "usual fitted"), validation={"blend": "usual fitted"})},
         "usual fitted, the rest by default (new: fewer than 50 first purchases of a product)"),
        ({"tuned": replace(RICH, blend=Blend({}, "defaults"), validation={"blend": "defaults"})},
         "all by default (usual: fewer than 50 repeat purchases; new: fewer than 50 first"),
        ({"tuned": replace(RICH, trials=())}, "not searched: a window has fewer than 20 users to judge by"),
        ({"tuned": replace(RICH, trials=(), n_windows=2)}, "not searched: fewer than two windows to compare on"),
        ({"tuned": replace(RICH, validation={})}, "could not be compared with the baselines"),
        ({"tuned": replace(RICH, validation={"blend": "defaults"})}, "fewer windows to learn from (defaults), not of this one"),
        ({"moments": (AT,) * 3}, "tuned on 3 windows of the past, where 4 were wanted"),
        ({"moments": (None, None)}, "tuned on each user's own last visits instead"),
        ({"moments": ()}, "no past day could be asked about (0 of 80 users came on one day only): nothing was tuned"),
        ({"catalogue": replace(CATALOGUE, stores=[])}, "no store is known"),
        ({"catalogue": replace(CATALOGUE, categories=[None] * 37)}, "no product has a category: LightFM was not fitted"),
        (few(1), "fewer than two known users: popularity and habit only, no factors"),
        (few(4, 4), "no product has 5 buyers: no neighbours"),
    ],
)  # fmt: skip
def test_each_lack_is_told(changes, words):
    assert any(words in note for note in told(**changes)), told(**changes)


def test_what_the_recipe_does_not_ask_for_is_not_missed():
    bare = replace(RECIPE, new_terms=("popularity",), trials=1)
    tuned = replace(RICH, recipe=bare, trials=())
    assert told(tuned=tuned, catalogue=replace(CATALOGUE, categories=[None] * 37)) == ()
