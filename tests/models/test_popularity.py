from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.popularity import Cell, LocalCounts, lift, log_popularity

SHARES = np.array([0.5, 0.25, 0.125, 0.125])
LOG = np.log(SHARES).astype(np.float32)


@pytest.fixture
def local() -> LocalCounts:
    """Four products. s0: morning {0: 3, 2: 1}, evening {}. s1: morning {2: 5}, evening {3: 2}."""
    return LocalCounts.of(
        np.array([0, 2, 2, 3, 4]), np.array([0, 2, 2, 3], np.int32), np.array([3, 1, 5, 2], np.float32), 4, 2
    )


@pytest.mark.parametrize(
    ("store", "daypart", "counts"),
    [
        (0, 0, {0: 3, 2: 1}),
        (0, 1, {}),
        (1, 0, {2: 5}),
        (0, None, {0: 3, 2: 1}),
        (1, None, {2: 5, 3: 2}),
        (None, 0, {0: 3, 2: 6}),
        (None, 1, {3: 2}),
        (None, None, {}),
    ],
)
def test_the_cell_of_a_place_and_time(local, store, daypart, counts):
    cell = local.cell(store, daypart)
    assert dict(zip(cell.rows.tolist(), cell.counts.tolist(), strict=True)) == counts
    assert cell.total == sum(counts.values())


def test_shrinks_to_the_chain_by_the_formula():
    cell = Cell(np.array([1, 3], np.int32), np.array([6, 2], np.float32), 8.0)
    wanted = (np.array([0, 6, 0, 2]) + 4 * SHARES) / 12
    np.testing.assert_allclose(np.exp(log_popularity(LOG, cell, 4.0)), wanted, rtol=1e-6)


def test_no_data_gives_the_chain():
    np.testing.assert_array_equal(log_popularity(LOG, Cell.empty(), 4.0), LOG)


@given(arrays(np.float32, 4, elements=st.sampled_from([0, 1, 2, 50])), st.floats(0.01, 1e6))
def test_always_a_density_and_float32(counts, strength):
    logs = log_popularity(LOG, Cell.dense(counts), strength)
    assert logs.dtype == np.float32
    assert np.exp(logs.astype(np.float64)).sum() == pytest.approx(1.0, rel=1e-4)


def test_strength_moves_between_the_cell_and_the_chain():
    cell = Cell.dense(np.array([0, 10, 0, 0], np.float32))
    np.testing.assert_allclose(np.exp(log_popularity(LOG, cell, 1e-3)), [0, 1, 0, 0], atol=1e-3)
    np.testing.assert_allclose(np.exp(log_popularity(LOG, cell, 1e6)), SHARES, atol=1e-4)


def test_the_chains_shares_are_left_as_they_were():
    before = LOG.copy()
    log_popularity(LOG, Cell.dense(np.array([0, 10, 0, 0], np.float32)), 1.0)
    np.testing.assert_array_equal(LOG, before)


def test_lift_is_how_much_more_it_sold_than_expected():
    cell = Cell(np.array([1, 3], np.int32), np.array([6, 2], np.float32), 8.0)
    found = lift(LOG, cell, 4.0)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [0, np.log((6 + 4 * 0.25) / (4 * 0.25)), 0, np.log((2 + 0.5) / 0.5)], rtol=1e-6)


def test_lift_is_the_shrunk_share_over_the_chains_but_for_a_constant():
    cell = Cell(np.array([1, 3], np.int32), np.array([6, 2], np.float32), 8.0)
    over = log_popularity(LOG, cell, 4.0) - LOG
    np.testing.assert_allclose(lift(LOG, cell, 4.0), over - over[0], atol=1e-6)


def test_lift_is_nought_where_nothing_is_known():
    assert not lift(LOG, Cell.empty(), 4.0).any()
    assert lift(LOG, Cell.empty(), 4.0).shape == (4,)


@given(arrays(np.float32, 4, elements=st.sampled_from([0, 1, 2, 50])), st.floats(0.01, 1e6))
def test_lift_is_above_nought_for_what_sold_and_nought_for_the_rest(counts, strength):
    found = lift(LOG, Cell.dense(counts), strength)
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found > 0, counts > 0)
    more = lift(LOG, Cell.dense(counts * 2), strength)
    assert (more >= found).all()


def test_strength_shrinks_the_lift():
    cell = Cell.dense(np.array([0, 10, 0, 0], np.float32))
    assert lift(LOG, cell, 1.0)[1] > lift(LOG, cell, 100.0)[1] > 0
    assert lift(LOG, cell, 1e9)[1] < 1e-6
