"""Long random histories of a ledger, judged command by command by the naive book.

`run_history` plays one on the desk and returns how often each (command, outcome) came.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from random import Random
from typing import Any

from offers.answers import Ask
from offers.journal import Journal
from offers.ledger import REASONS
from offers.verify import verify
from tests.suites import naive_rules
from tests.suites.ledger_asks import ask_for, draft, pick
from tests.suites.ledger_on_desk import DeskLedger
from tests.suites.ledger_world import BEGIN, WORLDS
from tests.suites.naive_book import Money, NaiveBook
from tests.suites.naive_rules import Outcome

Reached = Counter[tuple[str, str]]
SHARES = {"issue": 24, "hold": 14, "redeem": 19, "release": 4, "reverse": 9, "withdraw": 1, "quote": 10, "token": 7,
          "settle": 8, "again": 3, "together": 3, "unreserve": 1}  # fmt: skip
"""Every command, and how often it comes in a hundred or so."""
_ASKED = {"unknown_coupon", "wrong_user", "already_redeemed", "released"}
_OF_MONEY = {"limit_reached", "budget_exhausted"}
_UNPAYABLE = {"already_redeemed", "released", "wrong_user", "not_yet_valid", "expired", "wrong_store", "wrong_product",
              "below_margin_floor", *_OF_MONEY}  # fmt: skip
REACHABLE = {
    "issue": {"issue", "expired", "store_closed", "below_margin_floor", "campaign_stopped", *_OF_MONEY},
    "hold": {"hold", *REASONS},
    "redeem": {"redeem", *REASONS},
    "quote": {"quote", *REASONS},
    "release": {"release", *_ASKED},
    "reverse": {"reverse", "wrong_product", *_ASKED},
    "withdraw": {"release", *_ASKED} - {"wrong_user"},
    "token": {"token", "not_yet_valid", "expired", "wrong_store", "campaign_stopped", *_ASKED, *_OF_MONEY},
    "settle": {"redeem", *(f"overpay {reason}" for reason in _UNPAYABLE)}
    | {"unknown_coupon", "wrong_user", "already_redeemed"},
    "again": {"same", "reused"},
    "unreserve": {"unreserve", "refused"},
}
"""Every outcome a command can have: what is done, refusals by reason, a settlement's overpayments by reason."""


class History:
    def __init__(self, journal: Journal, seed: int) -> None:
        world = WORLDS[seed % len(WORLDS)]
        self.rng, self.now, self.seed = Random(seed), BEGIN, seed
        self.now += timedelta(hours=self.rng.choice([0, 3, 7, 14]))
        self.ledger, self.naive = DeskLedger(journal, world, seed), NaiveBook(world)
        self.asked: list[tuple[str, str, Ask, str, Outcome]] = []
        self.settled: dict[tuple[str, str | None], Outcome] = {}
        self.reached: Reached = Counter()

    def step(self, n: int) -> None:
        rng = self.rng
        self.now += timedelta(seconds=pick(rng, [0, 1, 20, 60, 600, 1800], 0.4))
        if rng.random() < (0.2 if self.naive.stopped else 0.03):
            self.stop_or_go()
        kind = rng.choices(list(SHARES), list(SHARES.values()))[0]
        play: Any = getattr(self, f"_{kind}", None)
        kind, outcome, wanted = play(n) if play else self._act(kind, n)
        assert outcome == wanted, f"seed {self.seed}, command {n} ({kind}): {outcome}, the naive book says {wanted}"
        self.check(n)

    def stop_or_go(self) -> None:
        campaign = next(iter(sorted(self.naive.stopped)), None) or self.rng.choice(["c", "d"])
        self.naive.stopped ^= {campaign}
        self.ledger.stop(campaign, campaign in self.naive.stopped, self.now)

    def note(self, kind: str, outcome: Outcome) -> None:
        told = outcome.kind if outcome.kind != "refused" else outcome.reason or "refused"
        self.reached[kind, f"overpay {outcome.reason}" if outcome.kind == "overpay" else told] += 1

    def check(self, n: int) -> None:
        """What is stored is what the naive book counts, and no scope holds more than its grant and stated overspend."""
        sums = self.naive.sums(self.now)
        stored = self.ledger.sums(self.now)
        assert stored == sums, f"seed {self.seed}, command {n}: {set(stored.items()) ^ set(sums.items())}"
        for (campaign, scope, key), money in sums.items():
            limit = self.naive.limit(campaign, scope)
            assert limit is None or money.spent + money.held <= limit, (self.seed, n, scope, key, money)
        if n % 10 == 0:
            wanted = {name: sums.get((name, "campaign", ""), Money()) for name in self.naive.campaigns}
            assert self.ledger.told(self.now) == wanted | {"-": sums.get(("-", "chain", ""), Money())}

    def _issue(self, n: int) -> tuple[str, Outcome, Outcome]:
        sent = draft(self.rng, self.naive, n, self.now)
        outcome, offer_id = self.ledger.issue(sent, self.now)
        wanted = naive_rules.issue(self.naive, sent._replace(offer_id=offer_id), self.now)
        self.note("issue", outcome)
        return "issue", outcome, wanted

    def _name(self, kind: str) -> str:
        rng, recent = self.rng, list(self.naive.sent)[-12:]
        if not recent or rng.random() < 0.02:
            return "nobody@0"
        held = [one.sent.name for one in self.naive.live(self.now)]
        if kind == "reverse":
            held = [one.sent.name for one in self.naive.happened if one.kind == "redeem"]
        still = [one.name for one in self.naive.open(self.now)]
        for names, share in ((held, 0.5 if kind in ("reverse", "release", "settle") else 0.2), (still, 0.6)):
            if names and rng.random() < share:
                return rng.choice(names)
        return self.naive.happened[-1].sent.name if rng.random() < 0.5 else rng.choice(recent)

    def _act(self, kind: str, n: int) -> tuple[str, Outcome, Outcome]:
        name = self._name(kind)
        ask, stock = ask_for(self.rng, self.naive, kind, name, self.now), pick(self.rng, [None, 3, 0], 0.94)
        outcome = self.ledger.act(kind, name, ask, f"k{n}", self.now, stock)
        self.note(kind, outcome)
        if kind == "settle":
            return kind, outcome, self._wanted_of_sale(name, ask)
        if kind == "withdraw":
            ask = Ask()
        wanted = naive_rules.act(self.naive, kind, name, ask, self.now, stock)
        if kind not in ("quote", "withdraw"):
            self.asked.append((kind, name, ask, f"k{n}", wanted))
        return kind, outcome, wanted

    def _wanted_of_sale(self, name: str, ask: Ask) -> Outcome:
        """A sale is a coupon and an order: it is settled once, and told the same way again whatever else is told of it."""
        if (name, ask.order_id) not in self.settled:
            self.settled[name, ask.order_id] = naive_rules.act(self.naive, "settle", name, ask, self.now)
        return self.settled[name, ask.order_id]

    def _again(self, n: int) -> tuple[str, Outcome, Outcome]:
        """An answer got lost and the till asks again; or a key is used for something else."""
        if not self.asked:
            return "again", Outcome("same"), Outcome("same")
        kind, name, ask, key, before = self.rng.choice(self.asked)
        other = self.rng.random() < 0.3
        if other:
            ask = Ask(ask.store_id, ask.order_id, ask.lines, ask.user_id, ask.till_time, "t2", ask.actor)
        outcome = self.ledger.act(kind, name, ask, key, self.now, None)
        wanted = Outcome("reused") if other else before
        self.reached["again", "reused" if other else "same"] += 1
        return "again", outcome, wanted

    def _together(self, n: int) -> tuple[str, list[Outcome], list[Outcome]]:
        """Some commands in one transaction, as if one came after the other."""
        kinds = self.rng.choices(
            ["hold", "redeem", "release", "reverse", "token"], [4, 5, 1, 2, 2], k=self.rng.choice([2, 3, 6])
        )
        asked = []
        for m, kind in enumerate(kinds):
            name = self._name(kind)
            asked.append((kind, name, ask_for(self.rng, self.naive, kind, name, self.now), f"k{n}.{m}"))
        wanted = [naive_rules.act(self.naive, kind, name, ask, self.now) for kind, name, ask, _ in asked]
        return "together", self.ledger.together(asked, self.now), wanted

    def _unreserve(self, n: int) -> tuple[str, Outcome, Outcome]:
        account = pick(self.rng, ["c", "d", "-"], 0.5)
        granted = (
            self.naive.limit("", "chain") or 0 if account == "-" else self.naive.campaigns[account].budget.granted_cents
        )
        left, cents = self.naive.reserve(account, granted), pick(self.rng, [5, 40, 10**6], 0.5)
        outcome = self.ledger.release_reserve(account, cents, self.now)
        self.note("unreserve", Outcome("unreserve" if outcome is not None else "refused"))
        if cents <= left:
            self.naive.freed.append((account, cents))
        wanted = left - cents if cents <= left else None
        return "unreserve", Outcome(str(outcome)), Outcome(str(wanted))


def run_history(journal: Journal, seed: int, n_commands: int = 150) -> Reached:
    """Play and compare; AssertionError at the first command on which desk and naive book differ."""
    history = History(journal, seed)
    for n in range(n_commands):
        history.step(n)
    assert verify(journal) == []
    return history.reached


def assert_all_reached(reached: Reached) -> None:
    """Every command had every outcome it can have, and no other."""
    assert {(kind, told) for kind, all_ in REACHABLE.items() for told in all_} == set(reached)
