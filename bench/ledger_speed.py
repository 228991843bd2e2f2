"""Redemptions a second through the desk, beside what the same database can do at the very most in the same minutes.

The desk is asked as the service asks it, by coroutines of one event loop that await its answers, and by threads for
comparison. Two bars: what the bare driver does alone, one durable row after another, and the best that it reaches with any
number of connections (PostgreSQL flushes for several at once). All take turns several times, and what counts is the
median: of the rates, and of the ratio to the bar of the same round, so that a busy moment of the machine meets both. Every
redemption is one that pays, under an order and a key of its own, and the journal is verified afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bench.ledger_callers import Run, coroutines, threads
from bench.ledger_ceiling import CONNECTIONS, ceiling
from bench.ledger_fill import fill, moulds
from bench.ledger_places import Place, settle
from bench.ledger_world import close_whole, open_desk
from bench.results import Row, row
from console import Report

REACH = 0.5
CALLERS = {"coroutine": (coroutines, (1, 64, 256)), "thread": (threads, (1, 128))}
ROUNDS, SECONDS = 5, 1.0
STOCK = 100_000
"""Coupons at hand for all runs: made before them, so that none meets a disk that is busy with another's rows."""
Who = tuple[str, int]
"""What calls, and how many of them at once."""


def rows(place: Place, report: Report, rounds: int = ROUNDS, seconds: float = SECONDS, stock: int = STOCK) -> list[Row]:
    """Every row of one database."""
    url = place.make("speed")
    desk = open_desk(url)
    codes = fill(desk, moulds(desk)[1], stock, lambda n: report(f"coupons on {place.name}", n, stock))
    settle(desk.journal.engine)
    bars: dict[int, list[float]] = {n: [] for n in CONNECTIONS}
    runs: dict[Who, list[Run]] = {(kind, n): [] for kind, (_, sizes) in CALLERS.items() for n in sizes}
    for turn in range(rounds):
        report(f"desk on {place.name}", turn, rounds)
        for n, rates in bars.items():
            rates.append(ceiling(url, n, seconds))
        for (kind, n), done in runs.items():
            done.append(CALLERS[kind][0](desk, codes, n, seconds))
    close_whole(desk)
    report(f"desk on {place.name}", rounds, rounds)
    return [*_ceiling_rows(place.name, bars), *_desk_rows(place.name, bars, runs)]


def _ceiling_rows(name: str, bars: Mapping[int, Sequence[float]]) -> list[Row]:
    return [
        row(f"{name}: durable single-row commits by the bare driver, {_times(n, 'connection')}", _median(rates), "/s")
        for n, rates in bars.items()
    ]


def _desk_rows(name: str, bars: Mapping[int, Sequence[float]], runs: Mapping[Who, Sequence[Run]]) -> list[Row]:
    """Every rate beside the bare driver alone; the best one against the reach, and beside the driver's own best too."""
    rates = {who: _median([run.rate for run in some]) for who, some in runs.items()}
    alone, best = min(bars), max(rates, key=lambda who: rates[who])
    widest = max(bars, key=lambda n: _median(bars[n]))
    found = []
    for who, n_bar in (*((who, alone) for who in rates), (best, widest)):
        bar, aimed = _median(bars[n_bar]), who == best
        found.append(
            row(
                f"{name}: redemptions through the desk, {_times(who[1], who[0])}" + (", its best" if aimed else ""),
                rates[who], "/s", against=f"bare driver, {_times(n_bar, 'connection')}", against_value=bar,
                reach=f"at least {REACH:g} of it" if aimed else "", met=not aimed or rates[who] >= REACH * bar,
            )
        )  # fmt: skip
    for who in sorted({("thread", 1), best}):
        took = np.concatenate([run.took for run in runs[who]]) * 1e3
        for share in (50, 99):
            said = f"{name}: a redemption, {_times(who[1], who[0])}, p{share}"
            found.append(row(said, float(np.percentile(took, share)), "ms"))
    return found


def _median(numbers: Sequence[float]) -> float:
    return float(np.median(numbers))


def _times(n: int, what: str) -> str:
    return f"{n} {what}" + ("s" if n > 1 else "")
