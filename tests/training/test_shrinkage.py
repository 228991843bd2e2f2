"""Shrinkage, by numbers small enough to reckon by hand."""

import numpy as np
import pytest

from training.shrinkage import shrunk


def test_values_are_drawn_to_the_mean_by_what_noise_there_is():
    # w = 1, Q = 2, spare = 1: T = (2 - 1) / 1 = 1, and half of each distance is noise.
    assert shrunk([-1.0, 1.0], [1.0, 1.0]).tolist() == pytest.approx([-0.5, 0.5])


def test_fewer_observations_are_drawn_further():
    # w = 1, 1, 1/4: Q = 80/9, spare = 4/3, so T = 31/6; m is weighted by 6/37, 6/37 and 6/55.
    told = shrunk([0.0, 4.0, 4.0], [1.0, 1.0, 4.0])
    m = 4 * (6 / 37 + 6 / 55) / (12 / 37 + 6 / 55)
    assert told.tolist() == pytest.approx([m - 31 / 37 * m, m + 31 / 37 * (4 - m), m + 31 / 55 * (4 - m)])
    assert 4.0 > told[1] > told[2] > 0


def test_people_who_differ_by_less_than_chance_are_all_told_the_mean():
    # Q = 0.5 for one degree of freedom.
    assert shrunk([0.0, 1.0], [1.0, 1.0]).tolist() == pytest.approx([0.5, 0.5])


def test_what_is_seen_without_noise_stays():
    assert shrunk([1.0, 5.0], [0.0, 0.0]).tolist() == pytest.approx([1.0, 5.0])


@pytest.mark.parametrize("values", [[], [3.0]])
def test_nobody_and_one(values):
    assert shrunk(values, np.ones(len(values))).tolist() == values


def test_truth_is_met_closer_than_by_what_is_seen():
    rng = np.random.default_rng(7)
    truth, variance = rng.normal(0.1, 0.05, 3000), rng.uniform(0.0005, 0.01, 3000)
    seen = rng.normal(truth, np.sqrt(variance))

    def off(told):
        return float(np.mean((told - truth) ** 2))

    assert off(shrunk(seen, variance)) < 0.8 * min(off(seen), off(np.full(3000, truth.mean())))
