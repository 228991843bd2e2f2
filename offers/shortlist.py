"""What is weighed for one user: their best products in each window of the day, at every depth of the ladder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np

from models.ranker import Ranker
from models.response_classes import Offered
from models.scoring import top_k
from offers.audience import Person
from offers.campaign import Campaign
from offers.depth import discounts, floors
from offers.knapsack import MOST_CENTS
from offers.market import Shelf
from offers.usual_slot import Slot
from offers.value import floor_cents, may_be_sent
from offers.worth import DayArms


@dataclass(frozen=True)
class Shortlist:
    """k products in their windows, row-aligned, and d depths of each."""

    slot: np.ndarray
    """int64[k]: place in the slots given."""
    rows: np.ndarray
    """int64[k]: the ranker's rows."""
    product_ids: tuple[str, ...]
    price_cents: np.ndarray
    cost_cents: np.ndarray
    floor_cents: np.ndarray
    off: np.ndarray
    """int64[k, d]: the discounts in cents; 0 is no depth."""
    allowed: np.ndarray
    """bool[k, d]: whether the discount keeps the floor."""
    fit: np.ndarray
    """float64[k]: expected chance that a visit in the window holds the product."""
    p_buy: np.ndarray
    """float64[k]: chance of buying it in the window untouched, and two of it where the offer is for the second."""
    p_come: float
    """Chance of coming that day untouched."""
    visit_cents: float
    """Expected margin of a visit."""

    def day_arms(self, contact_cents: float) -> DayArms:
        """The same as one user's arms of `offers.worth`, [1, k · d] each, depth by depth of each product.

        A visit with the product earns its margin and, where that is less, what else a visit earns.
        """
        shape = self.off.shape
        price, off = self.price_cents[:, None].astype(np.float64), np.where(self.allowed, self.off, np.nan)
        margin = price - self.cost_cents[:, None]
        share = np.nan_to_num(off / price)
        columns = (self.p_buy[:, None], np.full((1, 1), self.p_come), share, self.fit[:, None])
        offered = Offered(*(_flat(column, shape) for column in columns))
        rest = np.maximum(self.visit_cents - margin, 0.0)
        day = np.full((1, 1), self.p_come * self.visit_cents)
        return DayArms(offered, _flat(off, shape), _flat(margin, shape), _flat(rest, shape), day, contact_cents)


def shortlist(
    person: Person,
    ranker: Ranker,
    store_id: str,
    shelf: Shelf,
    campaign: Campaign,
    for_date: date,
    slots: Sequence[Slot],
    p_come: float,
    here: float = 1.0,
) -> Shortlist:
    """Of the store's shelf, in each slot the `plan.n_products` best for the user whom any depth allows; perhaps none.

    here: chance that a visit is in this store.
    """
    floor = floors(campaign.kind, floor_cents(shelf.cost_cents, campaign.depth.min_margin_share))
    off = discounts(campaign.kind, campaign.depth, shelf.price_cents)
    allowed = may_be_sent(shelf.price_cents, floor, off) & (
        off <= min(campaign.budget.most_cents.values(), default=MOST_CENTS)
    )
    score = partial(_best, person, ranker, store_id, shelf, for_date, allowed, campaign.plan.n_products)
    found = [score(slot) for slot in slots]
    place, fit = (np.concatenate(part) for part in zip(*found, strict=True))
    at = np.repeat(np.arange(len(slots)), [len(best) for best, _ in found])
    rows, share = shelf.rows[place], np.array([window.share for window in slots])
    return Shortlist(
        slot=at,
        rows=rows,
        product_ids=tuple(ranker.product_ids.ids[row] for row in rows.tolist()),
        price_cents=shelf.price_cents[place],
        cost_cents=shelf.cost_cents[place],
        floor_cents=floor[place],
        off=off[place],
        allowed=allowed[place],
        fit=fit,
        p_buy=fit * share[at] * p_come * here * _units(campaign),
        p_come=p_come,
        visit_cents=person.basket_cents * shelf.margin_share,
    )


def _best(
    person: Person, ranker: Ranker, store_id: str, shelf: Shelf, for_date: date, allowed: np.ndarray, k: int, slot: Slot
) -> tuple[np.ndarray, np.ndarray]:
    """(places on the shelf int64[k], chances that a visit in the slot holds them): the best k, or all that a depth allows."""
    hour_of_week, at_s = for_date.weekday() * 24 + slot.hour, int(slot.valid_from.timestamp())
    scores = ranker.score(person.history, store_id=store_id, hour_of_week=hour_of_week, at_s=at_s)
    best = top_k(scores.score[shelf.rows], k, np.any(allowed, axis=1))
    return best, scores.probability(shelf.rows[best])


def _units(campaign: Campaign) -> float:
    """A second unit is bought by some of those who buy one, and is all that an offer for it may bring."""
    return campaign.prior.second_unit_share if campaign.kind == "second_at_price" else 1.0


def _flat(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return np.broadcast_to(values, shape).reshape(1, -1)
