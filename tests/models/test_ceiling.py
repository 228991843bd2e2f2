"""No product scores more than the ceiling lets it, and the ceiling is low enough to spare some."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.block import Block
from models.ceiling import Ceiling
from models.ranker import Ranker
from models.signals import signals_of
from models.term_names import NEAR_TERMS, USER_TERMS, WIDE_TERMS
from tests.models import checkerboard
from tests.models.asked import AT_S, HOUR, STORE, VISITS, N, asked, lived
from tests.models.some_forms import chosen, weighed, without


def paired(terms: tuple[str, str], weight: float) -> Ranker:
    """The new form is the product of two terms, which may stand to 9 at most."""
    arrays, parameters = chosen(["count"], terms)
    arrays["new_range"] = np.tile(np.array([0, 9, 0], np.float32), (2, 1))
    arrays["new_matrix"] = np.zeros((3, 3), np.float32)
    arrays["new_matrix"][0, 1] = arrays["new_matrix"][1, 0] = weight / 2.0
    return Ranker.from_arrays(arrays, parameters)


FORMS = Ranker.from_arrays(checkerboard.form_arrays(), checkerboard.form_parameters())
RANKERS = {
    "all": FORMS,
    "no near": without(NEAR_TERMS),
    "no wide": without(WIDE_TERMS),
    "no user": without(USER_TERMS),
    "turned": weighed({"count": 1.0}, {"als": -1.0, "cold": -2.0, "together": -1.0, "here": -0.5, "visits": -1.0}),
    **{f"{weight} {name}": weighed({"count": 1.0}, {name: weight}) for name in WIDE_TERMS for weight in (-3.0, 3.0)},
    "pairs of users": paired(("visits", "basket"), 1.0),
    "pairs of near": paired(("together", "alike"), 1.0),
    "pairs of both": paired(("visits", "together"), 1.0),
    "pairs of both, turned": paired(("visits", "together"), -1.0),
    "much of both": paired(("visits", "together"), 100.0),
}


def hopeful(ranker: Ranker, question, least, owned=()):
    """Of one question, with what it reads reckoned anew."""
    block = Block.of([asked(ranker, *question)])
    new, signals = ranker.blend.new, signals_of(block)
    told = new.told(signals)
    (step,), (more,) = ranker.blend.ceiling.asked(block.asks, told)
    scores = new.every(signals, 0, told[0])
    return scores, ranker.blend.ceiling.hopeful(step, least(scores) - more, np.array(owned, np.int64)).tolist()


@pytest.mark.parametrize("kind", RANKERS)
@settings(max_examples=40, deadline=None)
@given(VISITS.map(lived), STORE, HOUR, AT_S, st.integers(0, N - 1))
def test_whoever_may_reach_the_score_of_another_has_hope(kind, past, store, hour, at_s, row):
    scores, found = hopeful(RANKERS[kind], (past, store, hour, at_s), lambda scores: scores[row])
    assert set(np.flatnonzero(scores >= scores[row]).tolist()) <= set(found)


def test_the_owned_and_what_is_not_there_have_none():
    question = (checkerboard.history(0), "s0", 8, None)
    assert hopeful(FORMS, question, lambda _: -1e9, [3, 5])[1] == [row for row in range(N) if row not in (3, 5)]
    assert hopeful(FORMS, question, lambda _: np.inf)[1] == []


def test_some_are_spared():
    ranker = Ranker.from_arrays(*chosen(["count"], ["visits", "popularity", "here", "cold"]))
    scores, found = hopeful(ranker, (checkerboard.history(0), "s0", 8, None), lambda scores: scores.max())
    assert int(np.argmax(scores)) in found
    assert len(found) < N


def test_where_a_bound_is_no_number_nothing_is_spared():
    arrays, parameters = chosen(["count"], ["visits", "popularity", "together"])
    ranker = Ranker.from_arrays(arrays, parameters)
    new = ranker.blend.new
    new.base[3] = np.nan
    assert np.isposinf(Ceiling.of(ranker.parts, new).leans[1, :N]).all()
