"""The desk as the `Ledger` that random histories are played on."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from offers.answers import Ask
from offers.desk import Desk
from offers.drafts import Decision
from offers.journal import Journal
from offers.tables import coupons
from tests.offers.desk_world import PLANNED, SOHO, campaign
from tests.suites.naive_book import GRANTED, HOLD_S


class DeskLedger:
    def __init__(self, journal: Journal) -> None:
        self.units: int | None = None
        self.desk = Desk(journal, stock=lambda store_id, product_id: self.units)
        self.offers: dict[str, tuple[str, str]] = {}
        self.stop(False, PLANNED)

    def stop(self, stopped: bool, now: datetime) -> None:
        self.desk.open(campaign(GRANTED, hold_s=HOLD_S, stopped=stopped), [SOHO], now)

    def sums(self, now: datetime) -> tuple[int, int, int]:
        found = self.desk.campaign("c", now)
        assert found is not None
        return found["spent_cents"], found["held_cents"], found["promised_cents"]

    def issue(self, name: str, made: Decision, now: datetime) -> str | None:
        done = self.desk.issue("c", [made], now)
        if not done.n_issued:
            return next(iter(done.refused))
        kept = self.desk.decision("c", made.for_date, made.user_id)
        assert kept is not None
        with self.desk.journal.read() as connection:
            row = connection.execute(sa.select(coupons).where(coupons.c.decision_id == kept["decision_id"])).one()
        self.offers[name] = (row.code, row.offer_id)
        return None

    def act(self, kind: str, name: str, ask: Ask, key: str, now: datetime, units: int | None) -> str | None:
        self.units = units
        code, offer_id = self.offers.get(name, ("0000-0000-0000-0001", "off_nobody"))
        if kind == "withdraw":
            answer = self.desk.withdraw(offer_id, "operator", now)
        elif kind == "quote":
            answer = self.desk.validate(code, ask, now)
        else:
            answer = getattr(self.desk, kind)(code, ask, key, now)
        return None if answer.ok else str(answer.body["reason"])
