"""What is reckoned of some columns is what is reckoned of all, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

from models.lanes import LANES, Lanes, widened
from models.ragged import Ragged


@pytest.mark.parametrize(("n", "wide"), [(0, 0), (1, LANES), (LANES, LANES), (LANES + 1, 2 * LANES)])
def test_columns_are_widened_to_whole_strides(n, wide):
    found = widened(np.ones((2, n)), -np.inf)
    assert (found.shape, found.dtype, found.flags.c_contiguous) == ((2, wide), np.float32, True)
    assert (found[:, :n] == 1.0).all()
    assert np.isneginf(found[:, n:]).all()


def test_each_question_has_whole_strides_of_its_own():
    wanted = Ragged.of_each([np.array([7, 9]), np.empty(0, np.int64), np.arange(LANES + 1)])
    lanes = Lanes.of(wanted)
    assert lanes.bounds == (0, LANES, LANES, 3 * LANES)
    np.testing.assert_array_equal(lanes.rows.take(lanes.at), wanted.rows)
    np.testing.assert_array_equal(lanes.question.take(lanes.at), wanted.of)
    np.testing.assert_array_equal(lanes.question, np.repeat([0, 2], [LANES, 2 * LANES]))
    assert not np.delete(lanes.rows, lanes.at).any(), "row 0 fills up"
    spread = lanes.spread(np.arange(1, len(wanted.rows) + 1, dtype=np.float32))
    assert spread.take(lanes.at).tolist() == list(range(1, len(wanted.rows) + 1))
    assert not np.delete(spread, lanes.at).any()


@pytest.mark.parametrize("terms", [2, 3, 6, 17, 33])
def test_a_column_gives_the_same_sum_wherever_it_stands(terms):
    rng = np.random.default_rng(terms)
    for n in (LANES - 15, 5 * LANES + 3, 4200):
        columns, step = widened(rng.standard_normal((terms, n))), rng.standard_normal(terms).astype(np.float32)
        whole = step @ columns
        for _ in range(20):
            rows = rng.choice(n, int(rng.integers(1, min(n, 300))), replace=False)
            lanes = Lanes.of(Ragged.of_each([rows, rows[:1]]))
            some = columns.T.copy().take(lanes.rows, axis=0).T.copy()
            for start, end, wanted in zip(lanes.bounds, lanes.bounds[1:], (rows, rows[:1]), strict=False):
                np.testing.assert_array_equal((step @ some[:, start:end])[: len(wanted)], whole[wanted])
