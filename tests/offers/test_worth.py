"""The worth of an arm over its whole day, against the day written out."""

import numpy as np
import pytest

from models.response_classes import FITS, Offered, ResponseClasses, fit_prior
from offers.worth import DayArms, worth, worth_in

GRID = ResponseClasses.grid(4.0, 0.5)
FLAT = np.eye(len(GRID))[[np.flatnonzero((GRID.height == 0) & (GRID.away == 0) & (GRID.bias == 0))[0]]]
KEEN = np.eye(len(GRID))[[np.flatnonzero((GRID.height == 8.0) & (GRID.midpoint == 0.21))[0]]]
AWAY = np.eye(len(GRID))[[np.flatnonzero(GRID.away == 0.8)[0]]]
SURE = np.broadcast_to((FITS == 0.58).astype(float), (1, 1, len(GRID), len(FITS)))


def arms(p_buy=0.1, discount=200.0, contact=0.0):
    cell = [np.array([[x]]) for x in (p_buy, 0.4, 0.4, 0.58)]
    columns = [np.array([[x]]) for x in (discount, 400.0, 100.0, 160.0)]
    return DayArms(Offered(*cell), *columns, contact)


def value(weight, **kw):
    return float(worth(arms(**kw), GRID, weight, SURE).value_cents[0, 0])


def test_who_is_moved_by_nothing_costs_the_discount_of_what_they_would_have_bought():
    assert value(FLAT) == pytest.approx(-0.1 * 200)
    assert value(FLAT, contact=3.0) == pytest.approx(-0.1 * 200 - 3.0)


def test_who_comes_anyway_is_worth_less_than_who_does_not():
    assert value(KEEN, p_buy=0.1) > 0 > value(KEEN, p_buy=0.38) - value(KEEN, p_buy=0.1)


def test_who_stays_away_costs_the_day():
    stay = np.exp(-0.8)
    assert value(AWAY) == pytest.approx(stay * (160 - 0.1 * 200) - 160)


def test_a_moved_visit_is_not_counted_twice():
    q = float(GRID.chances(arms().offered)[0, 0, KEEN[0].argmax(), FITS.tolist().index(0.58)])
    other = (160 - 0.1 * 500) / 0.9
    assert value(KEEN) == pytest.approx(q * 300 + (1 - q) * other - 160)


def test_an_arm_that_may_not_be_sent_never_wins():
    assert value(KEEN, discount=np.nan) == -np.inf


@pytest.mark.parametrize("weight", [FLAT, KEEN, AWAY])
def test_one_world_is_the_mean_of_itself(weight):
    fits = fit_prior(np.array([[0.58]]), np.array([[3.0]]))
    whole = np.broadcast_to(fits[:, :, None], (1, 1, len(GRID), len(FITS)))
    expected = worth(arms(), GRID, weight, whole).value_cents
    np.testing.assert_allclose(worth_in(arms(), GRID, weight.argmax(axis=1), fits), expected)
