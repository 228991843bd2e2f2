"""One user's arms by classes: the same numbers as `worth` says, product by product, and the chances of trying them."""

from datetime import UTC, datetime

import numpy as np
import pytest

from models.answered import Own
from models.response_classes import FITS, Offered, ResponseClasses
from offers.answering import answering
from offers.exploring import EVEN
from offers.responses import Responses
from offers.shortlist import Shortlist
from offers.usual_slot import Slot
from offers.worth import DayArms, worth

GRID = ResponseClasses.grid()
AT = datetime(2025, 11, 4, 8, tzinfo=UTC)
SLOTS = [Slot(hour, AT, AT, AT, share) for hour, share in ((8, 0.6), (14, 0.2))]
RESPONSES = Responses(GRID, np.repeat(np.arange(4), 6), learned=True)


def short():
    """p and q in the morning, p at two; two depths, of which q's deeper one may not be sent."""
    return Shortlist(
        slot=np.array([0, 0, 1]),
        rows=np.array([4, 7, 4]),
        product_ids=("p", "q", "p"),
        price_cents=np.array([500, 400, 500]),
        cost_cents=np.array([100, 100, 100]),
        floor_cents=np.array([120, 250, 120]),
        off=np.array([[100, 200], [100, 200], [100, 200]]),
        allowed=np.array([[True, True], [True, False], [True, True]]),
        fit=np.array([0.4, 0.2, 0.3]),
        p_buy=np.array([0.1, 0.05, 0.02]),
        p_come=0.3,
        visit_cents=450.0,
    )


def own(bought=()):
    n = len(bought)
    offered = Offered(*(np.full(n, x) for x in (0.1, 0.3, 0.4, 0.4)))
    return Own.of(GRID, ["p"] * n, np.full(n, 1), offered, np.array(bought), np.array(bought))


def test_values_are_those_of_worth():
    found = answering(short(), SLOTS, RESPONSES, Own.unknown(GRID), 2.0)
    value, p = found.values()
    assert value.shape == p.shape == (3, 2)
    assert value[1, 1] == -np.inf
    # q at a dollar off, written out: a margin of 300, and 150 more beside it.
    cell = [np.array([[x]]) for x in (0.05, 0.3, 0.25, 0.2)]
    one = DayArms(Offered(*cell), *(np.array([[x]]) for x in (100.0, 300.0, 150.0, 135.0)), 2.0)
    fits = Own.unknown(GRID).fit_weight(["q"], 1, np.array([0.2]))[None]
    expected = worth(one, GRID, GRID.weight[None], fits)
    assert value[1, 0] == pytest.approx(float(expected.value_cents[0, 0]))
    assert p[1, 0] == pytest.approx(float(expected.p_bought[0, 0]))


def test_what_was_answered_in_the_morning_says_nothing_of_the_fit_at_two():
    asked, unasked = answering(short(), SLOTS, RESPONSES, own([True] * 5), 0.0), own([True] * 5)
    weights = asked.fit_weight[0]
    afternoon = unasked.fit_weight(["p"], 2, np.array([0.3]))[0]
    np.testing.assert_allclose(weights[4], afternoon)
    still = GRID.height == 0
    assert (FITS @ weights[0].T > FITS @ np.asarray(Own.unknown(GRID).fit_weight(["p"], 1, np.array([0.4])))[0].T)[
        still
    ].all()
    assert asked.cell.tolist() == [[0, 0, 2, 2, 1, 1]]


def test_chances_of_trying_sum_to_one_and_leave_out_what_may_not_be_sent():
    chances = answering(short(), SLOTS, RESPONSES, own([True] * 3), 0.0).tries(np.random.default_rng(0))
    assert chances.shape == (7,)
    assert chances.sum() == pytest.approx(1.0)
    assert chances[1 + 3] == 0.0
    assert (np.delete(chances, 4) >= EVEN / 6 - 1e-12).all()
