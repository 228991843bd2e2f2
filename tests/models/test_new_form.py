"""The form of what nobody owns says of some products what it says of all, to the last bit, whatever else is asked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.block import Block
from models.new_form import NewForm
from models.ragged import Ragged
from models.ranker import Ranker
from models.signals import signals_of
from models.term_names import NEAR_TERMS, USER_TERMS, WIDE_TERMS
from tests.models import checkerboard
from tests.models.asked import AT_S, HOUR, STORE, VISITS, N, asked, lived
from tests.models.some_forms import without

RANKERS = {
    "all": Ranker.from_arrays(checkerboard.form_arrays(), checkerboard.form_parameters()),
    "no near": without(NEAR_TERMS),
    "no wide": without(WIDE_TERMS),
    "no user": without(USER_TERMS),
    "no here": without(("here",)),
}
QUESTION = st.tuples(VISITS.map(lived), STORE, HOUR, AT_S)


@pytest.mark.parametrize("kind", RANKERS)
@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(QUESTION, st.lists(st.integers(0, N - 1), max_size=5)), min_size=1, max_size=4))
def test_some_products_are_scored_as_all_are(kind, questions):
    ranker = RANKERS[kind]
    new, signals = ranker.blend.new, signals_of(Block.of([asked(ranker, *question) for question, _ in questions]))
    told, rows = new.told(signals), [np.array(some, np.int64) for _, some in questions]
    whole = [new.every(signals, number, one)[some] for number, (one, some) in enumerate(zip(told, rows, strict=True))]
    fresh = signals_of(signals.block)  # which has reckoned no wide term yet
    np.testing.assert_array_equal(new.some(fresh, told, Ragged.of_each(rows)), np.concatenate(whole))


def test_what_a_factor_model_says_moves_and_the_place_does_not():
    assert isinstance(RANKERS["all"].blend.new, NewForm)
    moving = {kind: ranker.blend.new.moving for kind, ranker in RANKERS.items()}
    assert (moving["all"], moving["no here"], moving["no wide"]) == (("als", "cold"), ("als", "cold"), ())
