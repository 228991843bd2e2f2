"""Features of a past: each against a loop over days, for people known by heart and for many at random."""

import numpy as np
import pytest

from models.gaps import FADES, GAP_NAMES, gap_features, gaps_of, hazard
from models.visit_features import DAYS, HALVES_D, NEVER_D, RATE, VISIT_NAMES, WEEKS, WINDOWS, visit_features
from models.visits import Visits
from tests.models.when_world import EVENING, MONDAY, NOBODY, ONCE, TODAY, visits

NAMES = list(VISIT_NAMES)


def random_visits(n=30, seed=2):
    random = np.random.default_rng(seed)
    held = [np.unique(TODAY - 1 - random.integers(0, 500, random.integers(0, 60))) for _ in range(n)]
    day = np.concatenate(held).astype(np.int64)
    counts = np.array([len(each) for each in held])
    hour, store = random.integers(0, 24, len(day)), random.integers(-1, 3, len(day))
    first = np.array([each.min(initial=TODAY) for each in held])
    return Visits(np.concatenate([[0], np.cumsum(counts)]), day, hour, store, counts, first)


def days_of(visits, user):
    return visits.day[visits.owner == user]


def told(features, user):
    return dict(zip(VISIT_NAMES, features[user], strict=True))


def naive(days, n, first):
    """The documented columns that are sums over days, one by one."""
    recency = TODAY - days.max() if n else NEVER_D
    age = max(TODAY - first, 1) if n else 1
    rate = (n + 0.5) / (age + 7)
    out = {"recency": np.log(recency), "age": np.log(age), "n_visits": np.log(n + 1), "rate": np.log(rate)}
    p = 1 - np.exp(-7 * rate)
    out[RATE] = np.log(p / (1 - p))
    lags = {TODAY - 1 - day for day in days if TODAY - 1 - day < DAYS}
    for half in HALVES_D:
        seen = sum(0.5 ** (lag / half) for lag in range(min(age, DAYS)))
        out[f"decayed_{half}"] = np.log((sum(0.5 ** (lag / half) for lag in lags) + 0.2) / (seen + 2))
    for a, b in WINDOWS:
        count = sum(a <= lag < b for lag in lags)
        out[f"days_{a}_{b}"] = count if b <= 28 else np.log1p(count)
    weeks = [any(7 * k <= lag < 7 * k + 7 for lag in lags) for k in range(52)]
    lived = max(min(age // 7, 52), 1)
    for k in WEEKS:
        out[f"weeks_{k}"] = (sum(weeks[:k]) + 0.5) / (min(lived, k) + 1)
    out["every_second_week"], out["every_fourth_week"] = np.mean(weeks[1:12:2]), np.mean(weeks[3:16:4])
    out["a_month_ago"] = sum(24 <= lag < 31 for lag in lags)
    return out


@pytest.mark.parametrize("world", [visits, random_visits])
def test_each_column_is_what_a_loop_over_days_gives(world):
    people = world()
    found = visit_features(people, TODAY)
    assert found.shape == (len(people), len(VISIT_NAMES))
    assert np.isfinite(found).all()
    for user in range(len(people)):
        row = told(found, user)
        expected = naive(days_of(people, user), people.n_visits[user], people.first_day[user])
        assert {name: row[name] for name in expected} == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_the_gaps_are_those_between_visits():
    owner, gap, back = gaps_of(visits())
    assert set(gap[owner == MONDAY].tolist()) == {7.0}
    assert (owner == EVENING).sum() == 13
    assert back[owner == MONDAY].tolist() == list(range(8, -1, -1))


def test_regular_people_have_little_spread_and_strangers_the_prior():
    people = visits()
    found = visit_features(people, TODAY)
    gap = slice(NAMES.index(GAP_NAMES[0]), None)
    np.testing.assert_array_equal(found[:, gap], gap_features(people, np.exp(found[:, 0])))
    regular, stranger = told(found, MONDAY), told(found, NOBODY)
    assert regular["gap_1"] == regular["gap_3"] == pytest.approx(np.log(7))
    assert regular[f"gap_spread_{int(FADES[0])}"] < stranger[f"gap_spread_{int(FADES[0])}"]
    assert stranger["log_gap_15"] == pytest.approx(np.log(9))
    assert stranger["gap_hazard"] == 0.5
    assert told(found, ONCE)["gap_1"] == pytest.approx(np.log(30))
    # Silent for three days where all gaps were of seven: all nine at risk, all over within the week, two pseudo-gaps of a half.
    nine = sum(0.5 ** (back / 20) for back in range(9))
    assert regular["gap_hazard"] == pytest.approx((nine + 1) / (nine + 2))
    assert regular["silence_q50"] == pytest.approx(np.log(3 / 7))


@pytest.mark.parametrize(("days", "share"), [(4, 0.0), (5, 1.0)])
def test_a_gap_ends_within_days_that_reach_it(days, share):
    at_risk, ended = hazard(visits(), np.full(4, 3.0), days)
    assert ended[MONDAY] == pytest.approx(share * at_risk[MONDAY])
    assert hazard(visits(), np.full(4, 8.0), 99)[0][MONDAY] == 0


def test_everybody_at_once_is_each_alone():
    people = random_visits()
    alone = [visit_features(people.block(user, user + 1), TODAY)[0] for user in range(len(people))]
    np.testing.assert_allclose(visit_features(people, TODAY), alone, rtol=1e-6)


def test_a_visit_on_the_day_itself_is_not_before_it():
    visit_features(visits(), TODAY - 1)
    with pytest.raises(ValueError, match="not before day"):
        visit_features(visits(), TODAY - 2)
