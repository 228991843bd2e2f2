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


@pytest.mark.parametrize(("term", "decay"), [(habit.lately, 0.9), (habit.latest, 0.8)])
def test_faster_shares_know_one_purchase_exactly_and_estimate_more(term, decay):
    def share(visits_since: list[int], n_visits: int) -> float:
        return sum(decay**since for since in visits_since) * (1.0 - decay) / (1.0 - decay**n_visits)

    history = History.of(
        ["once", "even", "stopped"],
        [1, 5, 5],
        [DECAY**7, sum(DECAY**since for since in (0, 2, 4, 6, 8)), sum(DECAY**since for since in (5, 6, 7, 8, 9))],
        [13, 20, 15],
        [0, 0, 0],
        20,
    )
    found = np.exp(term(history)) - 0.01
    assert found[0] == pytest.approx(share([7], 20), rel=1e-4)
    assert found[1] == pytest.approx(share([0, 2, 4, 6, 8], 20), rel=0.1)
    assert found[2] == pytest.approx(share([5, 6, 7, 8, 9], 20), rel=0.1)
    assert habit.decayed_share(history)[2] > 0.85 * habit.decayed_share(history)[1]
    assert found[2] < 0.75 * found[1], "what stopped falls away faster than in the slow decay"


def test_lately_estimates_within_a_twentieth():
    history = History.of(["even"], [5], [sum(DECAY**since for since in (0, 2, 4, 6, 8))], [20], [0], 20)
    wanted = sum(0.9**since for since in (0, 2, 4, 6, 8))
    assert habit.fading(history, 0.9)[0, 0] == pytest.approx(wanted, rel=0.05)


def test_fading_is_a_row_for_each_decay_exact_for_one_and_for_two_purchases():
    history = History.of(["once", "twice"], [1, 2], [DECAY**4, 1 + DECAY**6], [6, 10], [0, 0], 10)
    for decay, row in zip((0.9, 0.5), habit.fading(history, 0.9, 0.5), strict=True):
        np.testing.assert_allclose(row, [decay**4, 1 + decay**6], rtol=1e-5)
    assert habit.fading(history, 0.9, 0.8, 0.5).shape == (3, 2)
    assert habit.fading(history, 0.9).dtype == np.float64
    np.testing.assert_allclose(habit.fading(history, DECAY)[0], history.decayed, rtol=1e-6)


def test_fading_of_a_count_that_its_decayed_sum_does_not_bear_stays_a_number():
    """A bounded history, or a feature store's rounding, may say 9 visits and the decayed sum of one."""
    history = History.of(["odd", "late"], [9, 2], [DECAY**3, 1e-6], [7, 1], [0, 0], 10)
    found = habit.fading(history, 0.9, 0.5)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[:, 0], [0.9**3, 0.5**3], rtol=1e-3)


def test_fading_share_is_at_most_the_whole():
    every = lived_every_visit(30)
    assert np.log(0.75) < habit.lately(every)[0] <= np.log(1.01), "an estimate, on the low side"
    assert habit.lately(lived_every_visit(2))[0] == pytest.approx(np.log(1.01)), "of two it is exact"
    assert habit.fading_share(np.array([1e9]), 0.9, 30)[0] == pytest.approx(np.log(1.01))
    assert habit.fading_share(np.array([0.0]), 0.9, 30)[0] == pytest.approx(np.log(0.01))
    assert habit.fading_share(np.array([0.25]), 0.9, 1)[0] == pytest.approx(np.log(0.26)), (
        "one visit is one visit's worth"
    )


def lived_every_visit(n: int) -> History:
    history = History.empty()
    for at_s in range(n):
        history = add_visit(history, ["latte"], at_s)
    return history


def test_ready_is_nought_about_when_a_gap_has_passed():
    """Gap 4: half a visit short of it is just before, and right after buying it is far below."""
    history = History.of(["due", "fresh", "late"], [5, 5, 5], [1, 1, 1], [16, 20, 8], [0, 0, 0], 20)
    np.testing.assert_allclose(habit.ready(history), np.log([4.5 / 4, 0.5 / 4, 12.5 / 4]), rtol=1e-6)


def test_ready_never_takes_a_gap_below_one_visit():
    history = History.of(["twice a visit"], [40], [1], [20], [0], 20)
    assert habit.mean_gap(history)[0] == 1.0
    assert habit.ready(history)[0] == pytest.approx(np.log(0.5))


def test_days_since_it_was_bought():
    history = History.of(["a", "b"], [1, 1], [1, 1], [1, 2], [0, 86_400], 2)
    np.testing.assert_allclose(habit.days(history, 86_400), np.log([2, 1]), atol=1e-6)
    np.testing.assert_allclose(habit.days(history, 86_400 + 43_200), np.log([2.5, 1.5]), rtol=1e-6)
    np.testing.assert_array_equal(habit.days(history, -5), [0, 0], "asked before it was bought")


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


TERMS = [
    habit.habit, habit.count, habit.recency, habit.due, habit.mean_gap, habit.decayed_share, habit.lately, habit.latest,
    habit.ready, lambda history: habit.days(history, 0),
]  # fmt: skip


def test_an_empty_history_gives_empty_terms():
    for term in TERMS:
        assert term(History.empty()).shape == (0,)
        assert term(History.empty()).dtype == np.float32


def test_every_term_is_float32(four_visits):
    for term in TERMS:
        assert term(four_visits).dtype == np.float32
