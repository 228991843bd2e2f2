"""The desk as the ledger that histories are played on: names for coupons, outcomes in the naive book's words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from msgspec.structs import replace

from offers import till
from offers.acts import Act
from offers.answers import Answer, Ask, KeyReused
from offers.chain import CHAIN
from offers.database import LedgerError
from offers.desk import Desk
from offers.drafts import Decision, Terms
from offers.journal import Journal, find_account, sums_now
from offers.tables import coupons
from tests.suites.ledger_world import BEGIN, STORES, World
from tests.suites.naive_book import Money, Sent
from tests.suites.naive_rules import Outcome

UNKNOWN = "0000-0000-0000-0001"
_NEWEST = sa.select(coupons.c.code, coupons.c.offer_id).order_by(coupons.c.seq.desc()).limit(1)
_SPENT = (
    "SELECT '-', 'chain', '', sum(spent_cents) FROM accounts"
    " UNION ALL SELECT campaign_id, 'campaign', '', spent_cents FROM accounts"
    " UNION ALL SELECT campaign_id, scope, key, spent_cents FROM sums"
    " UNION ALL SELECT campaign_id, 'user', user_id, sum(discount_cents - discount_cents * returned / units)"
    " FROM coupons WHERE units > 0 AND state <> 'overpaid' GROUP BY campaign_id, user_id"
)
_COUPONS = (
    "SELECT campaign_id, store_id, user_id, used_day, window_day, discount_cents, expected_cents,"
    " state = 'held' AND held_until > {now} FROM coupons"
    " WHERE state IN ('issued', 'held') AND (valid_until > {now} OR held_until > {now})"
)


class DeskLedger:
    """Plays on one journal. Ids and codes come from `seed`."""

    def __init__(self, journal: Journal, world: World, seed: int) -> None:
        if journal.engine.dialect.name == "sqlite":
            # Nothing is unplugged in these tests, and waiting for the disk would be most of their time.
            sa.event.listen(journal.engine, "checkout", lambda raw, *_: raw.execute("PRAGMA synchronous=OFF").close())
        self.world, self.stock, self.codes = world, None, dict[str, str]()
        token = np.random.default_rng(seed).bytes
        self.desk = Desk(journal, stock=lambda store_id, product_id: self.stock, token=token)
        self.desk.open(world.d, STORES, BEGIN, world.chain_cents)
        self.desk.open(world.c, STORES, BEGIN)
        self.stock: int | None

    def stop(self, campaign: str, stopped: bool, now: datetime) -> None:
        self.desk.open(replace(self.world.campaigns()[campaign], stopped=stopped), STORES, now)

    def release_reserve(self, campaign: str, cents: int, now: datetime) -> int | None:
        """The reserve left, None when refused."""
        try:
            return self.desk.release_reserve(campaign, cents, "operator", "a busy week", now)
        except LedgerError:
            return None

    def issue(self, sent: Sent, now: datetime) -> tuple[Outcome, str]:
        """What became of it, and the offer's id."""
        for_date = date(2025, 11, 4) + timedelta(days=int(sent.name.split("@")[1]))
        done = self.desk.issue(sent.campaign, [decision_of(sent, for_date)], now)
        if not done.n_issued:
            return Outcome("refused", next(iter(done.refused))), ""
        with self.desk.journal.read() as connection:
            row = connection.execute(_NEWEST).one()
        self.codes[sent.name] = row.code
        return Outcome("issue"), row.offer_id

    def act(self, kind: str, name: str, ask: Ask, key: str, now: datetime, stock: int | None) -> Answer | KeyReused:
        """One command, through the desk's own method."""
        self.stock, code = stock, self.codes.get(name, UNKNOWN)
        try:
            if kind == "settle":
                return self.desk.settle([(code, ask)], now)[0]
            if kind == "quote":
                return self.desk.validate(code, ask, now)
            if kind == "withdraw":
                return self.desk.withdraw(self._offer_of(name), "operator", now)
            answer: Answer = getattr(self.desk, kind)(code, ask, key, now)
            return answer
        except KeyReused as error:
            return error

    def settle(self, sales: Sequence[tuple[str, Ask]], now: datetime) -> list[Answer | KeyReused]:
        """A till's batch."""
        return [*self.desk.settle([(self.codes.get(name, UNKNOWN), ask) for name, ask in sales], now)]

    def together(self, asked: Sequence[tuple[Any, str, Ask, str]], now: datetime) -> list[Answer | KeyReused]:
        """Several commands in one transaction, as threads that come at the same time share it."""
        acts = [Act(kind, self.codes.get(name, UNKNOWN), ask, key, now, f"tok_{key}") for kind, name, ask, key in asked]
        return till.carry_out(self.desk.journal, acts, None)

    def sums(self, now: datetime) -> dict[tuple[str, str, str], Money]:
        """Every scope that isn't empty, from the stored rows."""
        found: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
        micros = int((now - datetime(1970, 1, 1, tzinfo=now.tzinfo)) / timedelta(microseconds=1))
        with self.desk.journal.read() as connection:
            for *name, cents in connection.exec_driver_sql(_SPENT):
                found[tuple(name)][0] += int(cents)
            open_now = _COUPONS.format(now=micros)
            for c, store, user, used, window, discount, expected, held in connection.exec_driver_sql(open_now):
                at, cents, day = (1, discount, used) if held else (2, expected, window)
                names = ((CHAIN, "chain", ""), (c, "campaign", ""), (c, "store", store), (c, "user", user))
                for name in (*names, (c, "day", day)):
                    found[name][at] += cents
        return {name: Money(*cents) for name, cents in found.items() if any(cents)}

    def told(self, now: datetime) -> dict[str, Money]:
        """Every campaign's money and the chain's as the desk's own queries tell it."""
        with self.desk.journal.read() as connection:
            found = {name: find_account(connection, name, now) for name in self.world.campaigns()}
            chain = sums_now(connection, sa.true(), now)
        money = {name: Money(a.spent_cents, a.held_cents, a.promised_cents) for name, a in found.items() if a}
        return money | {CHAIN: Money(sum(one.spent for one in money.values()), *chain)}

    def uses(self) -> list[tuple[int, int, int, int]]:
        """Of each coupon that moved: redemptions, units sold, units and cents that came back less than were paid."""
        find = (
            "SELECT sum(CASE WHEN kind = 'redeem' THEN 1 ELSE 0 END), sum(CASE WHEN kind = 'redeem' THEN units ELSE 0 END),"
            " sum(CASE WHEN kind = 'reverse' THEN units ELSE 0 END),"
            " sum(CASE kind WHEN 'redeem' THEN amount_cents WHEN 'reverse' THEN -amount_cents ELSE 0 END)"
            " FROM entries WHERE offer_id IS NOT NULL AND (kind <> 'reverse' OR reason IS NULL) GROUP BY offer_id"
        )
        with self.desk.journal.read() as connection:
            return [(int(r), int(sold), int(back), int(c)) for r, sold, back, c in connection.exec_driver_sql(find)]

    def _offer_of(self, name: str) -> str:
        with self.desk.journal.read() as connection:
            find = sa.select(coupons.c.offer_id).where(coupons.c.code == self.codes.get(name, UNKNOWN))
            return str(connection.execute(find).scalar())


def outcome_of(answer: Answer | KeyReused) -> Outcome:
    if isinstance(answer, KeyReused):
        return Outcome("reused")
    body = answer.body
    if not answer.ok:
        return Outcome("refused", body["reason"])
    until = body.get("held_until") or body.get("valid_until")
    moment = datetime.fromisoformat(until) if until else None
    return Outcome(body["kind"], body.get("reason"), body["discount_cents"], moment, body.get("units"))


def decision_of(sent: Sent, for_date: date) -> Decision:
    terms = Terms(
        sent.product, sent.store, sent.discount, sent.price, sent.floor, sent.expected, "USD",
        sent.begins - timedelta(hours=12), sent.begins, sent.ends, {"en": "A coupon"},
    )  # fmt: skip
    return Decision(sent.user, for_date, planned_arm=1, sent_arm=1, terms=terms)
