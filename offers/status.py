"""How a campaign stands: money granted, held, promised, spent and forecast, and what can be said of its lift."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from offers.chain import CHAIN
from offers.journal import find_account, live_hold_at
from offers.tables import accounts, coupons, decisions, sums


@dataclass(frozen=True)
class Purse:
    """A campaign's money. remaining_cents = granted + overspend − spent − held: what the next coupon could be paid from."""

    campaign_id: str
    granted_cents: int
    spent_cents: int
    held_cents: int
    remaining_cents: int
    stopped: bool


def purses(connection: sa.Connection, now: datetime) -> list[Purse]:
    """Every campaign's purse by id, in two queries that read accounts and live holds, whatever was issued and redeemed."""
    total = sa.select(coupons.c.campaign_id, sa.func.sum(coupons.c.discount_cents).label("cents"))
    held = {row.campaign_id: int(row.cents) for row in connection.execute(
        total.where(live_hold_at(now)).group_by(coupons.c.campaign_id)
    )}  # fmt: skip
    found = []
    for row in connection.execute(sa.select(accounts).where(accounts.c.campaign_id != CHAIN)):
        aside = held.get(row.campaign_id, 0)
        left = row.granted_cents + row.overspend_cents - row.spent_cents - aside
        found.append(Purse(row.campaign_id, row.granted_cents, row.spent_cents, aside, left, row.stopped))
    return sorted(found, key=lambda purse: purse.campaign_id)


def campaign_status(connection: sa.Connection, campaign_id: str, now: datetime) -> dict[str, Any] | None:
    """JSON values; cents are whole. None for a campaign that was never opened.

    forecast_cents = spent + held + promised, the expected cost of open coupons that aren't held. `overspent_cents` is what a
    campaign of policy `honour` has paid above its grant; `overpaid_cents` what tills without network paid that no budget owed.
    The ledger knows no purchases, so its `lift` is "cannot_conclude"; `offers.lift_report.newest` is what `daypart lift` found.
    """
    account = find_account(connection, campaign_id, now)
    if account is None or campaign_id == CHAIN:
        return None
    count = sa.select(coupons.c.state, sa.func.count().label("n")).where(coupons.c.campaign_id == campaign_id)
    states = {row.state: row.n for row in connection.execute(count.group_by(coupons.c.state))}
    decided, held_out, n_people = _decided(connection, campaign_id)
    unowed = (sums.c.campaign_id == campaign_id) & (sums.c.scope == "overpaid")
    overpaid = connection.execute(sa.select(sa.func.sum(sums.c.spent_cents)).where(unowed)).scalar()
    return {
        "campaign_id": campaign_id,
        "stopped": account.stopped,
        "granted_cents": account.granted_cents,
        "reserve_cents": account.reserve_cents,
        "held_cents": account.held_cents,
        "promised_cents": account.promised_cents,
        "overspend_cents": account.overspend_cents,
        "overspent_cents": max(0, account.spent_cents + account.held_cents - account.granted_cents),
        "spent_cents": account.spent_cents,
        "forecast_cents": account.spent_cents + account.held_cents + account.promised_cents,
        "overpaid_cents": int(overpaid or 0),
        "n_decided": decided,
        "n_people": n_people,
        "n_holdout": held_out,
        "n_issued": sum(states.values()),
        "n_redeemed": states.get("redeemed", 0),
        "n_reversed": states.get("reversed", 0),
        "lift": {
            "state": "cannot_conclude",
            "reason": f"nobody looked yet: run daypart lift {campaign_id}",
            "n_treated": sum(states.values()),
            "n_holdout": held_out,
        },
    }


def _decided(connection: sa.Connection, campaign_id: str) -> tuple[int, int, int]:
    """(decisions, those of the holdout, people they are about at the least: the most on one date, as a date is decided once a
    person; what was decided again within the day counts once). An erasure changes none of them."""
    by_date = sa.select(sa.func.count().label("n"), sa.func.count(sa.case((decisions.c.holdout, 1))).label("held"))
    first = (decisions.c.campaign_id == campaign_id) & (decisions.c.again == 0)
    each = by_date.where(first).group_by(decisions.c.for_date).subquery()
    counts = (sa.func.sum(each.c.n), sa.func.sum(each.c.held), sa.func.max(each.c.n))
    row = connection.execute(sa.select(*counts)).one()
    return int(row[0] or 0), int(row[1] or 0), int(row[2] or 0)
