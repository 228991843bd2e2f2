from __future__ import annotations

import numpy as np
import pytest

from models.foldin import fold_in
from models.history import History
from models.popularity import log_popularity
from models.ranker import Ranker
from models.terms import Question, cold_user, understand
from tests.models import checkerboard
from tests.models.asked import asked, lived

ARRAYS = checkerboard.form_arrays()
RANKER = Ranker.from_arrays(ARRAYS, checkerboard.form_parameters())
MIXED = History.of(["x", "p04", "y", "p01"], [9, 1, 8, 2], [3, 1, 3, 1.9], [3, 2, 1, 3], [30, 20, 10, 40], 3)


def test_the_known_products_meet_their_rows():
    ask = asked(RANKER, MIXED)
    assert ask.history is MIXED
    assert ask.known.product_ids == ("p04", "p01")
    assert ask.rows.tolist() == [4, 1]
    assert ask.rows.dtype == np.int32
    assert (ask.known.counts.tolist(), ask.known.last_visit.tolist()) == ([1, 2], [2, 3])
    np.testing.assert_array_equal(ask.known.decayed, np.array([1, 1.9], np.float32))
    assert (ask.known.last_at_s.tolist(), ask.known.n_visits, ask.n_unknown) == ([20, 40], 3, 2)


def test_a_history_known_whole_is_taken_as_it_is():
    past = lived([["p00", "p01"]])
    ask = asked(RANKER, past)
    assert ask.known is past
    assert ask.n_unknown == 0


def test_a_history_of_strangers_is_empty_and_keeps_its_visits():
    ask = asked(RANKER, lived([["x1"], ["x2"]]))
    assert (len(ask.known), ask.rows.tolist(), ask.n_unknown, ask.known.n_visits) == (0, [], 2, 2)


@pytest.mark.parametrize(
    ("store", "hour", "store_id", "daypart"),
    [
        (None, None, None, None),
        ("s1", None, "s1", None),
        ("nowhere", 30, None, "morning"),
        ("s0", 167, "s0", "night"),
        ("s0", 0, "s0", "night"),
    ],
)
def test_the_place_and_time(store, hour, store_id, daypart):
    ask = asked(RANKER, MIXED, store, hour)
    assert (ask.store_id, ask.daypart) == (store_id, daypart)
    cell = RANKER.parts.local.cell(ask.store, ask.daypart_number)
    np.testing.assert_array_equal(ask.cell.rows, cell.rows)
    np.testing.assert_array_equal(ask.log_popularity, log_popularity(ARRAYS["popularity_global"], cell, 8.0))


@pytest.mark.parametrize("hour", [-1, 168])
def test_an_hour_outside_the_week_is_refused(hour):
    with pytest.raises(ValueError, match=f"hour_of_week {hour} is not 0 to 167"):
        understand(RANKER.parts, [Question(MIXED, None, hour)])


def test_the_moment_is_kept_as_it_was_given():
    assert asked(RANKER, MIXED).at_s is None
    assert asked(RANKER, MIXED, at_s=0).at_s == 0


@pytest.mark.parametrize("weight", ["counts", "decayed"])
def test_the_factor_user_is_folded_in_by_the_column_stated(weight):
    parameters = checkerboard.form_parameters()
    parameters["als"] = {**parameters["als"], "weight": weight}
    ask = asked(Ranker.from_arrays(ARRAYS, parameters), MIXED)
    confidence = 2.0 * getattr(ask.known, weight)
    np.testing.assert_allclose(ask.confidence, confidence)
    wanted = fold_in(ARRAYS["als_factors"], ARRAYS["als_gram"], ask.rows, confidence, 0.5)
    np.testing.assert_allclose(ask.als_user, wanted, atol=1e-6)
    assert ask.als_user.dtype == np.float32
    np.testing.assert_allclose(ask.normal, ask.normal.T)


def test_the_cold_user_is_the_decayed_mean_and_a_one_for_the_bias():
    factors = np.array([[1, 0, 5], [0, 1, 7], [1, 1, 9]], np.float32)
    user = cold_user(factors, np.array([0, 1], np.int32), np.array([3, 1], np.float32))
    assert user.tolist() == [0.75, 0.25, 1.0]
    assert cold_user(factors, np.empty(0, np.int32), np.empty(0, np.float32)).tolist() == [0, 0, 1]
    ask = asked(RANKER, MIXED)
    np.testing.assert_array_equal(ask.cold_user, cold_user(ARRAYS["cold_factors"], ask.rows, ask.known.decayed))
