"""What the planner hands to the desk: one decision for every considered user, with an offer's terms or without."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True)
class Arm:
    """One thing that could be sent. Arm 0 of a decision is always "nothing": no product, no discount, no value.

    `value_cents` is the expected incremental margin, `cost_cents` the expected cost; both may be fractions of a cent. The last
    four are what was foretold when it was weighed, for learning from the answer: records of older versions lack them.
    """

    product_id: str | None = None
    discount_cents: int = 0
    p_buy: float = 0.0
    value_cents: float = 0.0
    cost_cents: float = 0.0
    price_cents: int = 0
    p_untouched: float = 0.0
    """Chance to buy the product in the window when nothing is sent."""
    p_come: float = 0.0
    """Chance to come that day when nothing is sent."""
    fit: float = 0.0
    """Expected chance that a visit in the window holds the product."""


NOTHING = Arm()


@dataclass(frozen=True)
class Terms:
    """An offer's terms. `expected_cents` is reserved of the budget: probability of redemption × discount, rounded up.

    `min_quantity`: units of the product that the basket must hold. `points`, if any, are what the customer gets in place of
    money off; then the discount is what they cost.
    """

    product_id: str
    store_id: str
    discount_cents: int
    price_cents: int
    floor_cents: int
    expected_cents: int
    currency: str
    send_at: datetime
    valid_from: datetime
    valid_until: datetime
    text: Mapping[str, str]
    min_quantity: int = 1
    points: int = 0


@dataclass(frozen=True)
class Decision:
    """What was weighed and done for one user on one date. `propensity` is the chance of `sent_arm` given the plan.

    Without terms nothing is sent and `reason` says why. `holdout` users have a `planned_arm` and are sent nothing. `again`: how
    often the date was decided for them before, whom money or stock had left without an offer.
    """

    user_id: str
    for_date: date
    arms: tuple[Arm, ...] = (NOTHING,)
    planned_arm: int = 0
    sent_arm: int = 0
    propensity: float = 1.0
    holdout: bool = False
    reason: str | None = None
    model_version: str = ""
    feature_version: str = ""
    campaign_version: str | None = None
    terms: Terms | None = None
    again: int = 0


@dataclass(frozen=True)
class Issued:
    """What became of a batch: offers issued, decisions already there and left alone, refusals by reason."""

    n_issued: int = 0
    n_decided: int = 0
    n_known: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
