"""A desk and the naive book side by side: every command is put to both, and they must say the same."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from offers.answers import Answer, Ask, KeyReused
from offers.journal import Journal
from offers.verify import verify
from tests.suites import naive_rules
from tests.suites.ledger_on_desk import DeskLedger, outcome_of
from tests.suites.ledger_world import World
from tests.suites.naive_book import Money, NaiveBook, Sent
from tests.suites.naive_rules import Outcome

Reached = Counter[tuple[str, str]]


class Asked(NamedTuple):
    """A command with a key, and the bytes it was answered with."""

    kind: str
    name: str
    ask: Ask
    key: str
    answered: str


class Duel:
    def __init__(self, journal: Journal, world: World, seed: int, now: datetime) -> None:
        self.now, self.journal = now, journal
        self.ledger, self.naive = DeskLedger(journal, world, seed), NaiveBook(world)
        self.asked: list[Asked] = []
        self.settled: dict[tuple[str, str | None], Outcome] = {}
        self.reached: Reached = Counter()

    def issue(self, sent: Sent) -> None:
        outcome, offer_id = self.ledger.issue(sent, self.now)
        self._same("issue", outcome, naive_rules.issue(self.naive, sent._replace(offer_id=offer_id), self.now))

    def act(self, kind: str, name: str, ask: Ask, key: str, stock: int | None = None) -> None:
        answer = self.ledger.act(kind, name, ask, key, self.now, stock)
        if kind not in ("quote", "withdraw", "settle"):
            self.asked.append(Asked(kind, name, ask, key, bytes_of(answer)))
        self._same(kind, outcome_of(answer), self._wanted(kind, name, ask, stock))

    def together(self, asked: Sequence[tuple[str, str, Ask, str]]) -> None:
        """In one transaction, as if one came after the other."""
        answers = self.ledger.together(asked, self.now)
        for (kind, name, ask, key), answer in zip(asked, answers, strict=True):
            self._same(kind, outcome_of(answer), self._wanted(kind, name, ask, None))
            self.asked.append(Asked(kind, name, ask, key, bytes_of(answer)))

    def settle(self, sales: Sequence[tuple[str, Ask]]) -> None:
        """A till's batch."""
        for (name, ask), answer in zip(sales, self.ledger.settle(sales, self.now), strict=True):
            self._same("settle", outcome_of(answer), self._wanted("settle", name, ask, None))

    def again(self, before: Asked) -> None:
        """An answer got lost and the till asks again: it gets the same bytes, and nothing moves."""
        answer = self.ledger.act(before.kind, before.name, before.ask, before.key, self.now, 0)
        assert isinstance(answer, Answer)
        assert answer.replay
        assert bytes_of(answer) == before.answered
        self.reached["again", "same"] += 1

    def misuse(self, before: Asked, kind: str, ask: Ask) -> None:
        """The key comes back with something else: refused, and nothing moves."""
        answer = self.ledger.act(kind, before.name, ask, before.key, self.now, None)
        assert isinstance(answer, KeyReused), (before, answer)
        self.reached["again", "reused"] += 1

    def stop_or_go(self, campaign: str) -> None:
        self.naive.stopped ^= {campaign}
        self.ledger.stop(campaign, campaign in self.naive.stopped, self.now)

    def unreserve(self, account: str, cents: int) -> None:
        whole = self.naive.world.chain_cents if account == "-" else self.naive.campaigns[account].budget.granted_cents
        left = self.naive.reserve(account, whole)
        allowed = 0 < cents <= left
        if allowed:
            self.naive.freed.append((account, cents))
        assert self.ledger.release_reserve(account, cents, self.now) == (left - cents if allowed else None)
        self.reached["unreserve", "unreserve" if allowed else "refused"] += 1

    def check(self) -> None:
        """What is stored is what the naive book counts, and no scope holds more than its grant and stated overspend."""
        sums, stored = self.naive.sums(self.now), self.ledger.sums(self.now)
        assert stored == sums, f"stored or wanted only: {set(stored.items()) ^ set(sums.items())}"
        for (campaign, scope, key), money in sums.items():
            limit = self.naive.limit(campaign, scope)
            assert limit is None or money.spent + money.held <= limit, (campaign, scope, key, money, limit)

    def check_told(self) -> None:
        """The desk's own sums are the same, and no coupon was redeemed twice or gave back more than it took."""
        sums = self.naive.sums(self.now)
        wanted = {name: sums.get((name, "campaign", ""), Money()) for name in self.naive.campaigns}
        assert self.ledger.told(self.now) == wanted | {"-": sums.get(("-", "chain", ""), Money())}
        for redeemed, sold, back, cents in self.ledger.uses():
            assert redeemed in (0, 1)
            assert 0 <= back <= sold
            assert (cents > 0) == (back < sold) or cents == 0
            assert redeemed - (back == sold > 0) in (0, 1)

    def end(self) -> None:
        """A replay of the journal finds nothing to say."""
        self.check_told()
        assert verify(self.journal) == []

    def _wanted(self, kind: str, name: str, ask: Ask, stock: int | None) -> Outcome:
        if kind == "withdraw":
            ask = Ask()
        if kind != "settle":
            return naive_rules.act(self.naive, kind, name, ask, self.now, stock)
        # A sale is a coupon and an order: it is settled once, and told the same way again whatever else is told of it.
        if (name, ask.order_id) not in self.settled:
            self.settled[name, ask.order_id] = naive_rules.act(self.naive, "settle", name, ask, self.now)
        return self.settled[name, ask.order_id]

    def _same(self, kind: str, outcome: Outcome, wanted: Outcome) -> None:
        assert outcome == wanted, f"{kind} at {self.now}: {outcome}, the naive book says {wanted}"
        words = (outcome.kind if outcome.kind != "refused" else "", outcome.reason or "")
        self.reached[kind, " ".join(filter(None, words))] += 1


def bytes_of(answer: Answer | KeyReused) -> str:
    return json.dumps([answer.ok, answer.body]) if isinstance(answer, Answer) else "reused"
