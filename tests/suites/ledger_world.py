"""The worlds that histories of the ledger play in: two stores a day apart, two campaigns, budgets wide and tight.

Soho is New York (UTC−5 in this week of November), Bund is Shanghai (UTC+8); both open at 7:00 and close at 19:00.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from offers.campaign import Budget, Campaign, Depth, Limits
from offers.slots import Store

BEGIN = datetime(2025, 11, 4, 16, tzinfo=UTC)
"""11:00 in New York, and 0:00 of the day after in Shanghai."""
STORES = (Store("soho", "America/New_York", 420, 1140), Store("bund", "Asia/Shanghai", 420, 1140))
OFFSET = {"soho": timedelta(hours=-5), "bund": timedelta(hours=8)}
TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class World:
    """Campaigns `c` and `d`, what all campaigns together may spend (0: no cap), and how many orders are under way."""

    c: Campaign
    d: Campaign
    chain_cents: int = 0
    n_orders: int = 8

    def campaigns(self) -> dict[str, Campaign]:
        return {"c": self.c, "d": self.d}


def _campaign(
    name: str, granted: int, overspend: int = 0, limits: dict[str, Any] | None = None, **scopes: int
) -> Campaign:
    policy: Literal["strict", "honour"] = "honour" if overspend else "strict"
    limited = {"hold_s": 60, "token_s": 1800, "sync_s": 3600} | (limits or {})
    return Campaign(
        id=name,
        budget=Budget(granted_cents=granted, policy=policy, overspend_cents=overspend, **scopes),
        depth=Depth(ladder_cents=(100,)),
        limits=Limits(**limited),
    )


_MANY: dict[str, Any] = {"per_user_day": 9}
_SLOW = {**_MANY, "hold_s": 1800}
"""Holds that outlive a day's end."""
WORLDS = (
    # Tight and strict, one coupon a user and day, no scopes.
    World(_campaign("c", 700), _campaign("d", 377, limits=_MANY)),
    # The chain's budget decides.
    World(_campaign("c", 5000, limits=_MANY), _campaign("d", 5000, limits=_SLOW), chain_cents=477),
    # Sent coupons are honoured above the grant.
    World(
        _campaign("c", 407, 203, limits={"per_user_day": 3, "grace_s": 300}, per_user_cents=150),
        _campaign("d", 800, 1, limits=_MANY, per_store_cents=250),
        chain_cents=1100,
    ),
    # Money enough: limits by number decide, and a till's clock is believed only so far.
    World(
        _campaign("c", 50_000, limits={"per_user_day": 3, "per_user": 5, "coupons": 4}),
        _campaign("d", 50_000, limits={"per_user_day": 4, "coupons": 6, "grace_s": 60, "max_till_skew_s": 7200}),
    ),
    # Many coupons in few orders: the floor decides.
    World(
        _campaign("c", 9_000, limits={"per_user_day": 40, "grace_s": 3600}),
        _campaign("d", 9_000, 500, limits={"per_user_day": 40}, per_user_cents=900),
        n_orders=2,
    ),
    # The user's, the store's and the day's budget decide.
    World(
        _campaign("c", 5000, limits=_SLOW, per_user_cents=211),
        _campaign("d", 5000, limits={**_SLOW, "grace_s": 120}, per_day_cents=233, per_store_cents=401),
    ),
)
