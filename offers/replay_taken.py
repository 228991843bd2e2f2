"""What a campaign's coupons take of each scope's budget and limits after every entry, as the rules count it."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from offers.basket import paid_cents
from offers.book import Coupon
from offers.commands import Entry

TAKING = ("hold", "token", "redeem")
"""Kinds of entries that the budget and the limits guard at a till."""
_Place = tuple[str, ...]
_CAPS = (("store", "per_store_cents"), ("user", "per_user_cents"), ("day", "per_day_cents"))


class ReplayTaken:
    """Cents spent and set aside, and coupons used and held, by scope.

    A hold counts until `held_until`, by the latest moment that any entry so far has told: where a slow clock wrote the entry
    after, the rules counted that hold or more, so what is told here was broken there too.
    """

    def __init__(self) -> None:
        """Nothing is taken."""
        self._cents, self._n = Counter[_Place](), Counter[_Place]()
        self._of: dict[str, tuple[Coupon, str | None, int]] = {}
        self._ends: list[tuple[datetime, str]] = []
        self._now: datetime | None = None

    def move(self, coupon: Coupon, day: str | None, at: datetime) -> None:
        """Take in how a coupon stands after an entry; `day` is the one it was used or held for, None if no entry tells."""
        now = self._run_out(at)
        self._count(coupon.offer_id, -1)
        self._of.pop(coupon.offer_id, None)
        end = coupon.held_until if coupon.state == "held" else None
        if end is not None and end > now:
            heapq.heappush(self._ends, (end, coupon.offer_id))
            self._of[coupon.offer_id] = coupon, day, coupon.discount_cents
        elif coupon.state == "redeemed":
            self._of[coupon.offer_id] = coupon, day, paid_cents(coupon)
        self._count(coupon.offer_id, 1)

    def taken(self) -> list[tuple[datetime | None, int]]:
        """What is taken after the last entry: the cents spent (None), and those of every hold with its end."""
        holds = [(coupon.held_until, cents) for coupon, _, cents in self._of.values() if coupon.state == "held"]
        return [(None, self._cents["campaign",] - sum(cents for _, cents in holds)), *holds]

    def _run_out(self, at: datetime) -> datetime:
        """Let go the holds that have run out; the latest moment that was told."""
        now = self._now = at if self._now is None else max(self._now, at)
        while self._ends and self._ends[0][0] <= now:
            end, offer_id = heapq.heappop(self._ends)
            coupon = self._of[offer_id][0] if offer_id in self._of else None
            if coupon is not None and coupon.state == "held" and coupon.held_until == end:
                self._count(offer_id, -1)
                del self._of[offer_id]
        return now

    def faults(self, entry: Entry, coupon: Coupon, granted: int, terms: Mapping[str, Any]) -> Iterator[str]:
        """Budgets and limits that an entry of the kinds TAKING leaves broken; `coupon` is as it stands after it. A limit that
        no entry told isn't known, and an erased user has none."""
        over, user, day = terms.get("overspend_cents", 0), coupon.user_id, entry.day
        keys = {"store": coupon.store_id, "user": user, "day": day}
        caps: list[tuple[str, _Place, int | None]] = [("the campaign", ("campaign",), granted)]
        caps += [(f"the {name}", (name, keys[name] or ""), terms.get(cap)) for name, cap in _CAPS if keys[name]]
        for name, place, cents in caps:
            if cents is not None and self._cents[place] > cents + over:
                # A user's name stays out of what is told: it may be kept in a log.
                yield f"{self._cents[place]} cents spent and held of {cents + over} for {name}"
        counts: list[tuple[str, _Place, int | None]] = [("the campaign", ("campaign",), terms.get("max_coupons"))]
        if user:
            counts.append(("the user", ("user", user), terms.get("max_per_user")))
        if user and day:
            counts.append(("the user and day", ("user", user, day), terms.get("max_per_user_day")))
        for name, place, most in counts:
            if most is not None and self._n[place] > most:
                yield f"{self._n[place]} coupons used and held of {most} for {name}"

    def _count(self, offer_id: str, sign: int) -> None:
        if offer_id not in self._of:
            return
        coupon, day, cents = self._of[offer_id]
        places: list[_Place] = [("campaign",), ("store", coupon.store_id), ("day", day or "")]
        if coupon.user_id:
            places += [("user", coupon.user_id), ("user", coupon.user_id, day or "")]
        for place in places:
            self._cents[place] += sign * cents
            self._n[place] += sign
