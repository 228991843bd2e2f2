"""BG/NBD against the paper's figures and against customers simulated by its own story."""

import numpy as np
import pytest

from training.bgnbd import BgNbd, fit
from training.errors import TrainingError

CDNOW = BgNbd(0.243, 4.414, 0.793, 2.426)


def simulated(n=4000, seed=2, weeks=40.0, model=CDNOW):
    """(frequency, recency, age, purchases in the next `weeks`) of customers who live by the model."""
    rng = np.random.default_rng(seed)
    rate, drop = rng.gamma(model.r, 1 / model.alpha, n), rng.beta(model.a, model.b, n)
    counts = np.zeros((n, 3))
    for who in range(n):
        now = 0.0
        while True:
            now += rng.exponential(1 / rate[who]) if rate[who] > 0 else np.inf
            if now > 2 * weeks:
                break
            if now <= weeks:
                counts[who, :2] = counts[who, 0] + 1, now
            else:
                counts[who, 2] += 1
            if rng.random() < drop[who]:
                break
    return counts[:, 0], counts[:, 1], np.full(n, weeks), counts[:, 2]


def test_the_papers_example():
    # Fader, Hardie & Lee 2005: x = 2, t_x = 30.43, T = 38.86 is expected to make 1.226 purchases in the next 39 weeks.
    one = CDNOW.expected(np.array([2.0]), np.array([30.43]), np.array([38.86]), 39.0)
    assert one[0] == pytest.approx(1.226, abs=5e-4)


def test_the_fit_finds_the_rate_it_was_simulated_with():
    frequency, recency, age, later = simulated()
    model = fit(frequency, recency, age)
    assert model.r / model.alpha == pytest.approx(CDNOW.r / CDNOW.alpha, rel=0.15)
    assert model.expected(frequency, recency, age, 40.0).mean() == pytest.approx(later.mean(), rel=0.15)


def test_more_time_more_purchases_and_a_long_silence_fewer():
    x, last, age = np.array([5.0, 5.0]), np.array([10.0, 38.0]), np.array([39.0, 39.0])
    near, far = (CDNOW.expected(x, last, age, weeks) for weeks in (4.0, 39.0))
    assert (near < far).all()
    assert far[0] < far[1]


def test_a_of_one_is_no_hole():
    values = [
        BgNbd(0.24, 4.4, a, 2.4).expected(np.array([3.0]), np.array([20.0]), np.array([30.0]), 10.0)[0]
        for a in (0.999, 1.0, 1.001)
    ]
    assert values[0] > values[1] > values[2]


def test_nobody_to_fit_on():
    with pytest.raises(TrainingError, match="no customer"):
        fit(np.zeros(0), np.zeros(0), np.zeros(0))
