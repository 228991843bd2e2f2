"""What the figures of serving are held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bench.ledger_load import Shot
from bench.results import Row, row
from bench.serving_load import Load

CONNECTIONS, OPEN_RATE = 8, 1000
PEER = "FastAPI, Feast's SDK, implicit"


def throughput_rows(best: Mapping[str, Load]) -> list[Row]:
    """Requests a second."""
    mine = best["daypart"]

    def against(name: str, words: str, reach: float) -> Row:
        other = best[name].per_s
        return row(
            f"full recommendations a second, one worker, {CONNECTIONS} connections", mine.per_s, "requests", against=words,
            against_value=other, reach=f"at least {reach:g} times", met=mine.per_s >= reach * other,
        )  # fmt: skip

    wrong = {name: load.n_other for name, load in best.items()}
    others = ", ".join(f"{n} {name}" for name, n in wrong.items() if n and name != "daypart")
    return [
        row(
            "answers other than 200, closed loop", wrong["daypart"], "requests", against=f"others': {others or 'none'}",
            reach="none", met=not wrong["daypart"],
        ),
        against("mounted", "an empty route in the same configuration", 0.4),
        against("default", "an empty default @bentoml.api", 1.5),
        against("peer", PEER, 4.0),
        row(
            "the same, p99", mine.quantile_ms(0.99), "ms", against=PEER,
            against_value=best["peer"].quantile_ms(0.99), reach="at most 0.25 times",
            met=mine.quantile_ms(0.99) <= 0.25 * best["peer"].quantile_ms(0.99),
        ),
    ]  # fmt: skip


def half_rows(shots: Mapping[str, list[Shot]], half: float) -> list[Row]:
    """At half of the peak, from the appointed times."""
    p99 = {name: quantile_ms(some, 0.99) for name, some in shots.items()}
    return [
        row(
            f"p99 at half that load, {half:.0f} a second", p99["daypart"], "ms", against="the empty route at the same rate",
            against_value=p99["mounted"], reach="at most 3 times", met=p99["daypart"] <= 3 * p99["mounted"],
        ),
        row(
            "the same beside the peer at half of its own peak", p99["daypart"], "ms", against=PEER,
            against_value=p99["peer"], reach="at most 0.25 times", met=p99["daypart"] <= p99["peer"] / 4,
        ),
    ]  # fmt: skip


def open_rows(shots: Sequence[Shot], seconds: int, n_workers: int) -> list[Row]:
    """At the open loop's rate, from the appointed times."""
    slow, slower = quantile_ms(shots, 0.99), quantile_ms(shots, 0.999)
    errors, cut = sum(shot.status != 200 for shot in shots), sum(shot.cut for shot in shots)
    lacking = sum(shot.degraded for shot in shots)
    workers = f"{n_workers} worker{'s' * (n_workers > 1)}"
    what = f"open loop, {OPEN_RATE} a second for {seconds} s, {workers}"
    return [
        row(f"{what}, p99", slow, "ms", reach="at most 10 ms", met=slow <= 10),
        row(f"{what}, p99.9", slower, "ms", reach="at most 25 ms", met=slower <= 25),
        row(
            f"{what}, errors", errors, "requests", against=f"on a connection that was closed, asked again: {cut}",
            reach="none", met=not errors,
        ),
        row(f"{what}, answers that say they lack something", lacking, "requests", reach="none", met=not lacking),
    ]  # fmt: skip


def start_rows(ready_s: float, memory: int) -> list[Row]:
    """Before the first request."""
    mib = memory / 2**20
    return [
        row("resident memory of a worker after all that", mib, "MiB", reach="at most 350 MiB", met=mib <= 350),
        row("start to ready", ready_s, "s", reach="at most 6 s", met=ready_s <= 6),
    ]


def quantile_ms(shots: Sequence[Shot], share: float) -> float:
    """Milliseconds below which this share was answered."""
    return float(np.quantile([shot.took_s for shot in shots], share)) * 1e3
