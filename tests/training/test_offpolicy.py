"""Off-policy values on a log small enough for a pencil, and on many seeded ones whose truth is known."""

import numpy as np
import pytest

from training.offpolicy import MIN_EFFECTIVE, policy_value


def test_by_hand():
    reward, propensity, target = np.array([10.0, 0.0, 4.0]), np.array([0.5, 0.5, 0.25]), np.array([1.0, 0.0, 0.5])
    found = policy_value(reward, propensity, target)
    # Weights 2, 0, 2.
    assert found.ips.value == pytest.approx(28 / 3)
    assert found.snips.value == pytest.approx(28 / 4)
    assert (found.effective, found.max_weight, found.n, found.n_users) == (pytest.approx(2.0), 2.0, 3, 3)
    q, expected = np.array([9.0, 1.0, 3.0]), np.array([8.0, 8.0, 5.0])
    assert policy_value(reward, propensity, target, q_logged=q, q_target=expected).dr.value == pytest.approx(25 / 3)


def test_the_logging_policy_is_worth_what_it_brought():
    reward = np.arange(6.0)
    propensity = np.linspace(0.2, 1.0, 6)
    found = policy_value(reward, propensity, propensity)
    assert (found.ips.value, found.snips.value, found.mean_weight, found.effective) == pytest.approx(
        (2.5, 2.5, 1.0, 6.0)
    )
    assert found.ips.error == pytest.approx(np.std(reward, ddof=1) / np.sqrt(6))


def test_days_of_one_user_count_as_one():
    reward = np.array([1.0, 1.0, 5.0, 5.0, 3.0, 3.0])
    even = np.full(6, 0.5)
    apart = policy_value(reward, even, even)
    together = policy_value(reward, even, even, user=np.array([7, 7, 9, 9, 8, 8]))
    assert together.n_users == 3
    assert together.ips.error == pytest.approx(np.std([1, 5, 3], ddof=1) / np.sqrt(3))
    assert apart.ips.error < together.ips.error


def test_cut_weights_are_told():
    reward, target = np.ones(400), np.ones(400)
    found = policy_value(reward, np.full(400, 0.5), target, clip=1.5)
    assert (found.n_clipped, found.max_weight, found.alarms) == (400, 1.5, ("clipped",))
    assert policy_value(reward, np.full(400, 0.5), target, clip=2.0).n_clipped == 0


@pytest.mark.parametrize(("n", "alarms"), [(int(MIN_EFFECTIVE) - 1, ("too_few_effective",)), (int(MIN_EFFECTIVE), ())])
def test_a_sample_too_small_is_an_alarm(n, alarms):
    assert policy_value(np.ones(n), np.ones(n), np.ones(n)).alarms == alarms


def test_what_was_never_tried_is_an_alarm():
    """Half of the people would get an arm that the log never sent."""
    target = np.tile([1.0, 0.0], 500)
    assert policy_value(np.ones(1000), np.ones(1000), target).alarms == ("unsupported",)
    assert policy_value(np.ones(1000), np.ones(1000), np.zeros(1000)).alarms == ("too_few_effective", "unsupported")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"reward": [np.nan, 1.0]}, "reward"),
        ({"propensity": [0.0, 1.0]}, "propensity"),
        ({"propensity": [1.1, 1.0]}, "propensity"),
        ({"target": [-0.1, 1.0]}, "target"),
        ({"target": [1.0]}, "one reward"),
        ({"reward": [], "propensity": [], "target": []}, "at least one"),
    ],
)
def test_what_is_no_log_is_refused(change, why):
    plain = {"reward": [1.0, 1.0], "propensity": [1.0, 1.0], "target": [1.0, 1.0]}
    with pytest.raises(ValueError, match=why):
        policy_value(**{name: np.array(values) for name, values in {**plain, **change}.items()})


def test_estimates_cover_the_truth():
    """Three arms, logged unevenly, the new policy prefers the best; 300 logs of 800 decisions, two a user."""
    rng = np.random.default_rng(5)
    logged, wanted, worth = np.array([0.6, 0.3, 0.1]), np.array([0.1, 0.2, 0.7]), np.array([1.0, 2.0, 3.0])
    true, hits = float(wanted @ worth), np.zeros(3)
    for _ in range(300):
        liking = np.repeat(rng.normal(0, 0.5, 400), 2)
        arm = rng.choice(3, 800, p=logged)
        reward = worth[arm] + liking + rng.exponential(1.0, 800) - 1.0
        # A model that is wrong by a constant: the weights put it right.
        found = policy_value(
            reward, logged[arm], wanted[arm], np.repeat(np.arange(400), 2), worth[arm] + 0.5, np.full(800, true + 0.5)
        )
        hits += [each.low <= true <= each.high for each in (found.ips, found.snips, found.dr)]
    assert (hits / 300 > 0.92).all()
    assert (hits / 300 < 0.98).all()
