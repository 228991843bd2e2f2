"""Calibration by hand, on a world drawn from its own probabilities, and at the edges."""

import numpy as np
import pytest

from training.calibration import calibration, expected_calibration_error
from training.errors import TrainingError


def drawn(m, seed=0):
    rng = np.random.default_rng(seed)
    probability = rng.beta(0.3, 6.0, m)
    return probability, rng.random(m) < probability, rng.integers(1, 4, m).astype(float)


def test_two_bins_by_hand():
    probability = np.array([0.1, 0.1, 0.2, 0.6])
    taken = np.array([True, False, False, True])
    low, high = calibration(probability, taken, np.array([1.0, 3.0, 1.0, 1.0]), bins=2)
    # Expected purchases: .1, .3, .2 against .6, so the first three rows are half.
    assert low == pytest.approx({"predicted": 0.6 / 5, "observed": 1 / 5, "weight": 5, "error": low["error"]})
    assert low["error"] == pytest.approx(np.sqrt(0.8**2 + (3 * 0.2) ** 2 + 0.2**2) / 5)
    assert high == {"predicted": pytest.approx(0.6), "observed": 1.0, "weight": 1.0, "error": 0.0}
    assert expected_calibration_error([low, high]) == pytest.approx((5 * 0.08 + 0.4) / 6)


def test_a_world_drawn_from_its_own_probabilities_is_calibrated_within_its_errors():
    probability, taken, weight = drawn(60_000)
    bins = calibration(probability, taken, weight)
    assert len(bins) == 10
    assert [b["predicted"] for b in bins] == sorted(b["predicted"] for b in bins)
    assert all(abs(b["observed"] - b["predicted"]) < 4 * b["error"] for b in bins)
    assert sum(b["weight"] for b in bins) == pytest.approx(weight.sum())
    expected = [b["weight"] * b["predicted"] for b in bins]
    assert max(expected) < 1.05 * min(expected), "each bin holds an equal share of the purchases expected"
    assert expected_calibration_error(bins) < 0.005


def test_a_boast_is_seen():
    probability, taken, weight = drawn(60_000)
    bins = calibration(np.sqrt(probability), taken, weight)
    assert all(b["observed"] < b["predicted"] - 4 * b["error"] for b in bins)
    assert expected_calibration_error(bins) > 0.05


def test_a_row_that_stands_for_three_is_three_rows():
    probability, taken, weight = drawn(500)
    times = weight.astype(int)
    many = calibration(*(np.repeat(x, times) for x in (probability, taken, np.ones(500))), bins=5)
    few = calibration(probability, taken, weight, bins=5)
    assert [b | {"error": 0} for b in few] == [pytest.approx(b | {"error": 0}) for b in many]
    assert all(f["error"] > m["error"] for f, m in zip(few, many, strict=True)), "but it is one observation"


def test_equal_probabilities_stay_together_in_any_order():
    probability, taken, weight = drawn(3000)
    probability = np.round(probability, 2)
    turned = np.random.default_rng(1).permutation(3000)
    bins = calibration(probability, taken, weight)
    again = calibration(probability[turned], taken[turned], weight[turned])
    assert again == [pytest.approx(b) for b in bins]
    assert len(calibration(np.full(50, 0.3), np.zeros(50, bool), np.ones(50))) == 1


def test_nothing_to_weigh():
    none = np.zeros(0)
    assert calibration(none, none.astype(bool), none) == []
    assert calibration(np.array([0.5]), np.array([True]), np.zeros(1)) == []
    assert np.isnan(expected_calibration_error([]))
    (only,) = calibration(np.zeros(4), np.array([True, False, False, False]), np.ones(4))
    assert (only["predicted"], only["observed"]) == (0.0, 0.25)


@pytest.mark.parametrize("wrong", [np.nan, -0.1, 1.1, np.inf])
def test_what_is_no_probability_says_so(wrong):
    with pytest.raises(TrainingError, match="not between 0 and 1"):
        calibration(np.array([0.5, wrong]), np.zeros(2, bool), np.ones(2))


def test_misaligned_columns_are_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="2 probabilities, 1 outcomes"):
        calibration(np.zeros(2), np.zeros(1, bool), np.ones(2))
    with pytest.raises(ValueError, match="finite"):
        calibration(np.zeros(1), np.zeros(1, bool), np.array([np.nan]))
