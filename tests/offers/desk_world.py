"""One desk known by heart: campaign `c`, store soho (New York, 07:00 to 19:00), a latte at 450 with a floor of 300.

Coupons are valid on Tuesday 2025-11-04, 08:00 to 10:00 in New York, which is 13:00 to 15:00 UTC.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import numpy as np

from offers.answers import Ask
from offers.book import Account, Book, Coupon, Facts, Line
from offers.campaign import Budget, Campaign, Depth, Limits
from offers.codes import canonical
from offers.commands import Hold, Redeem
from offers.desk import Desk
from offers.drafts import NOTHING, Arm, Decision, Terms
from offers.erasing import make_nobodys
from offers.leases import give, note_paid
from offers.slots import Store

DAY = date(2025, 11, 4)
FROM = datetime(2025, 11, 4, 13, tzinfo=UTC)
UNTIL = datetime(2025, 11, 4, 15, tzinfo=UTC)
AT = FROM + timedelta(minutes=5)
TICK = timedelta(microseconds=1)
PLANNED = datetime(2025, 11, 3, 12, tzinfo=UTC)
SEND = datetime(2025, 11, 3, 23, tzinfo=UTC)
SOHO = Store("soho", "America/New_York", 7 * 60, 19 * 60)
BUND = replace(SOHO, store_id="bund")
OVER = datetime(2025, 11, 5, 5, tzinfo=UTC)
"""Midnight in New York after the day."""
LATTE = (Line("latte"),)
FORETOLD = Arm("latte", 90, 0.2, 5.0, 20.0, price_cents=450, p_untouched=0.1, p_come=0.3, fit=0.4)

COUPON = Coupon("off_1", "c", "dec_1", "ann", "latte", "soho", 100, 450, 300, 20, FROM, UNTIL)
ACCOUNT = Account("c", granted_cents=1000, reserve_cents=150)


def book(*, facts: Facts | None = None, account: dict[str, Any] | None = None, **coupon: Any) -> Book:
    return Book(replace(COUPON, **coupon), replace(ACCOUNT, **account or {}), facts or Facts(store_open=True))


def hold(**changes: Any) -> Hold:
    return Hold(**{"order_id": "o1", "store_id": "soho", "lines": LATTE, "at": AT, **changes})


def redeem(**changes: Any) -> Redeem:
    return Redeem(**{"order_id": "o1", "store_id": "soho", "lines": LATTE, "at": AT, **changes})


def campaign(granted: int = 1000, reserve: float = 0.15, **changes: Any) -> Campaign:
    return Campaign(
        id="c",
        budget=Budget(granted_cents=granted, reserve_share=reserve),
        depth=Depth(ladder_cents=(100,)),
        stopped=changes.pop("stopped", False),
        limits=Limits(**changes),
    )


def terms(**changes: Any) -> Terms:
    plain = {
        "product_id": "latte", "store_id": "soho", "discount_cents": 100, "price_cents": 450, "floor_cents": 300,
        "expected_cents": 20, "currency": "USD", "send_at": SEND, "valid_from": FROM, "valid_until": UNTIL,
        "text": {"en": "Tomorrow 8:00, latte −$1.00", "zh": "明早8点,拿铁减1元"},
    }  # fmt: skip
    return Terms(**{**plain, **changes})


def decision(user_id: str, for_date: date = DAY, **changes: Any) -> Decision:
    return Decision(
        user_id, for_date, (NOTHING, Arm("latte", 100, 0.2, 5.0, 20.0)), 1, 1, 0.95, model_version="m1",
        feature_version="f1", terms=terms(**changes),
    )  # fmt: skip


def offered(user_id: str, for_date: date = DAY, arm: Arm = FORETOLD, **changes: Any) -> Decision:
    """A decision that says what was foretold of the day."""
    return replace(decision(user_id, for_date, **changes), arms=(NOTHING, arm))


def ask(**changes: Any) -> Ask:
    plain = {"store_id": "soho", "order_id": "o1", "lines": LATTE, "till_time": AT, "till_id": "t1", "actor": "k1"}
    return Ask(**{**plain, **changes})


def seeded_token(seed: int) -> Callable[[int], bytes]:
    return np.random.default_rng(seed).bytes


def code_of(desk: Desk, user_id: str = "ann") -> str:
    return desk.wallet(user_id, PLANNED)[0].coupon_code


def neighbours(desk: Desk) -> None:
    """What is none of campaign `c`'s: campaign `b` in soho and in bund, with people of its own and some of c's, and of every
    kind something: paid, overpaid, held, open, delivered, withdrawn, held out, nobody's, lent and refused."""
    budget = Budget(granted_cents=2000, reserve_share=0.1, per_store_cents=900, per_user_cents=900, per_day_cents=900)
    other = msgspec.structs.replace(campaign(per_user_day=9), id="b", budget=budget)
    desk.open(other, [SOHO, BUND], PLANNED)
    theirs = {"bob": "soho", "vic": "soho", "wes": "bund", "xia": "soho", "yan": "soho", "zoe": "bund"}
    later = {"expected_cents": 30, "send_at": SEND + timedelta(hours=1)}
    batch = [decision(user, store_id=store, **later) for user, store in theirs.items()]
    batch[3] = decision("xia", product_id="tea", **later)
    out = replace(decision("ann"), sent_arm=0, holdout=True, reason="holdout", propensity=0.05, terms=None)
    poor = replace(decision("hal"), planned_arm=0, sent_arm=0, reason="budget", terms=None)
    desk.issue("b", [*batch, out, poor, replace(poor, user_id="gus")], PLANNED)
    found = [offer for user in theirs for offer in desk.wallet(user, PLANNED) if offer.campaign_id == "b"]
    code = {offer.user_id: offer.coupon_code for offer in found}
    for user, store in (("bob", "soho"), ("zoe", "bund")):
        assert desk.redeem(code[user], ask(order_id=f"{user}s", store_id=store), f"{user}-1", AT).ok
    assert desk.hold(code["yan"], ask(order_id="yans"), "yan-1", AT).ok
    assert desk.redeem(code["wes"], ask(order_id="wess"), "wes-1", AT).body["reason"] == "wrong_store"
    (second,) = desk.settle([(canonical(code["bob"]) or "", ask(order_id="bobs second"))], AT)
    assert second.body["kind"] == "overpay"
    desk.acknowledge(desk.wallet("xia", AT)[0].offer_id, "delivered", SEND)
    desk.withdraw(desk.wallet("vic", AT)[0].offer_id, "operator", AT)
    with desk.journal.write() as connection:
        give(connection, "l9", "bund", "t9", 400, 1000, AT)
        note_paid(connection, "l9", "bund", 100)
        make_nobodys(connection, ["xia", "gus"])
