"""What became of offers whose day is over: the ledger's half of an answer. Who came is the lake's to say.

An offer answers once its window's local day is over, or later where a till may still pay it: a hold, or a token for tills
without network, has to run out first. Redeemed it was bought; given back as a whole it was bought until then. What its user
could not have answered is no answer, and is counted by its reason: see LEFT_OUT.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from offers.clocks import moment, zone_of
from offers.drafts import Arm
from offers.tables import coupons, decisions, entries, stores

LEFT_OUT = {
    "open": "its day is not over, or a till may still pay it",
    "erased": "its user asked to be forgotten",
    "not_foretold": "its decision doesn't say what was expected of the day; older versions kept less",
    "withdrawn": "it was withdrawn before its window was over",
    "not_delivered": "it failed to reach its user, or was never said to have while others of that day were",
    "refused": "a till was told no, so nobody knows what its user would have bought",
    "overpaid": "a till without network paid it against the rules",
}
"""Why an offer sent is no answer, in the order in which it is decided."""
_BATCH = 5000
_KINDS = ("redeem", "reverse", "release", "refused")
_COUPON = ("user_id", "product_id", "window_day", "valid_from", "valid_until", "state", "held_until", "delivery")


class AnsweredOffer(NamedTuple):
    """One answered offer. hour: of the window's beginning, on the store's clock, as `day` is. share: discount / price. The next
    three are what was foretold (`offers.drafts.Arm`). Once `reversed_at`, it was not bought after all.
    """

    user_id: str
    product_id: str
    day: date
    hour: int
    share: float
    p_buy: float
    p_come: float
    fit: float
    redeemed: bool
    reversed_at: datetime | None
    answered_at: datetime


def answered_offers(connection: sa.Connection, now: datetime, left_out: Counter[str]) -> Iterator[AnsweredOffer]:
    """Offers of all campaigns that were answered by `now` (aware), in the order of issue; read in batches. `left_out` counts the
    others by reason. The same ledger and moment give the same rows."""
    told = _told(connection)
    for row in connection.execute(_offers(), execution_options={"yield_per": _BATCH}):
        found = _judged(row, (row.campaign_id, row.window_day) in told, now)
        if isinstance(found, str):
            left_out[found] += 1
        else:
            yield found


def _offers() -> sa.Select[Any]:
    """Every coupon with its decision, its store's zone and what its entries say."""
    e = entries.c
    happened = sa.case((e.judged_at < e.at, e.judged_at), else_=e.at)
    at_till = (e.kind == "refused") & e.order_id.is_not(None)
    withdrawn = (e.kind == "release") & e.order_id.is_(None)
    columns = {
        "redeemed_at": sa.func.max(sa.case((e.kind == "redeem", happened))),
        "reversed_at": sa.func.max(sa.case((e.kind == "reverse", happened))),
        "withdrawn_at": sa.func.max(sa.case((withdrawn, e.at))),
        "n_refused": sa.func.sum(sa.case((at_till, 1), else_=0)),
    }
    said = sa.select(e.offer_id, *(column.label(name) for name, column in columns.items()))
    moves = said.where(e.kind.in_(_KINDS), e.offer_id.is_not(None)).group_by(e.offer_id).subquery()
    own = (coupons.c.campaign_id, *(coupons.c[name] for name in _COUPON))
    decided = (decisions.c.user_id.label("decided_user"), decisions.c.arms, decisions.c.sent_arm)
    return (
        sa.select(*own, *decided, stores.c.timezone, *(moves.c[name] for name in columns))
        .join(decisions, decisions.c.decision_id == coupons.c.decision_id)
        .outerjoin(stores, stores.c.store_id == coupons.c.store_id)
        .outerjoin(moves, moves.c.offer_id == coupons.c.offer_id)
        .order_by(coupons.c.seq)
    )


def _told(connection: sa.Connection) -> set[tuple[str, str]]:
    """(campaign, local day) of which somebody said how the delivery went: there, silence says that none took place."""
    days = sa.select(coupons.c.campaign_id, coupons.c.window_day).where(coupons.c.delivery.is_not(None)).distinct()
    return {(row.campaign_id, row.window_day) for row in connection.execute(days)}


def _judged(row: Any, told: bool, now: datetime) -> AnsweredOffer | str:
    """The answer, or why there is none."""
    zone, day, over = _local_day(row.timezone or "UTC", row.window_day)
    held = row.held_until if row.state == "held" else None
    ends = (over, row.valid_until, held, row.redeemed_at)
    answered_at: datetime = max(end for end in ends if end is not None)
    arm = Arm(*msgspec.json.decode(row.arms)[row.sent_arm])
    if answered_at > now:
        return "open"
    if row.user_id is None or row.decided_user is None:
        return "erased"
    if not _is_foretold(arm):
        return "not_foretold"
    if row.state == "released" and row.withdrawn_at is not None and row.withdrawn_at < row.valid_until:
        return "withdrawn"
    if row.delivery == "failed" or (told and row.delivery is None):
        return "not_delivered"
    if row.redeemed_at is None and row.n_refused:
        return "refused"
    if row.state == "overpaid" or (row.state == "reversed" and row.redeemed_at is None):
        return "overpaid"
    hour = row.valid_from.astimezone(zone).hour
    foretold = (arm.discount_cents / arm.price_cents, arm.p_untouched, arm.p_come, arm.fit)
    back = row.reversed_at if row.state == "reversed" else None
    return AnsweredOffer(
        row.user_id, row.product_id, day, hour, *foretold, row.redeemed_at is not None, back, answered_at
    )


@lru_cache(maxsize=4096)
def _local_day(timezone: str, day: str) -> tuple[ZoneInfo, date, datetime]:
    """The store's zone, the day, and when it is over there."""
    zone, found = zone_of(timezone), date.fromisoformat(day)
    return zone, found, moment(zone, found + timedelta(days=1), 0)


def _is_foretold(arm: Arm) -> bool:
    """Whether the record says what was expected; older ones are shorter, and a fit of nothing foretells nothing."""
    chances = (arm.p_untouched, arm.p_come, arm.fit)
    return 0 < arm.discount_cents <= arm.price_cents and all(0 <= p <= 1 for p in chances) and arm.fit > 0
