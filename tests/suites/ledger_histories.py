"""Long random histories of a ledger, judged command by command by the naive book.

`run_history` plays one on anything with the methods of `Ledger` and returns how often each (command, outcome) came.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import numpy as np

from offers.answers import Ask
from offers.book import Line
from offers.drafts import Decision, Terms
from offers.ledger import REASONS
from tests.offers.desk_world import DAY, FROM, PLANNED, TICK, UNTIL, decision
from tests.suites.naive_book import GRANTED, NaiveBook

COMMANDS = ("issue", "hold", "redeem", "release", "reverse", "withdraw", "quote")
OF_MONEY = {"below_margin_floor", "limit_reached", "budget_exhausted", "campaign_stopped"}
ASKED = {"unknown_coupon", "already_redeemed", "released"}
REACHABLE = {
    "hold": set(REASONS),
    "redeem": set(REASONS),
    "quote": set(REASONS),
    "issue": OF_MONEY | {"expired", "store_closed"},
    "release": ASKED | {"wrong_user"},
    "reverse": ASKED | {"wrong_user"},
    "withdraw": ASKED,
}
"""Every refusal a command can get."""
EVENING = FROM + timedelta(hours=10)
"""18:00 in soho, which closes at 19:00."""


class Ledger(Protocol):
    """What a history is played on. Commands answer the refusal's reason, None when done."""

    def issue(self, name: str, made: Decision, now: datetime) -> str | None: ...

    def act(self, kind: str, name: str, ask: Ask, key: str, now: datetime, units: int | None) -> str | None: ...

    def stop(self, stopped: bool, now: datetime) -> None: ...

    def sums(self, now: datetime) -> tuple[int, int, int]: ...


def run_history(ledger: Ledger, seed: int, n_commands: int) -> Counter[tuple[str, str | None]]:
    """Play and compare; AssertionError at the first command on which ledger and naive book differ."""
    rng, naive, now, reached = np.random.default_rng(seed), NaiveBook(), PLANNED, Counter[tuple[str, str | None]]()
    for n in range(n_commands):
        now += timedelta(seconds=int(rng.choice([0, 1, 20, 60, 600], p=[0.3, 0.3, 0.2, 0.1, 0.1])))
        if rng.random() < (0.3 if naive.stopped else 0.02):
            naive.stopped = not naive.stopped
            ledger.stop(naive.stopped, now)
        kind = str(rng.choice(COMMANDS, p=[0.22, 0.18, 0.27, 0.06, 0.08, 0.03, 0.16]))
        play = _issue if kind == "issue" else _act
        outcome, wanted = play(ledger, naive, rng, kind, f"{seed}-{n}", now)
        assert outcome == wanted, f"seed {seed}, command {n} ({kind}): {outcome}, the naive book says {wanted}"
        reached[kind, outcome] += 1
        sums = ledger.sums(now)
        assert sums == naive.sums(now), f"seed {seed}, command {n} ({kind})"
        assert sums[0] + sums[1] <= GRANTED
    return reached


def assert_all_reached(reached: Counter[tuple[str, str | None]]) -> None:
    """Every command was done and was refused for every reason it can be."""
    missing = {(kind, reason) for kind in COMMANDS for reason in (None, *REACHABLE[kind])} - reached.keys()
    assert missing == set()
    assert set(reached) <= {(kind, reason) for kind in COMMANDS for reason in (None, *REACHABLE[kind])}


def _pick(rng: np.random.Generator, options: Sequence[Any], usual: float = 0.8) -> Any:
    """The first option usually, else one of the others."""
    return options[0] if rng.random() < usual else options[1 + int(rng.integers(len(options) - 1))]


def _issue(
    ledger: Ledger, naive: NaiveBook, rng: np.random.Generator, kind: str, key: str, now: datetime
) -> tuple[Any, Any]:
    n = len(naive.terms) + int(rng.integers(1000, 10**6))
    name = f"u{rng.integers(10)}@{n}"
    day = timedelta(days=int(rng.integers(2)))
    windows = [
        (FROM, UNTIL + timedelta(days=1)),
        (FROM, UNTIL),
        (EVENING, EVENING + timedelta(hours=2)),
        (EVENING + timedelta(hours=1), EVENING + timedelta(hours=2)),
        (PLANNED, PLANNED + timedelta(minutes=1)),
    ]
    begins, ends = windows[rng.choice(5, p=[0.4, 0.2, 0.3, 0.05, 0.05])]
    made = decision(
        name.split("@")[0],
        DAY + timedelta(days=n),
        valid_from=begins + day,
        valid_until=ends + day,
        discount_cents=int(_pick(rng, [150, 100, 50, 160])),
        expected_cents=int(_pick(rng, [20, 60, 400])),
    )
    wanted = naive.refuses_issue(name, _terms(made), now)
    outcome = ledger.issue(name, made, now)
    if wanted is None:
        naive.terms[name] = _terms(made)
        naive.record("issue", name, None, now, now)
    return outcome, wanted


def _terms(made: Decision) -> Terms:
    assert made.terms is not None
    return made.terms


def _act(
    ledger: Ledger, naive: NaiveBook, rng: np.random.Generator, kind: str, key: str, now: datetime
) -> tuple[Any, Any]:
    recent = list(naive.terms)[-12:]
    name = "nobody@0" if not recent or rng.random() < 0.05 else str(rng.choice(recent))
    if recent and rng.random() < 0.3:
        name = naive.entries[-1].name
    ask, units = _ask(naive, rng, name), _pick(rng, [None, 3, 0], 0.94)
    if kind == "withdraw":
        ask = Ask()
    wanted = naive.refuses("redeem" if kind == "quote" else kind, name, ask, now, units)
    outcome = ledger.act(kind, name, ask, key, now, units)
    if wanted is None and kind != "quote":
        naive.record(kind, name, ask.order_id, ask.till_time or now, now)
    return outcome, wanted


def _ask(naive: NaiveBook, rng: np.random.Generator, name: str) -> Ask:
    terms = naive.terms.get(name)
    begins, ends = (terms.valid_from, terms.valid_until) if terms else (FROM, UNTIL)
    at = _pick(rng, [begins, ends - TICK, ends - TICK, begins + timedelta(days=1), begins - TICK, ends], 0.6)
    last = naive.of(name)[-1].order if terms else None
    order = last if last and rng.random() < 0.7 else f"o{rng.integers(3)}"
    price, off = _pick(rng, [(450, 0), (450, 60), (430, 0)], 0.9)
    latte, tea = Line("latte", 1, price, off), Line("tea", 1, 300)
    lines = _pick(rng, [(latte,), (tea, latte), (tea,)], 0.9)
    user_id = _pick(rng, [None, name.split("@")[0], "somebody"], 0.9)
    return Ask(_pick(rng, ["soho", "bund"], 0.95), order, lines, user_id, at)
