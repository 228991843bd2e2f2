"""A wide term says of some products what it says of all."""

from __future__ import annotations

import numpy as np
import pytest

from models.ragged import Ragged
from models.ranker import Ranker
from models.term_names import WIDE_TERMS
from models.wide import Wide, wide_term
from tests.models import checkerboard
from tests.models.asked import N, asked

ARRAYS = checkerboard.form_arrays()
RANKER = Ranker.from_arrays(ARRAYS, checkerboard.form_parameters())
FLAT = Ranker.from_arrays(
    {**ARRAYS, "cold_factors": np.zeros_like(ARRAYS["cold_factors"])}, checkerboard.form_parameters()
)
ROWS = [np.array([3, 16, 0]), np.empty(0, np.int64), np.arange(N)]


def asks(ranker):
    return [asked(ranker, checkerboard.history(user), store, 8) for user, store in enumerate(("s0", None, "s1"))]


@pytest.mark.parametrize("ranker", [RANKER, FLAT], ids=["tastes", "no tastes"])
@pytest.mark.parametrize("name", WIDE_TERMS)
@pytest.mark.parametrize("read", [(), (1,), (0, 1, 2)])
def test_of_some_rows_it_says_what_it_says_of_all(ranker, name, read):
    wide = Wide(asks(ranker), name)
    for number in read:
        np.testing.assert_array_equal(wide[number], wide_term(asks(ranker)[number], name))
    wanted = np.concatenate([wide_term(ask, name)[rows] for ask, rows in zip(asks(ranker), ROWS, strict=True)])
    found = wide.at(Ragged.of_each(ROWS))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, wanted)


def test_all_is_reckoned_once():
    wide = Wide(asks(RANKER), "cold")
    assert wide[1] is wide[1]
