"""Redemptions a second through the desk, beside what the same database can do at the very most in the same minutes.

Two bars: the best that the bare driver reaches with any number of connections (PostgreSQL flushes for several at once),
and what it does alone, one row after another. Both sides take turns several times and the median counts, so that a busy
moment of the machine meets both. Every redemption is one that pays, under an order and a key of its own, and the
journal is verified afterwards.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.ledger_ceiling import CONNECTIONS, ceiling
from bench.ledger_fill import fill, moulds
from bench.ledger_places import Place, settle
from bench.ledger_world import Broken, close_whole, open_desk, redeem
from bench.results import Row, row
from console import Report
from offers.desk import Desk

REACH = 0.5
THREADS = (1, 8, 32, 64, 128)
ROUNDS, SECONDS = 3, 1.5
STOCK = 100_000
"""Coupons at hand for all runs: made before them, so that none meets a disk that is busy with another's rows."""


@dataclass(frozen=True)
class Run:
    """One measurement of the desk: redemptions a second, and how long each took, in seconds."""

    rate: float
    took: np.ndarray


def rows(place: Place, report: Report, rounds: int = ROUNDS, seconds: float = SECONDS, stock: int = STOCK) -> list[Row]:
    """Every row of one database."""
    url = place.make("speed")
    desk = open_desk(url)
    what, total = f"desk on {place.name}", rounds * (len(CONNECTIONS) + len(THREADS))
    codes = fill(desk, moulds(desk)[1], stock, lambda n: report(f"coupons on {place.name}", n, stock))
    settle(desk.journal.engine)
    bars: dict[int, list[float]] = {n: [] for n in CONNECTIONS}
    runs: dict[int, list[Run]] = {n: [] for n in THREADS}
    for turn in range(total):
        report(what, turn, total)
        step = turn % (total // rounds)
        if step < len(CONNECTIONS):
            bars[CONNECTIONS[step]].append(ceiling(url, CONNECTIONS[step], seconds))
            continue
        n_threads = THREADS[step - len(CONNECTIONS)]
        runs[n_threads].append(redemptions(desk, codes, n_threads, seconds))
    close_whole(desk)
    report(what, total, total)
    return [*_ceiling_rows(place.name, bars), *_desk_rows(place.name, bars, runs)]


def redemptions(desk: Desk, codes: list[str], n_threads: int, seconds: float) -> Run:
    """Redeem coupons from the end of `codes`, which loses them, from that many threads at once.

    Raises Broken when one is refused or the coupons run out.
    """
    barrier, took = threading.Barrier(n_threads), [list[float]() for _ in range(n_threads)]
    failures: list[BaseException] = []

    def work(own: list[float]) -> None:
        try:
            barrier.wait(60)
            end = (at := time.perf_counter()) + seconds
            while at < end and not failures:
                redeem(desk, codes.pop())
                before, at = at, time.perf_counter()
                own.append(at - before)
        except IndexError:
            failures.append(Broken("the coupons ran out before the time did; raise STOCK"))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(own,)) for own in took]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - began
    if failures:
        raise failures[0]
    every = np.concatenate([np.array(own) for own in took])
    return Run(len(every) / elapsed, every)


def _ceiling_rows(name: str, bars: Mapping[int, Sequence[float]]) -> list[Row]:
    return [
        row(f"{name}: durable single-row commits by the bare driver, {_times(n, 'connection')}", _median(rates), "/s")
        for n, rates in bars.items()
    ]


def _desk_rows(name: str, bars: Mapping[int, Sequence[float]], runs: Mapping[int, Sequence[Run]]) -> list[Row]:
    rates = {n: _median([run.rate for run in some]) for n, some in runs.items()}
    widest = max(bars, key=lambda n: _median(bars[n]))
    bar, best = _median(bars[widest]), max(rates, key=lambda n: rates[n])
    against = f"bare driver, {_times(widest, 'connection')}"
    found = []
    for n, rate in rates.items():
        said, aimed = f"{name}: redemptions through the desk, {_times(n, 'thread')}", n == best
        found.append(
            row(
                said + (", its best" if aimed else ""), rate, "/s", against=against, against_value=bar,
                reach=f"at least {REACH:g} of it" if aimed else "", met=not aimed or rate >= REACH * bar,
            )
        )  # fmt: skip
    alone = _median(bars[min(bars)])
    found.append(
        row(
            f"{name}: the same, beside single rows committed one after another", rates[best], "/s",
            against=f"bare driver, {_times(min(bars), 'connection')}", against_value=alone,
            reach=f"at least {REACH:g} of it", met=rates[best] >= REACH * alone,
        )
    )  # fmt: skip
    for n in sorted({1, best}):
        took = np.concatenate([run.took for run in runs[n]]) * 1e3
        for share in (50, 99):
            said = f"{name}: a redemption, {_times(n, 'thread')}, p{share}"
            found.append(row(said, float(np.percentile(took, share)), "ms"))
    return found


def _median(numbers: Sequence[float]) -> float:
    return float(np.median(numbers))


def _times(n: int, what: str) -> str:
    return f"{n} {what}" + ("s" if n > 1 else "")
