"""The ledger as a state machine: Hypothesis looks for commands after which desk and naive book disagree.

An adapter calls `search` with a function that opens an empty journal. Runs are the same every time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from offers.answers import Ask
from offers.book import Line
from offers.journal import Journal
from tests.suites.ledger_duel import Duel, Reached
from tests.suites.ledger_world import BEGIN, TICK, WORLDS
from tests.suites.naive_book import Sent, is_open

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
# Two spellings of one é, a case, a blank, a quote: each is another user or order.
USERS = ("ann", "Ann", "é", "e\u0301", "李雷", "o'; DROP TABLE coupons --", "u" * 128)
ORDERS = ("o1", "O1", "o1 ", "\u00a0", "№7", "settle:o1", "9" * 128)
EDGES = ("none", "now", "begins", "ends", "grace", "opens", "closes", "hold", "token", "sync", "midnight")
NUDGES = st.sampled_from([timedelta(0), -TICK, TICK])
CHANGES = ("order_id", "store_id", "user_id", "till_id", "till_time", "lines", "kind")
lines = st.builds(
    Line,
    st.sampled_from(["latte", "latte", "latte", "tea", "拿铁"]),
    st.sampled_from([1, 1, 2, 3, 7, 0, -1, 999_999, 1_000_000]),
    st.sampled_from([None, None, 450, 450, 300, 430, 0, 1, 100_000_000]),
    st.sampled_from([0, 0, 0, 60, 450, 100_000_000]),
)
baskets = st.one_of(
    st.just((Line("latte"),)), st.just((Line("latte", 3, 450),)), st.lists(lines, min_size=1, max_size=3).map(tuple)
)
ONLINE = ("hold", "redeem", "redeem", "release", "reverse", "token")
KINDS = st.sampled_from((*ONLINE, "reverse", "quote", "settle", "withdraw"))
TOLD = st.fixed_dictionaries(
    {
        "right": st.sampled_from([True, True, False]),
        "pick": st.integers(0, 40),
        "basket": baskets,
        "order": st.one_of(st.none(), st.sampled_from(ORDERS)),
        "whole": st.booleans(),
        "store": st.sampled_from([*[None] * 16, "soho", "bund", "nowhere"]),
        "user": st.sampled_from([*[None] * 8, *["own"] * 8, "Ann", "e\u0301"]),
        "edge": st.sampled_from((*["none"] * 16, *EDGES)),
        "nudge": NUDGES,
    }
)
"""How a command's argument is put together: a coupon by number, an order of its own or None for the one that has it."""


class LedgerMachine(RuleBasedStateMachine):
    open_journal: Callable[[], Journal]
    reached: Reached

    @initialize(world=st.sampled_from(WORLDS), hours=st.sampled_from([0, 7, 9, 14]))
    def begin(self, world: Any, hours: int) -> None:
        self.duel = Duel(type(self).open_journal(), world, 1, BEGIN + hours * HOUR)
        self.n = 0
        at = self.duel.now
        for n, store in enumerate(("soho", "soho", "bund", "bund")):
            self.duel.issue(Sent(f"{USERS[n % 2]}@{self._number()}", "cd"[n // 3], USERS[n % 2], store, "latte", 100, 450,
                                 300, 20, at, at + 48 * HOUR))  # fmt: skip

    @rule(wait=st.sampled_from([SECOND, TICK, 59 * SECOND, 60 * SECOND, HOUR / 2, HOUR, HOUR, 11 * HOUR]))
    def wait(self, wait: timedelta) -> None:
        self.duel.now += wait

    @rule(
        user=st.sampled_from(USERS[:2]) | st.sampled_from(USERS), campaign=st.sampled_from("cccd"),
        nearest=st.sampled_from([True, True, True, False]), begins=st.sampled_from([-1, 0, 0, 0, 0, 1, 12, 24]),
        hours=st.sampled_from([24, 24, 48, 1]), discount=st.sampled_from([100, 100, 37, 150, 260, 450]),
        floor=st.sampled_from([190, 0, 300, 451]), expected=st.sampled_from([5, 20, 333]), n=st.integers(1, 3),
    )  # fmt: skip
    def issue(self, user: str, campaign: str, nearest: bool, begins: int, hours: int, discount: int, floor: int,
              expected: int, n: int) -> None:  # fmt: skip
        for _ in range(n):
            at = self.duel.now.replace(second=0, microsecond=0) + begins * HOUR
            store = "soho" if is_open("soho", at) == nearest else "bund"
            sent = Sent(f"{user}@{self._number()}", campaign, user, store, "latte", discount, 450, floor, expected, at,
                        at + hours * HOUR)  # fmt: skip
            self.duel.issue(sent)

    @precondition(lambda self: self.duel.naive.sent)
    @rule(kind=KINDS, told=TOLD, stock=st.sampled_from([None, None, None, 1, 0, -1]))
    def act(self, kind: str, told: dict[str, Any], stock: int | None) -> None:
        name, ask = self._ask(kind, **told)
        self.duel.act(kind, name, ask, f"k{self._number()}", stock if kind != "settle" else None)

    @precondition(lambda self: self.duel.naive.sent)
    @rule(kinds=st.lists(st.sampled_from(ONLINE), min_size=2, max_size=5),
          told=TOLD, tolds=st.lists(TOLD, min_size=5, max_size=5), same=st.booleans())  # fmt: skip
    def together(self, kinds: list[str], told: dict[str, Any], tolds: list[dict[str, Any]], same: bool) -> None:
        every = [(kind, *self._ask(kind, **(told if same else one))) for kind, one in zip(kinds, tolds, strict=False)]
        self.duel.together([(*one, f"k{self._number()}") for one in every])

    @precondition(lambda self: self.duel.naive.sent)
    @rule(tolds=st.lists(TOLD, min_size=1, max_size=4), twice=st.booleans())
    def settle(self, tolds: list[dict[str, Any]], twice: bool) -> None:
        sales = [self._ask("settle", **told) for told in tolds]
        self.duel.settle(sales + sales[::-1] * twice)

    @precondition(lambda self: self.duel.asked)
    @rule(place=st.integers(0, 30), change=st.sampled_from([*[None] * 4, *CHANGES]))
    def same_key_again(self, place: int, change: str | None) -> None:
        before = self.duel.asked[-1 - place % len(self.duel.asked)]
        if before.kind == "token" and change in ("order_id", "lines"):
            # A token is asked for before there is an order.
            change = None
        same = any(word in before.answered for word in ('"wrong_user"', '"unknown_coupon"'))
        if change == "user_id" and before.ask.user_id is not None and same:
            # Of a user nothing is kept: two strangers are one.
            change = None
        if change is None:
            self.duel.again(before)
        elif change == "kind":
            order = before.ask.order_id or "o1"
            self.duel.misuse(before, "redeem" if before.kind == "hold" else "hold", replace(before.ask, order_id=order))
        else:
            at = (before.ask.till_time or BEGIN) + TICK
            other: Any = {"lines": (Line("cake", 5),), "till_time": at}.get(change, "other")
            self.duel.misuse(before, before.kind, replace(before.ask, **{change: other}))

    @rule(campaign=st.sampled_from("cd-"), cents=st.sampled_from([1, 40, 150, 10**9, 0, -1]),
          lasting=st.sampled_from([False, False, False, True]), kind=KINDS, told=TOLD)  # fmt: skip
    def operator(self, campaign: str, cents: int, lasting: bool, kind: str, told: dict[str, Any]) -> None:
        """Releases a reserve, or stops a campaign: mostly for one command only, else hardly anything would be paid."""
        if campaign == "-" or cents in (1, 40):
            self.duel.unreserve(campaign, cents)
            return
        self.duel.stop_or_go(campaign)
        if self.duel.naive.sent:
            name, ask = self._ask(kind, **told)
            self.duel.act(kind, name, ask, f"k{self._number()}")
        if not lasting or campaign not in self.duel.naive.stopped:
            for stopped in sorted(self.duel.naive.stopped):
                self.duel.stop_or_go(stopped)

    @invariant()
    def nothing_disagrees(self) -> None:
        if hasattr(self, "duel"):
            self.duel.check()

    def teardown(self) -> None:
        if hasattr(self, "duel"):
            self.duel.end()
            type(self).reached += self.duel.reached
            self.duel.journal.close()

    def _number(self) -> int:
        self.n += 1
        return self.n

    def _ask(
        self, kind: str, right: bool, pick: int, basket: Any, order: str | None, whole: bool, store: str | None,
        user: str | None, edge: str, nudge: timedelta,
    ) -> tuple[str, Ask]:  # fmt: skip
        sent = self._coupon(kind, pick)
        if right:
            edge, store, user, order, whole = "none", None, None, None, whole and kind == "reverse"
            basket = (Line(sent.product, sum(max(0, line.quantity) for line in basket) % 4 or 1, sent.price),)
        known = next((one.order for one in reversed(self.duel.naive.of(sent.name)) if one.order), f"o{pick % 5}")
        told = Ask(
            sent.store if store is None else store,
            order or known,
            None if whole and kind in ("release", "reverse", "quote") else basket,
            sent.user if user == "own" else user,
            self._moment(sent, edge, nudge),
            "t1",
            "k1",
        )
        return sent.name, replace(told, order_id=None, lines=None) if kind == "token" else told

    def _coupon(self, kind: str, pick: int) -> Sent:
        """Three times of four one that the command suits, as far as there is one; small numbers are the newest."""
        book, now = self.duel.naive, self.duel.now
        if kind == "reverse":
            fit = [one.sent for one in book.happened if one.kind == "redeem"]
        else:
            held = [one.sent for one in book.live(now)]
            still = [one for one in book.open(now) if one.begins <= now and is_open(one.store, now)]
            fit = held if kind == "release" else held + still
        every = list(book.sent.values()) if pick % 4 == 3 or not fit else fit
        return every[-1 - pick // 4 % len(every)]

    def _moment(self, sent: Sent, edge: str, nudge: timedelta) -> Any:
        if edge == "none":
            return None
        duel = self.duel
        limits = duel.naive.campaigns[sent.campaign].limits
        opens = sent.begins.replace(hour=12 if sent.store == "soho" else 23, minute=0)
        at = {
            "now": duel.now,
            "begins": sent.begins,
            "ends": sent.ends,
            "grace": sent.ends + limits.grace_s * SECOND,
            "opens": opens,
            "closes": opens + 12 * HOUR + limits.grace_s * SECOND,
            "hold": duel.now + limits.hold_s * SECOND,
            "token": duel.now + limits.token_s * SECOND,
            "sync": duel.now - limits.sync_s * SECOND,
            "midnight": opens + 17 * HOUR,
        }[edge]
        return at + nudge


def search(open_journal: Callable[[], Journal], n_runs: int, n_steps: int) -> Reached:
    """Run the machine on empty journals; how often each (command, outcome) came. AssertionError with the failing run."""

    class Machine(LedgerMachine):
        pass

    Machine.open_journal, Machine.reached = staticmethod(open_journal), Counter()
    run_state_machine_as_test(
        Machine,
        # Shrinking would take minutes: add Phase.shrink by hand when a run fails.
        settings=settings(
            max_examples=n_runs,
            stateful_step_count=n_steps,
            phases=(Phase.generate,),
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    return Machine.reached
