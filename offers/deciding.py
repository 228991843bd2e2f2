"""From a candidate and its planned arm to the decision: the arm's terms, and what is kept on record."""

from __future__ import annotations

from datetime import date

import numpy as np

from offers.campaign import Campaign
from offers.candidates import Candidate
from offers.depth import step_of, terms_of_kind
from offers.drafts import Decision, Terms
from offers.market import Market
from offers.text import offer_text


def reserved(cost_cents: float) -> int:
    """The expected cost in whole cents, rounded up, as the ledger reserves it."""
    return max(1, int(np.ceil(cost_cents)))


def decision_of(
    candidate: Candidate,
    arm: int,
    campaign: Campaign,
    market: Market,
    for_date: date,
    currency: str,
    version: str,
    chance: float | None = None,
    refused: str | None = None,
) -> Decision:
    """The decision record, with terms when something is sent.

    `arm`: the one meant for them, by plan or trial; `chance`: that what is sent would have been meant, 1 or 0 where nothing is
    left to chance; `refused`: the limit that left nothing; `version`: the models'. The holdout is drawn after the arm.
    """
    silent, sent = candidate.silent, 0 if candidate.silent else arm
    share = campaign.plan.holdout_share
    if candidate.n_draws > 1:
        share = 1.0 - (1.0 - share) ** candidate.n_draws
    meant = float(sent == arm) if chance is None else chance
    return Decision(
        user_id=candidate.user_id,
        for_date=for_date,
        arms=candidate.arms,
        planned_arm=arm,
        sent_arm=sent,
        propensity=(1.0 - share) * meant + (share if sent == 0 else 0.0),
        holdout=candidate.holdout,
        reason=_reason(candidate, refused) if arm == 0 else "holdout" if silent else None,
        model_version=version,
        feature_version=candidate.as_of.isoformat(),
        campaign_version=campaign.version or None,
        terms=None if silent or arm == 0 else _terms(candidate, arm, campaign, market, currency),
        again=candidate.again,
    )


def _reason(candidate: Candidate, refused: str | None) -> str:
    return candidate.reason or refused or ("explored" if candidate.drawn == 0 else "budget")


def _terms(candidate: Candidate, arm: int, campaign: Campaign, market: Market, currency: str) -> Terms | None:
    place, store = candidate.slot_of[arm], market.stores.get(candidate.store_id or "")
    if not 0 <= place < len(candidate.slots) or store is None:
        raise ValueError("an arm above nothing comes with a slot and a store")
    slot = candidate.slots[place]
    chosen = candidate.arms[arm]
    names, price, cents = market.names_of(candidate.rows[arm]), candidate.prices[arm], chosen.discount_cents
    step = step_of(campaign.kind, campaign.depth, price, cents)
    min_quantity, points = terms_of_kind(campaign.kind, step)
    when = (slot.valid_from, slot.send_at, store.zone)
    return Terms(
        product_id=str(chosen.product_id),
        store_id=store.store_id,
        discount_cents=cents,
        price_cents=price,
        floor_cents=candidate.floors[arm],
        expected_cents=reserved(chosen.cost_cents),
        currency=currency,
        send_at=slot.send_at,
        valid_from=slot.valid_from,
        valid_until=slot.valid_until,
        text=offer_text(names, cents, currency, *when, campaign.kind, step),
        min_quantity=min_quantity,
        points=points,
    )
