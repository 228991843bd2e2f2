from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import habit
from models.block import Block
from models.history import History
from models.ragged import Ragged
from models.ranker import Ranker
from tests.models import checkerboard
from tests.models.asked import VISITS, N, asked, lived

RANKER = Ranker.from_arrays(checkerboard.form_arrays(), checkerboard.form_parameters())
PASTS = st.lists(VISITS.map(lived), min_size=1, max_size=4)


def block(pasts) -> Block:
    return Block.of([asked(RANKER, past) for past in pasts])


@given(PASTS)
def test_the_columns_are_the_known_histories_end_to_end(pasts):
    found, known = block(pasts), [asked(RANKER, past).known for past in pasts]
    for name in ("counts", "decayed", "visits_since", "last_at_s"):
        np.testing.assert_array_equal(getattr(found, name), np.concatenate([getattr(past, name) for past in known]))
    assert found.owned.rows.tolist() == [RANKER.product_ids.row[name] for past in known for name in past.product_ids]
    assert found.n_visits.tolist() == [past.n_visits for past in known for _ in past.product_ids]
    for mean, past in zip(found.mean_since.tolist(), known, strict=True):
        assert mean == pytest.approx(past.visits_since.mean() if len(past) else 0.0)


@given(PASTS, st.lists(st.integers(0, N - 1), max_size=6))
def test_a_place_is_where_the_question_owns_the_row(pasts, rows):
    found = block(pasts)
    told = Ragged.of_each([np.array(rows, np.int64)] * len(pasts))
    for place, row, of in zip(found.places(told).tolist(), told.rows.tolist(), told.of.tolist(), strict=True):
        owns = RANKER.product_ids.ids[row] in pasts[of].product_ids
        assert owns == (place >= 0)
        assert not owns or (found.owned.rows[place], found.owned.of[place]) == (row, of)


def test_a_history_need_not_be_sorted():
    past = History.of(["p09", "p02", "p05"], [1, 2, 3], [1, 1.9, 2.5], [3, 2, 1], [3, 2, 1], 3)
    told = Ragged.of_each([np.array([5, 9, 2, 3])])
    assert block([past]).places(told).tolist() == [2, 0, 1, -1]


@given(PASTS)
def test_what_a_history_says_it_says_in_a_block(pasts):
    found, known = block(pasts), [asked(RANKER, past).known for past in pasts]
    terms = (habit.habit, habit.lately, habit.latest, habit.count, habit.recency, habit.due, habit.ready)
    for term in terms:
        np.testing.assert_array_equal(term(found), np.concatenate([term(past) for past in known]))
