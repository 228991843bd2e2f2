"""What could be sent to one user on one date: slot, send time and arms, or the reason why nothing can."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np

from models.ranker import Ranker
from models.scoring import top_k
from offers.audience import Person
from offers.campaign import Campaign
from offers.depth import discounts, floors
from offers.drafts import NOTHING, Arm
from offers.expected import Expectation
from offers.market import Market, Shelf
from offers.usual_slot import Slot, slot_chance, usual_slot
from offers.value import Arms, floor_cents, weigh

REASONS = {
    "no_store": "no usual store is known, or it isn't in the tables",
    "other_store": "the usual store isn't one of the campaign's",
    "store_closed": "the usual store has no open hour that day, or none in the campaign's dayparts",
    "slot_passed": "the usual hour is too near or past to announce",
    "no_product": "no product of the store allows a discount above its margin floor",
    "no_gain": "no discount earns what it gives away and a message costs: they come anyway, or hardly at all",
    "budget": "the money went to offers that earn more",
    "holdout": "kept without offers, by chance, to show what happens without",
}


@dataclass(frozen=True)
class Candidate:
    """One user before the budget: arms (the first is nothing) and, aligned, the ranker rows of their products. Without a slot
    nothing can be sent and `reason` says why."""

    user_id: str
    store_id: str | None
    as_of: datetime
    holdout: bool
    arms: tuple[Arm, ...] = (NOTHING,)
    rows: tuple[int, ...] = (-1,)
    prices: tuple[int, ...] = (0,)
    floors: tuple[int, ...] = (0,)
    slot: Slot | None = None
    reason: str | None = None


def is_held_out(user_id: str, share: float) -> bool:
    """Whether the user belongs to the persistent holdout: by hash of the id alone, whatever the campaign or model."""
    digest = hashlib.sha256(f"daypart holdout {user_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def consider(
    person: Person,
    ranker: Ranker,
    market: Market,
    campaign: Campaign,
    for_date: date,
    now: datetime,
    expected: Expectation | None = None,
) -> Candidate:
    """Weigh everything for one user; the budget comes later. Without an expectation visits are counted."""
    held = is_held_out(person.user_id, campaign.plan.holdout_share)
    blank = Candidate(person.user_id, person.store_id, person.as_of, held)
    store, shelf = market.stores.get(person.store_id or ""), market.shelf(person.store_id or "")
    if store is None or shelf is None:
        return replace(blank, reason="no_store")
    if not campaign.stores.takes(store.store_id):
        return replace(blank, reason="other_store")
    slot = usual_slot(person, ranker, store, campaign, for_date, now, expected)
    if isinstance(slot, str):
        return replace(blank, reason=slot)
    floor, off, allowed = _depths(shelf, campaign)
    hour_of_week, at_s = for_date.weekday() * 24 + slot.hour, int(slot.valid_from.timestamp())
    scores = ranker.score(person.history, store_id=store.store_id, hour_of_week=hour_of_week, at_s=at_s)
    best = top_k(np.where(allowed, scores.score[shelf.rows], np.float32(np.nan)), campaign.plan.n_products)
    if not len(best):
        return replace(blank, reason="no_product")
    rows, price = shelf.rows[best], shelf.price_cents[best]
    arms = weigh(
        scores.probability(rows) * slot_chance(person, ranker, store, campaign, for_date, slot, expected),
        price,
        shelf.cost_cents[best],
        floor[best],
        off[best],
        _slope(campaign, ranker),
        campaign.prior.contact_cents,
    )
    if not len(arms.product):
        return replace(blank, slot=slot, reason="no_gain")
    return _with_arms(replace(blank, slot=slot), ranker, arms, rows, price, floor[best])


def _depths(shelf: Shelf, campaign: Campaign) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(floor int64[k], discounts int64[k, d], bool[k]: whether any of them keeps the floor) of a shelf's products."""
    floor = floors(campaign.kind, floor_cents(shelf.cost_cents, campaign.depth.min_margin_share))
    off = discounts(campaign.kind, campaign.depth, shelf.price_cents)
    return floor, off, ((off > 0) & (shelf.price_cents[:, None] - off >= floor[:, None])).any(axis=1)


def _with_arms(
    blank: Candidate, ranker: Ranker, arms: Arms, rows: np.ndarray, price: np.ndarray, floor: np.ndarray
) -> Candidate:
    """The candidate with its arms; `rows`, `price`, `floor` are of the products that `arms.product` points into."""
    names = [ranker.product_ids.ids[row] for row in rows[arms.product]]
    columns = (arms.discount_cents, arms.p_buy, arms.value_cents, arms.cost_cents)
    found = (Arm(*arm) for arm in zip(names, *(column.tolist() for column in columns), strict=True))
    return replace(
        blank,
        arms=(NOTHING, *found),
        rows=(-1, *rows[arms.product].tolist()),
        prices=(0, *price[arms.product].tolist()),
        floors=(0, *floor[arms.product].tolist()),
    )


def _slope(campaign: Campaign, ranker: Ranker) -> float:
    own = campaign.prior.response_slope
    return ranker.response_slope if own is None else own
