"""One user weighed: from what is known of them to a candidate with arms, or with the reason why there are none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import numpy as np

from models.ranker import Ranker
from models.response_kinds import OFTEN
from offers.answering import Answering, answering
from offers.audience import Person
from offers.campaign import Campaign
from offers.candidates import Candidate
from offers.chance import dice, is_held_out
from offers.drafts import NOTHING, Arm
from offers.expected import Expectation
from offers.exploring import draw_arms
from offers.market import Market
from offers.responses import Responses
from offers.shortlist import Shortlist, shortlist
from offers.usual_slot import come_chance, usual_slots
from offers.value import by_slope, worth_weighing


def consider(
    person: Person,
    ranker: Ranker,
    market: Market,
    campaign: Campaign,
    for_date: date,
    now: datetime,
    expected: Expectation | None = None,
    responses: Responses | None = None,
    allowed: bool = True,
) -> Candidate:
    """Weigh everything for one user; the budget comes later. No expectation: visits are counted; no responses: nobody explores
    and a discount is answered by the prior's slope. One who doesn't allow offers isn't weighed."""
    held = is_held_out(person.user_id, campaign.plan.holdout_share)
    place = (expected.store_id if expected is not None else None) or person.store_id
    blank = Candidate(person.user_id, place, person.as_of, held)
    if not allowed:
        return replace(blank, reason="no_consent")
    store, shelf = market.stores.get(place or ""), market.shelf(place or "")
    if store is None or shelf is None:
        return replace(blank, reason="no_store")
    if not campaign.stores.takes(store.store_id):
        return replace(blank, reason="other_store")
    slots = usual_slots(person, ranker, store, campaign, for_date, now, expected)
    if isinstance(slots, str):
        return replace(blank, reason=slots)
    come = come_chance(person, ranker, store, campaign, for_date, expected)
    here = 1.0 if expected is None else expected.here
    short = shortlist(person, ranker, store.store_id, shelf, campaign, for_date, slots, come, here)
    if not len(short.rows):
        return replace(blank, reason="no_product")
    blank = replace(blank, slots=tuple(slots))
    contact, share = campaign.prior.contact_cents, campaign.plan.explore_share
    if responses is None or not (responses.learned or share):
        return _weighed(blank, short, _by_slope(short, campaign, ranker), contact)
    answers = answering(short, slots, responses, responses.of(person.user_id), contact)
    found = answers.values() if responses.learned else _by_slope(short, campaign, ranker)
    blank = replace(blank, kind=answers.kind(come) if responses.learned else None)
    rng = dice(campaign.id, for_date, person.user_id)
    return _weighed(blank, short, found, contact, _tries(answers, share, rng) if share else None)


_Weights = tuple[np.ndarray, np.ndarray]
"""(value in cents, chance of a redemption), float64[k, d] each, of a shortlist."""
_Tries = tuple[np.ndarray, int | None]
"""(chance of nothing and of each of the k · d arms on a day that explores; the arm drawn, -1: nothing, None: no such day)."""


def _by_slope(short: Shortlist, campaign: Campaign, ranker: Ranker) -> _Weights:
    own, contact = campaign.prior.response_slope, campaign.prior.contact_cents
    slope = ranker.response_slope if own is None else own
    off = np.where(short.allowed, short.off, 0)
    return by_slope(short.p_buy, short.price_cents, short.cost_cents, off, slope, contact)


def _tries(answers: Answering, share: float, rng: np.random.Generator) -> _Tries:
    today, u = rng.random(2)
    chances = answers.tries(rng)
    drawn = int(draw_arms(chances[None], np.array([u]))[0][0])
    return chances, drawn if today < share else None


def _weighed(
    blank: Candidate, short: Shortlist, found: _Weights, contact_cents: float, tries: _Tries | None = None
) -> Candidate:
    """The candidate with the arms that may pay, and the one that chance has drawn."""
    value, p = found
    arms = worth_weighing(value, p, short.off, short.allowed)
    depths = short.off.shape[1]
    flat = (arms.product * depths + arms.depth).tolist()
    n_planned, drawn = len(flat), None if tries is None else tries[1]
    reason = None if flat else _why_not(short, value + contact_cents)
    if drawn is not None and drawn >= 0 and drawn not in flat:
        flat.append(drawn)
    places = [(number // depths, number % depths) for number in flat]
    return replace(
        blank,
        arms=(NOTHING, *(_arm(short, place, float(value[place]), float(p[place])) for place in places)),
        rows=(-1, *(int(short.rows[k]) for k, _ in places)),
        prices=(0, *(int(short.price_cents[k]) for k, _ in places)),
        floors=(0, *(int(short.floor_cents[k]) for k, _ in places)),
        slot_of=(-1, *(int(short.slot[k]) for k, _ in places)),
        reason=reason,
        n_planned=n_planned,
        tries=() if tries is None else tuple(tries[0][[0, *(number + 1 for number in flat)]].tolist()),
        drawn=None if drawn is None else 0 if drawn < 0 else flat.index(drawn) + 1,
    )


def _why_not(short: Shortlist, value: np.ndarray) -> str:
    """Of one with no arm that pays, whatever a message costs left out of the values."""
    gives_away = not (short.allowed & (value > 0.0)).any()
    return "comes_anyway" if gives_away and short.p_come >= OFTEN else "no_gain"


def _arm(short: Shortlist, place: tuple[int, int], value: float, p: float) -> Arm:
    k, off = place[0], int(short.off[place])
    return Arm(
        product_id=short.product_ids[k],
        discount_cents=off,
        p_buy=p,
        value_cents=value,
        cost_cents=p * off,
        price_cents=int(short.price_cents[k]),
        p_untouched=float(short.p_buy[k]),
        p_come=short.p_come,
        fit=float(short.fit[k]),
    )
