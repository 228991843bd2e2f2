"""Adapters for tests: the online store and the desk in memory, with switches for the ways in which they fail."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from models.history import History
from offers.answers import Answer, Ask, CursorError, KeyReused, Offer, Page
from offers.cashier import refusal_text
from offers.database import LedgerError
from serving.online_port import Assortment, UserFeatures
from tests.models import checkerboard
from tests.suites.memory_online import MemoryOnline

NOW = datetime(2026, 3, 2, 13, 30, tzinfo=UTC)
"""A Monday, 08:30 in New York."""
PRODUCTS = checkerboard.products(checkerboard.N_PRODUCTS + 1)
"""Every product of the checkerboard's artifact; the last one is new to all."""


@dataclass
class Clock:
    """A monotonic clock that stands where it is set."""

    now_s: float = 0.0

    def __call__(self) -> float:
        return self.now_s


def known(history: History, profile: Mapping[str, Any] | None = None, as_of: datetime | None = NOW) -> UserFeatures:
    """A user's features without a rhythm of their own."""
    return UserFeatures(history, profile or {}, np.zeros(168, np.float32), as_of)


def stock(*rows: tuple[str, int, int | None]) -> Assortment:
    """Rows (product_id, price_cents, stock_units or None)."""
    ids, prices, units = zip(*rows, strict=True)
    has = [u is not None for u in units]
    return Assortment(ids, np.array(prices), np.array([u or 0 for u in units]), np.array(has, bool), NOW)


class CountingOnline(MemoryOnline):
    """Counts its reads and caches nothing: its clock runs a hundred seconds a look."""

    def __init__(self, users: Mapping[str, UserFeatures] | None = None, stores: Mapping[str, Assortment] | None = None):
        super().__init__(users, stores, itertools.count(0, 100).__next__)
        self.n_reads = 0

    def _touch(self) -> None:
        self.n_reads += 1
        super()._touch()


def not_added(world: Any) -> None:
    """A purchase that the online store doesn't take; then it is well again."""
    told = {
        "event_type": "purchase",
        "user_id": "u00",
        "product_id": "p00",
        "store_id": "s0",
        "occurred_at": NOW.isoformat(),
    }
    world.online.down = True
    assert world.parts.visits.add([told]) == 0
    world.online.down = False


def offer(code: str = "ABCD", **changes: Any) -> Offer:
    """A latte coupon for tomorrow at eight."""
    start = NOW + timedelta(hours=23, minutes=30)
    values: dict[str, Any] = {
        "offer_id": f"o-{code}", "coupon_code": code, "campaign_id": "usual", "user_id": "u00", "product_id": "p00",
        "store_id": "s0", "discount_cents": 100, "price_cents": 450, "currency": "USD",
        "send_at": NOW + timedelta(hours=9), "valid_from": start, "valid_until": start + timedelta(hours=2),
        "text": {"en": "Tomorrow 8:00", "zh": "明早8点"}, "decision_id": f"d-{code}", "state": "issued",
    }  # fmt: skip
    return Offer(**{**values, **changes})


class MemoryDesk:
    """A Desk of dictionaries: enough rules to tell a quote, an entry, a replay and a refusal apart."""

    def __init__(self, *offers: Offer) -> None:
        self.offers = {o.coupon_code: o for o in offers}
        self.answers: dict[str, tuple[Any, Answer]] = {}
        self.asked: list[tuple[str, str, Ask, str]] = []
        self.delivery: dict[str, str] = {}
        self.down = False
        self.slow_s = 0.0

    def validate(self, code: str, ask: Ask, now: datetime) -> Answer:
        self._touch()
        self.asked.append(("validate", code, ask, ""))
        return self._decide("quote", code, ask)

    def hold(self, code: str, ask: Ask, key: str, now: datetime) -> Answer:
        return self._once("hold", code, ask, key)

    def redeem(self, code: str, ask: Ask, key: str, now: datetime) -> Answer:
        return self._once("redeem", code, ask, key)

    def release(self, code: str, ask: Ask, key: str, now: datetime) -> Answer:
        return self._once("release", code, ask, key)

    def reverse(self, code: str, ask: Ask, key: str, now: datetime) -> Answer:
        return self._once("reverse", code, ask, key)

    def begin(self, kind: str, code: str, ask: Ask, key: str, now: datetime) -> asyncio.Future[Answer]:
        return asyncio.get_running_loop().run_in_executor(None, getattr(self, kind), code, ask, key, now)

    def due(
        self, from_: datetime, to: datetime, limit: int, cursor: str | None, now: datetime, scheduler: str = ""
    ) -> Page:
        self._touch()
        found = sorted((o for o in self.offers.values() if from_ <= o.send_at < to), key=lambda o: o.offer_id)
        if cursor is not None and not cursor.isdecimal():
            raise CursorError("not one of ours")
        start = int(cursor or 0)
        until, more = now + timedelta(minutes=5), start + limit < len(found)
        return Page(tuple(found[start : start + limit]), str(start + limit), more, until)

    def acknowledge(self, offer_id: str, outcome: str, now: datetime) -> str | None:
        self._touch()
        if offer_id not in {o.offer_id for o in self.offers.values()}:
            return None
        if self.delivery.get(offer_id) != "delivered":
            self.delivery[offer_id] = outcome
        return self.delivery[offer_id]

    def wallet(self, user_id: str, now: datetime) -> list[Offer]:
        self._touch()
        return [o for o in self.offers.values() if o.user_id == user_id]

    def campaign(self, campaign_id: str, now: datetime) -> dict[str, Any] | None:
        self._touch()
        if campaign_id != "usual":
            return None
        money = {"granted": 5000, "reserve": 750, "held": 100, "promised": 200, "spent": 300, "forecast": 600}
        money |= {"overspend": 0, "overspent": 0, "overpaid": 0}
        counts = {"n_issued": 3, "n_redeemed": 1, "n_holdout": 0, "n_people": 3, "stopped": False}
        lift = {"state": "unavailable", "reason": "no_holdout"}
        return {**{f"{k}_cents": v for k, v in money.items()}, **counts, "lift": lift}

    def _once(self, kind: str, code: str, ask: Ask, key: str) -> Answer:
        self._touch()
        self.asked.append((kind, code, ask, key))
        body = (kind, code, ask)
        if key in self.answers:
            first, answer = self.answers[key]
            if first != body:
                raise KeyReused("another body")
            return Answer(answer.ok, answer.body, True)
        answer = self._decide(kind, code, ask)
        self.answers[key] = (body, answer)
        return answer

    def _decide(self, kind: str, code: str, ask: Ask) -> Answer:
        found = self.offers.get(code)
        if found is None:
            return Answer(False, {"reason": "unknown_coupon", "detail": "no coupon has this code",
                                  "text": refusal_text("unknown_coupon")})  # fmt: skip
        body = {"kind": kind, "coupon_code": code, "offer_id": found.offer_id, "order_id": ask.order_id,
                "product_id": found.product_id, "store_id": found.store_id, "discount_cents": found.discount_cents,
                "currency": found.currency, "at": NOW.isoformat()}  # fmt: skip
        return Answer(True, body if kind == "quote" else {"entry_id": f"e-{code}-{kind}", **body})

    def _touch(self) -> None:
        if self.slow_s:
            import time

            time.sleep(self.slow_s)
        if self.down:
            raise LedgerError("ledger sqlite:///x: gone")
