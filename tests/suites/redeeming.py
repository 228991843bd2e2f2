"""Tills that redeem coupons as fast as they are answered, each coupon once, and remember what they heard."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import httpx
import sqlalchemy as sa

from offers.campaign import Budget, Campaign, Depth, Send
from offers.desk import Desk
from offers.drafts import NOTHING, Arm, Decision, Terms
from offers.journal import Journal
from offers.slots import Store
from offers.tables import coupons

N_TILLS, CAMPAIGN, CENTS = 8, "tills", 100
LATTE = {"store_id": "soho", "lines": [{"product_id": "latte", "unit_price_cents": 450}]}


class Redeeming:
    """Begun; `finish` ends it."""

    def __init__(self, port: int, secret: str, codes: Sequence[str]) -> None:
        self._port, self._secret, self._ends = port, secret, False
        self.paid, self.unheard = set[str](), set[str]()
        """Codes answered 200, and those whose answer did not come."""
        self._codes, self._turn = iter(codes), threading.Lock()
        self._threads = [threading.Thread(target=self._till, daemon=True) for _ in range(N_TILLS)]
        for each in self._threads:
            each.start()

    def finish(self) -> None:
        """No more; what is under way is heard."""
        self._ends = True
        for each in self._threads:
            each.join(30)

    def _till(self) -> None:
        with httpx.Client(base_url=f"http://127.0.0.1:{self._port}", timeout=10) as client:
            for code in self._next():
                told = {"Authorization": f"Bearer {self._secret}", "Idempotency-Key": code}
                try:
                    status = client.post(
                        f"/v1/coupons/{code}/redeem", json={**LATTE, "order_id": code}, headers=told
                    ).status_code
                except httpx.TransportError:
                    self.unheard.add(code)
                else:
                    assert status == 200, status
                    self.paid.add(code)

    def _next(self) -> Iterator[str]:
        while not self._ends:
            with self._turn:
                code = next(self._codes, None)
            if code is None:
                return
            yield code


def issued(url: str, n: int) -> list[str]:
    """The codes of so many coupons on a latte in soho, for as many people, valid around now."""
    journal, now = Journal(url), datetime.now(UTC)
    always = Send(quiet_from="00:00", quiet_until="00:00")
    terms = Terms(
        product_id="latte", store_id="soho", discount_cents=CENTS, price_cents=450, floor_cents=300, expected_cents=20,
        currency="USD", send_at=now - timedelta(hours=2), valid_from=now - timedelta(hours=1),
        valid_until=now + timedelta(hours=1), text={"en": "Latte"},
    )  # fmt: skip
    arms = (NOTHING, Arm("latte", CENTS, 0.2, 5.0, 20.0))
    budget = Budget(granted_cents=n * CENTS, reserve_share=0.0)
    try:
        desk = Desk(journal)
        campaign = Campaign(id=CAMPAIGN, budget=budget, depth=Depth(ladder_cents=(CENTS,)), send=always)
        desk.open(campaign, [Store("soho", "America/New_York")], now)
        drafts = [Decision(f"till-{k}", now.date(), arms, 1, 1, 0.95, terms=terms) for k in range(n)]
        desk.issue(CAMPAIGN, drafts, now)
        return sorted(_codes(journal, coupons.c.state == "issued"))
    finally:
        journal.close()


def redeemed(journal: Journal) -> set[str]:
    """The codes that the ledger has paid."""
    return _codes(journal, coupons.c.state == "redeemed")


def _codes(journal: Journal, which: sa.ColumnElement[bool]) -> set[str]:
    with journal.read() as connection:
        found = connection.execute(sa.select(coupons.c.code).where(which, coupons.c.campaign_id == CAMPAIGN))
        return set(map(str, found.scalars()))
