import numpy as np
import pytest

from offers.depth import LADDERS, Depth, discounts, floors, points_cents, step_of, terms_of_kind

PRICES = np.array([600, 199, 5])
STEPS = {
    "money_off": Depth(ladder_cents=(50, 100)),
    "percent_off": Depth(ladder_percent=(15, 20, 100)),
    "second_at_price": Depth(second_price_cents=(100, 199)),
    "points": Depth(ladder_points=(1, 50), cents_per_point=0.3),
}


@pytest.mark.parametrize(
    ("kind", "cents"),
    [
        ("money_off", [[50, 100]] * 3),
        ("percent_off", [[90, 120, 600], [29, 39, 199], [0, 1, 5]]),  # rounded down, for the chain
        ("second_at_price", [[500, 401], [99, 0], [0, 0]]),
        ("points", [[1, 15]] * 3),  # rounded up, for it is owed
    ],
)
def test_steps_as_cents_at_each_price(kind, cents):
    found = discounts(kind, STEPS[kind], PRICES)
    assert found.dtype == np.int64
    assert found.tolist() == cents


def test_a_discount_leads_back_to_its_step():
    for kind, depth in STEPS.items():
        assert step_of(kind, depth, 600, int(discounts(kind, depth, PRICES)[0, 1])) == depth.steps(kind)[1]
        with pytest.raises(ValueError, match="not in list"):
            step_of(kind, depth, 600, 7)


def test_a_liability_is_reckoned_exactly():
    assert points_cents(Depth(ladder_points=(10,), cents_per_point=0.1), 30) == 3
    assert points_cents(Depth(ladder_points=(10,), cents_per_point=0.1), 31) == 4


def test_points_touch_no_floor():
    floor = np.array([100, 200])
    assert floors("points", floor).tolist() == [0, 0]
    assert [floors(kind, floor).tolist() for kind in LADDERS if kind != "points"] == [[100, 200]] * 3


def test_what_a_coupon_of_a_kind_asks_and_grants():
    assert [terms_of_kind(kind, 50) for kind in LADDERS] == [(1, 0), (1, 0), (2, 0), (1, 50)]
