"""Long random histories of a ledger, judged command by command by the naive book.

`run_history` plays one on the desk and returns how often each (command, outcome) came.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

from offers.journal import Journal
from offers.ledger import REASONS
from tests.suites.ledger_asks import ask_for, draft, pick
from tests.suites.ledger_duel import Duel, Reached
from tests.suites.ledger_world import BEGIN, WORLDS

COMMANDS = 150
"""In one history."""
SHARES = {"issue": 24, "hold": 14, "redeem": 19, "release": 4, "reverse": 9, "withdraw": 2, "quote": 9, "token": 7,
          "settle": 8, "again": 3, "together": 6, "unreserve": 1}  # fmt: skip
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
    "release": {"release", "wrong_store", *_ASKED},
    "reverse": {"reverse", "reverse overpaid", "wrong_store", "wrong_product", *_ASKED},
    "withdraw": {"release", *_ASKED} - {"wrong_user"},
    "token": {"token", "not_yet_valid", "expired", "wrong_store", "campaign_stopped", *_ASKED, *_OF_MONEY},
    "settle": {"redeem", *(f"overpay {reason}" for reason in _UNPAYABLE), *_ASKED} - {"released"},
    "again": {"same", "reused"},
    "unreserve": {"unreserve", "refused"},
}
"""Every outcome a command can have: what is done, refusals by reason, a settlement's overpayments by reason."""


class History:
    def __init__(self, journal: Journal, seed: int) -> None:
        self.rng = Random(seed)
        now = BEGIN + timedelta(hours=self.rng.choice([0, 3, 7, 14]))
        self.duel = Duel(journal, WORLDS[seed % len(WORLDS)], seed, now)

    def step(self, n: int) -> None:
        rng, duel = self.rng, self.duel
        duel.now += timedelta(seconds=pick(rng, [0, 1, 20, 60, 600, 1800], 0.4))
        if rng.random() < (0.2 if duel.naive.stopped else 0.03):
            duel.stop_or_go(next(iter(sorted(duel.naive.stopped)), None) or rng.choice(["c", "d"]))
        kind = rng.choices(list(SHARES), list(SHARES.values()))[0]
        if kind == "issue":
            duel.issue(draft(rng, duel.naive, n, duel.now))
        elif kind == "again":
            self._again()
        elif kind == "together":
            kinds = ["hold", "hold", "redeem", "redeem", "redeem", "release", "reverse", "token", "settle"]
            self._together(n, [rng.choice(kinds) for _ in range(rng.choice([2, 4, 7]))])
        elif kind == "unreserve":
            duel.unreserve(pick(rng, ["c", "d", "-"], 0.5), pick(rng, [5, 40, 10**6, 0, -1], 0.5))
        else:
            name = self._name(kind)
            ask = ask_for(rng, duel.naive, kind, name, duel.now)
            duel.act(kind, name, ask, f"k{n}", pick(rng, [None, 3, 0], 0.94) if kind != "settle" else None)
        duel.check()
        if n % 10 == 0:
            duel.check_told()

    def _name(self, kind: str) -> str:
        """A coupon that the command suits, mostly."""
        rng, book, now = self.rng, self.duel.naive, self.duel.now
        recent = list(book.sent)[-12:]
        if not recent or rng.random() < 0.02:
            return "nobody@0"
        held = [one.sent.name for one in book.live(now)]
        if kind == "reverse":
            held = [one.sent.name for one in book.happened if one.kind in ("redeem", "overpay")]
        still = [one.name for one in book.open(now)]
        for names, share in ((held, 0.5 if kind in ("reverse", "release", "settle") else 0.2), (still, 0.6)):
            if names and rng.random() < share:
                return rng.choice(names)
        return book.happened[-1].sent.name if rng.random() < 0.5 else rng.choice(recent)

    def _again(self) -> None:
        if not self.duel.asked:
            return
        before = self.rng.choice(self.duel.asked)
        if self.rng.random() < 0.7:
            self.duel.again(before)
        else:
            self.duel.misuse(before, before.kind, replace(before.ask, till_id="t2"))

    def _together(self, n: int, kinds: list[str]) -> None:
        """Commands in one transaction; sales of tills without network come alone."""
        rng, duel = self.rng, self.duel
        names = [self._name(kind) for kind in kinds]
        asks = [ask_for(rng, duel.naive, kind, name, duel.now) for kind, name in zip(kinds, names, strict=True)]
        every = list(zip(kinds, names, asks, strict=True))
        online = [(*one, f"k{n}.{m}") for m, one in enumerate(every) if one[0] != "settle"]
        if online:
            duel.together(online)
        duel.settle([(name, ask) for kind, name, ask in every if kind == "settle"])


def run_history(journal: Journal, seed: int, n_commands: int = COMMANDS) -> Reached:
    """Play and compare; AssertionError at the first command on which desk and naive book differ."""
    history = History(journal, seed)
    for n in range(n_commands):
        try:
            history.step(n)
        except AssertionError as error:
            error.add_note(f"history {seed}, command {n}")
            raise
    history.duel.end()
    return history.duel.reached


def assert_all_reached(reached: Reached) -> None:
    """Every command had every outcome it can have, and no other."""
    wanted = {(kind, told) for kind, every in REACHABLE.items() for told in every}
    assert (wanted - set(reached), set(reached) - wanted) == (set(), set())
