"""What a plan may promise: money of the campaign, the day and the chain, of each store, and units on the shelves."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import sqlalchemy as sa

from offers.book import Purse
from offers.campaign import Campaign
from offers.journal import live_hold_at, open_at, read_account, read_heads
from offers.market import Market
from offers.promising import Promising
from offers.tables import coupons

_BATCH = 500


@dataclass(frozen=True)
class Means:
    """Cents and units at one moment, none below zero; stores and products that aren't named have no limit of their own."""

    cents: int
    store_cents: Mapping[str, int] = field(default_factory=dict)
    units: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """(store_id, product_id) to what the shelf holds less the coupons out for it, or used on the day."""


def read_means(
    connection: sa.Connection, campaign_id: str, market: Market, stores: Collection[str], for_date: date, now: datetime
) -> Means:
    """What can be promised for a date: grants less reserves and what is spent, held and promised. Raises LedgerError.

    What one person may have is `read_user_limits`.
    """
    read_account(connection, campaign_id, lock=False)
    promising = Promising(connection, read_heads(connection, [campaign_id], lock=False), campaign_id, set(), now)
    wide = (promising.purse("campaign"), promising.purse("day", for_date.isoformat()), promising.purse("chain"))
    each = {store: promising.purse("store", store) for store in sorted(stores)}
    return Means(
        min(_left(purse) for purse in wide if purse is not None),
        {store: _left(purse) for store, purse in each.items() if purse is not None},
        _units(connection, market, stores, for_date, now),
    )


def read_user_limits(
    connection: sa.Connection, campaign: Campaign, users: Sequence[str], now: datetime
) -> dict[str, int]:
    """Cents that may still be promised to each user; empty where the campaign limits nobody. Raises LedgerError."""
    if campaign.limits.per_user is None and campaign.budget.per_user_cents is None:
        return {}
    found, heads = dict[str, int](), read_heads(connection, [campaign.id], lock=False)
    for start in range(0, len(users), _BATCH):
        some = users[start : start + _BATCH]
        promising = Promising(connection, heads, campaign.id, set(some), now)
        found.update({user: left for user in some if (left := promising.left_to(user)) is not None})
    return found


def _left(purse: Purse) -> int:
    taken = purse.spent_cents + purse.held_cents + purse.promised_cents
    return max(0, purse.granted_cents - purse.reserve_cents - taken)


def _units(
    connection: sa.Connection, market: Market, stores: Collection[str], for_date: date, now: datetime
) -> dict[tuple[str, str], int]:
    # What was used on the day itself may have left the shelf after it was counted.
    used = (coupons.c.state == "redeemed") & (coupons.c.used_day == for_date.isoformat())
    columns = (coupons.c.store_id, coupons.c.product_id)
    gone = open_at(now) | live_hold_at(now) | used
    out = sa.select(*columns, sa.func.count()).where(gone).group_by(*columns)
    taken = {(row[0], row[1]): row[2] for row in connection.execute(out)}
    found = {}
    for store in sorted(stores):
        shelf = market.shelf(store)
        if shelf is not None:
            for row, units in zip(shelf.rows.tolist(), shelf.stock_units.tolist(), strict=True):
                if units >= 0:
                    key = (store, market.product_ids.ids[row])
                    found[key] = max(0, units - taken.get(key, 0))
    return found
