"""Where coupons go in a basket, what is left to pay, and what a partial return gives back. Pure.

All our coupons on one product of an order are placed at once, the largest discount first (ties by offer id), each on the
unit that costs most at that moment: two share a unit only when every other unit already costs less. A coupon is taken
only if then every unit stays at the highest floor of the coupons on it. The rule looks at the whole set, so it does not
matter in which order the coupons came.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from offers.book import Coupon, Line, Stacked


@dataclass(frozen=True)
class Placed:
    """`units` of the product in the order; `price_cents` of our coupon's unit after others' discounts; and the unit that
    comes nearest to its floor, or farthest below, after all our coupons: what it costs and that floor."""

    units: int
    price_cents: int
    left_cents: int
    floor_cents: int


def place(lines: Sequence[Line] | None, coupon: Coupon, stacked: Sequence[Stacked] = ()) -> Placed | None:
    """Place the coupon among the `stacked` ones; None when no line has a unit of its product.

    A line that tells no price costs what the product cost when the coupon was issued; ties go to the earlier line.
    """
    mine = [line for line in lines or () if line.product_id == coupon.product_id and line.quantity > 0]
    if not mine:
        return None
    n_units = sum(line.quantity for line in mine)
    if not stacked:
        price = max(_price(line, coupon) for line in mine)
        return Placed(n_units, price, price - coupon.discount_cents, coupon.floor_cents)
    ours = Stacked(coupon.offer_id, coupon.discount_cents, coupon.floor_cents)
    placing = sorted({ours, *stacked}, key=lambda one: (-one.discount_cents, one.offer_id))
    # More units of a line than there are coupons can't matter.
    prices = [_price(line, coupon) for line in mine for _ in range(min(line.quantity, len(placing)))]
    left = list(prices)
    floors: dict[int, int] = {}
    at: dict[str, int] = {}
    for one in placing:
        unit = at[one.offer_id] = left.index(max(left))
        left[unit] -= one.discount_cents
        floors[unit] = max(one.floor_cents, floors.get(unit, one.floor_cents))
    worst = min(sorted(floors), key=lambda unit: left[unit] - floors[unit])
    return Placed(n_units, prices[at[coupon.offer_id]], left[worst], floors[worst])


def returned_units(lines: Sequence[Line] | None, coupon: Coupon) -> int:
    """How many units of the coupon's product come back; without lines all that are left."""
    if lines is None:
        return coupon.units - coupon.returned
    return sum(max(line.quantity, 0) for line in lines if line.product_id == coupon.product_id)


def paid_cents(coupon: Coupon) -> int:
    """What the coupon costs its budget as it stands: the discount less what came back, nothing unless it is redeemed."""
    return kept_cents(coupon) if coupon.state == "redeemed" else 0


def kept_cents(coupon: Coupon) -> int:
    """What is left of the discount a coupon paid, whoever owes it, when `returned` of `units` have come back.

    The discount is spread over the product's units in the order; of n units the first r to come back bring
    floor(discount × r / n) in all, so parts in any order add up to the discount exactly.
    """
    return coupon.discount_cents - coupon.discount_cents * coupon.returned // max(coupon.units, 1)


def _price(line: Line, coupon: Coupon) -> int:
    price = coupon.price_cents if line.unit_price_cents is None else line.unit_price_cents
    return price - line.discount_cents
