import pytest

from offers.campaign import Stop
from offers.stopping import stop_reason


@pytest.mark.parametrize(("high", "stops"), [(-0.01, True), (0.0, False), (5.0, False), (None, False)])
def test_a_lift_that_can_only_be_negative(high, stops):
    assert bool(stop_reason(Stop(lift_upper_below_zero=True), high, None, 100)) is stops
    assert stop_reason(Stop(), high, None, 100) is None


@pytest.mark.parametrize(
    ("margin", "spent", "stops"), [(99.0, 100, True), (100.0, 100, False), (None, 100, False), (0.0, 0, False)]
)
def test_a_return_under_what_was_asked_for(margin, spent, stops):
    told = stop_reason(Stop(min_return_on_spend=1.0), None, margin, spent)
    assert bool(told) is stops
    assert stop_reason(Stop(), None, margin, spent) is None
