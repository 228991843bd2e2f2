"""Who was decided for a campaign, on which side of the holdout, and what the campaign gave away: the ledger's half of a lift."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from offers.tables import coupons, decisions, entries


@dataclass(frozen=True)
class Assigned:
    """One decision of one user. `planned`: an offer was meant for them, whether or not the holdout kept it back."""

    user_id: str
    made_at: datetime
    held: bool
    planned: bool


@dataclass(frozen=True)
class Given:
    """What a campaign's redeemed coupons took off, what came back taken out, and how often they were redeemed."""

    cents: int
    n_redeemed: int
    product_ids: frozenset[str]
    """Products it issued coupons for."""


def assigned(connection: sa.Connection, campaign_id: str, before: datetime) -> Iterator[Assigned]:
    """Every decision made before the moment, oldest first; those whose user was erased are not there."""
    columns = (decisions.c.user_id, decisions.c.made_at, decisions.c.holdout, decisions.c.planned_arm)
    mine = (decisions.c.campaign_id == campaign_id) & (decisions.c.made_at < before)
    found = sa.select(*columns).where(mine, decisions.c.user_id.is_not(None))
    for row in connection.execute(found.order_by(decisions.c.made_at, decisions.c.decision_id)):
        yield Assigned(row.user_id, row.made_at, row.holdout, row.planned_arm > 0)


def n_erased(connection: sa.Connection, campaign_id: str) -> int:
    """Decisions of which nobody knows any more whose they were: their users asked to be forgotten."""
    mine = (decisions.c.campaign_id == campaign_id) & decisions.c.user_id.is_(None)
    return int(connection.execute(sa.select(sa.func.count()).select_from(decisions).where(mine)).scalar_one())


def given(connection: sa.Connection, campaign_id: str, before: datetime) -> Given:
    """From the entries recorded before the moment: redemptions, less what was taken back, whole or in part."""
    mine = (entries.c.campaign_id == campaign_id) & (entries.c.at < before)
    sums = sa.select(entries.c.kind, sa.func.sum(entries.c.amount_cents).label("cents"), sa.func.count().label("n"))
    moved = {
        row.kind: row
        for row in connection.execute(
            sums.where(mine, entries.c.kind.in_(("redeem", "reverse"))).group_by(entries.c.kind)
        )
    }
    cents = {kind: int(row.cents) for kind, row in moved.items()}
    products = sa.select(coupons.c.product_id).where(coupons.c.campaign_id == campaign_id).distinct()
    return Given(
        cents.get("redeem", 0) - cents.get("reverse", 0),
        int(moved["redeem"].n) if "redeem" in moved else 0,
        frozenset(connection.execute(products).scalars()),
    )
