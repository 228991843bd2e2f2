from dataclasses import dataclass, replace

import pytest

from offers.cannibalised import cannibalised
from offers.lift import Lift
from offers.stop_rules import REASONS, return_on_spend, stop_reason


@dataclass(frozen=True)
class Rules:
    lift_upper_below_zero: bool = True
    min_return_on_spend: float | None = 1.0


GOOD = Lift("concluded", 1000, 50, lift=10.0, low=5.0, high=15.0, always_low=1.0, always_high=20.0, smallest_effect=7.0)
NONE = Lift("cannot_conclude", 5, 2, "too_few_people")
NOW = 8000.0


@pytest.mark.parametrize(
    ("lift", "spent", "rules", "reason"),
    [
        (GOOD, NOW, Rules(), None),
        # Both sides of zero, by the interval for every look; the one for a single look stops nothing.
        (replace(GOOD, always_high=0.0), NOW, Rules(), None),
        (replace(GOOD, always_high=-0.1), NOW, Rules(), "losing"),
        (replace(GOOD, always_high=-0.1), NOW, Rules(lift_upper_below_zero=False), None),
        (replace(GOOD, low=-9.0, high=-2.0), 0.0, Rules(), None),
        # 1,000 people times 10 cents on 8,000: 1 + 1.25 for each cent.
        (GOOD, NOW, Rules(min_return_on_spend=2.25), None),
        (GOOD, NOW, Rules(min_return_on_spend=2.26), "low_return"),
        (GOOD, NOW, Rules(min_return_on_spend=None), None),
        # A sample that could not show what was given away says nothing of the return: 7 cents are seen, 8 or 7 given.
        (replace(GOOD, lift=-1.0), 7000.0, Rules(), "low_return"),
        (replace(GOOD, lift=-1.0), 6999.0, Rules(), None),
        (NONE, NOW, Rules(), None),
    ],
)
def test_when_a_campaign_stops(lift, spent, rules, reason):
    assert stop_reason(lift, spent, rules) == reason
    assert reason is None or reason in REASONS


def test_return_on_spend_breaks_even_at_one():
    assert return_on_spend(replace(GOOD, lift=0.0), 500.0) == 1.0
    assert return_on_spend(replace(GOOD, lift=-0.5), 500.0) == 0.0
    assert return_on_spend(GOOD, 0.0) is None
    assert return_on_spend(NONE, 500.0) is None


def test_what_would_have_been_bought_anyway():
    """1,000 people, 200 redemptions, a unit more of the campaign's products for every tenth person: half of 200 were new."""
    own = replace(GOOD, lift=0.1, low=0.05, high=0.3)
    other = replace(GOOD, lift=-0.02, low=-0.06, high=0.02)
    found = cannibalised(own, other, 200)
    assert found.own == pytest.approx((0.5, 0.25, 1.5))
    assert found.bought_anyway == pytest.approx((0.5, 0.0, 0.75))
    assert found.other == pytest.approx((-0.1, -0.3, 0.1))


def test_what_cannot_be_said_of_redemptions():
    assert cannibalised(GOOD, GOOD, 0).reason == "no_redemptions"
    # Ten redemptions may be told of, nine may not.
    assert cannibalised(GOOD, GOOD, 9).reason == "too_few_redemptions"
    assert cannibalised(GOOD, GOOD, 9).own is None is cannibalised(GOOD, GOOD, 10).reason
    assert cannibalised(NONE, GOOD, 10).reason == cannibalised(GOOD, NONE, 10).reason == "too_few_people"
    # One of them is told though the other can't be.
    assert cannibalised(NONE, GOOD, 10).other == cannibalised(GOOD, NONE, 10).own == (1000.0, 500.0, 1500.0)
    assert cannibalised(NONE, GOOD, 10).bought_anyway is cannibalised(GOOD, NONE, 10).other is None
