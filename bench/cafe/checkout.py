"""The café's tills: what a day's events say of coupons, asked of the desk as a till asks, one act an order and coupon."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import polars as pl

from offers.answers import Answer, Ask
from offers.book import Line
from offers.desk import Desk

BACK = ("refund", "void")
_ORDER = ["order_id", "coupon_id"]


class Tills:
    """All tills of the chain on one desk: coupons paid, those of them taken back, and uses refused, by reason."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.n_redeemed, self.n_reversed = desk, 0, 0
        self.refused = Counter[str]()

    def ring_up(self, events: pl.DataFrame, codes: Mapping[str, str]) -> pl.DataFrame:
        """Redeem and take back what the events (`feature_repo.events`) say, by time; codes: by offer id, as customers show them.

        Rows for the lake: without the redemptions, which the ledger tells by its outbox, and without a discount where the
        desk refused it.
        """
        told = pl.col.coupon_id.is_not_null() & pl.col.event_type.is_in(["redemption", *BACK])
        acts, baskets, refused = events.filter(told).sort("occurred_at", "event_id"), _baskets(events), []
        for act in acts.iter_rows(named=True):
            answer = self._asked(act, codes[act["coupon_id"]], baskets)
            if not answer.ok and act["event_type"] == "redemption":
                refused.append({name: act[name] for name in _ORDER})
                self.refused[str(answer.body["reason"])] += 1
        kept = events.filter(pl.col.event_type != "redemption")
        turned = pl.DataFrame(refused, schema=dict.fromkeys(_ORDER, pl.String()))
        full = kept.join(turned, on=_ORDER, how="semi")
        full = full.with_columns(coupon_id=pl.lit(None, pl.String()), discount_cents=pl.lit(0, pl.Int64()))
        return pl.concat([kept.join(turned, on=_ORDER, how="anti"), full])

    def _asked(self, act: Mapping[str, Any], code: str, baskets: Mapping[str, tuple[Line, ...]]) -> Answer:
        order, at, till = act["order_id"], act["occurred_at"], f"{act['store_id']}-1"
        if act["event_type"] in BACK:
            ask = Ask(act["store_id"], order, till_time=at, till_id=till, actor=till)
            answer = self.desk.reverse(code, ask, f"{order}-{act['event_type']}", at)
            self.n_reversed += answer.ok
        else:
            ask = Ask(act["store_id"], order, baskets[order], till_time=at, till_id=till, actor=till)
            answer = self.desk.redeem(code, ask, f"{order}-redeem", at)
            self.n_redeemed += answer.ok
        return answer


def _baskets(events: pl.DataFrame) -> dict[str, tuple[Line, ...]]:
    """Lines bought, by order."""
    bought = events.filter(pl.col.event_type == "purchase").sort("event_id")
    baskets: dict[str, tuple[Line, ...]] = {}
    for row in bought.select("order_id", "product_id", "quantity", "unit_price_cents").iter_rows():
        baskets[row[0]] = (*baskets.get(row[0], ()), Line(*row[1:]))
    return baskets
