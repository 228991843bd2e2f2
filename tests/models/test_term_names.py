"""The names are the artifact's: one that goes, or changes its meaning, makes older artifacts unreadable."""

from __future__ import annotations

import pytest

from models import term_names
from models.term_names import NEAR_TERMS, NEW_TERMS, OWN_TERMS, TERMS, USUAL_TERMS, WIDE_TERMS
from tests.models import checkerboard


@pytest.mark.parametrize("names", [TERMS, USUAL_TERMS, NEW_TERMS])
def test_no_name_twice(names):
    assert len(set(names)) == len(names)


def test_a_linear_blend_is_of_dense_and_history_terms():
    assert TERMS == term_names.DENSE_TERMS + term_names.HISTORY_TERMS
    assert set(checkerboard.WEIGHTS) <= set(TERMS), "the golden artifact's terms"


def test_the_usual_know_all_of_the_new_and_what_a_history_says():
    assert set(USUAL_TERMS) - set(NEW_TERMS) == set(OWN_TERMS)
    assert {*NEAR_TERMS, *WIDE_TERMS} <= set(NEW_TERMS)


def test_the_kinds_of_terms_do_not_overlap():
    kinds = [getattr(term_names, f"{kind}_TERMS") for kind in ("USER", "OWN", "GOODS", "NEAR", "WIDE")]
    every = [name for kind in kinds for name in kind]
    assert len(set(every)) == len(every)
    assert set(USUAL_TERMS) == {*every, "popularity", "rebuy"}
    assert set(checkerboard.SPANS) == set(USUAL_TERMS)
