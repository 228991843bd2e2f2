from __future__ import annotations

import numpy as np
import pytest

from models import habit
from models.history import DECAY, History, add_visit


@pytest.fixture
def four_visits() -> History:
    """bagel on visit 1 only; latte on every visit; mocha on visits 1 and 3."""
    history = History.empty()
    for at_s, products in enumerate([["bagel", "latte", "mocha"], ["latte"], ["latte", "mocha"], ["latte"]]):
        history = add_visit(history, products, at_s)
    return history


def test_decayed_share_is_one_for_what_every_visit_has(four_visits):
    total = sum(DECAY**i for i in range(4))
    wanted = [DECAY**3 / total, 1.0, (DECAY**3 + DECAY) / total]
    np.testing.assert_allclose(habit.decayed_share(four_visits), wanted, rtol=1e-6)
    np.testing.assert_allclose(habit.habit(four_visits), np.log(wanted), atol=1e-6)


def test_counts_gaps_and_times(four_visits):
    np.testing.assert_allclose(habit.count(four_visits), np.log([1, 4, 2]), rtol=1e-6)
    np.testing.assert_allclose(habit.recency(four_visits), np.log1p([3, 0, 1]), rtol=1e-6)
    np.testing.assert_allclose(habit.mean_gap(four_visits), [4, 1, 2])
    np.testing.assert_allclose(habit.due(four_visits), np.log1p([0.75, 0, 0.5]), rtol=1e-6)


def test_lately_knows_one_purchase_exactly_and_estimates_more():
    def share(visits_since: list[int], n_visits: int) -> float:
        return sum(0.9**since for since in visits_since) * 0.1 / (1.0 - 0.9**n_visits)

    history = History.of(
        ["once", "even", "stopped"],
        [1, 5, 5],
        [DECAY**7, sum(DECAY**since for since in (0, 2, 4, 6, 8)), sum(DECAY**since for since in (5, 6, 7, 8, 9))],
        [13, 20, 15],
        [0, 0, 0],
        20,
    )
    found = np.exp(habit.lately(history)) - 0.01
    assert found[0] == pytest.approx(share([7], 20), rel=1e-4)
    assert found[1] == pytest.approx(share([0, 2, 4, 6, 8], 20), rel=0.05)
    assert found[2] == pytest.approx(share([5, 6, 7, 8, 9], 20), rel=0.05)
    assert habit.decayed_share(history)[2] > 0.85 * habit.decayed_share(history)[1]
    assert found[2] < 0.75 * found[1], "what stopped falls away faster than in the slow decay"


def test_rebuy_reads_the_row_of_each_product():
    rates = np.array([0.5, 0.25, 1.0], np.float32)
    np.testing.assert_allclose(habit.rebuy(rates, np.array([2, 0], np.int32)), np.log([1.0, 0.5]))


def test_habit_is_finite_and_never_above_zero_over_a_long_life():
    history = History.empty()
    for at_s in range(700):
        history = add_visit(history, ["latte", *(["bagel"] if at_s == 0 else [])], at_s)
    values = habit.habit(history)
    assert np.isfinite(values).all()
    assert values.max() <= 0.0
    assert values[1] == pytest.approx(0.0, abs=1e-4)


def test_an_empty_history_gives_empty_terms():
    for term in (habit.habit, habit.count, habit.recency, habit.due, habit.mean_gap, habit.decayed_share):
        assert term(History.empty()).shape == (0,)
        assert term(History.empty()).dtype == np.float32


def test_every_term_is_float32(four_visits):
    for term in (habit.habit, habit.count, habit.recency, habit.due, habit.mean_gap, habit.decayed_share):
        assert term(four_visits).dtype == np.float32
