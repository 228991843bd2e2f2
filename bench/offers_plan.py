"""How good the plan is and how fast: gaps to the dual bound, HiGHS beside, growth with users, memory in a process of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from bench.offers_pacing import rows as pacing_rows
from bench.plan_crowd import REGIMES, Crowd
from bench.plan_instances import instances, optimum, relaxation
from bench.ranking_run import apart
from bench.results import Row, row
from offers.allotment import allot
from offers.choice import Choice
from offers.knapsack import Budgets, Source
from offers.plan_check import faults

REACH_LARGE, REACH_SMALL = 5e-4, 3e-3
"""Gaps from 10,000 users and from 1,000 users on; below, the plan is the best there is."""
SMALL, MIDDLE, LARGE = 148, 40, 12
"""200 instances in all."""


def rows() -> list[Row]:
    """Every row."""
    return [*gap_rows(), *beside_highs(), *pacing_rows(), ratio_row(), *growth_rows(), *memory_rows()]


def gap_rows() -> list[Row]:
    """50 arms a user and 20 stores' budgets, three regimes of money; every plan passes its audit."""
    found = []
    for n, reach in ((1_000, REACH_SMALL), (10_000, REACH_LARGE), (100_000, REACH_LARGE)):
        source = Crowd(n).in_memory()
        for name, share in REGIMES.items():
            choice = audited(source, Crowd(n).budgets(share))
            found.append(
                row(
                    f"gap to the dual bound, {n:,} users, {name} budgets", 100 * choice.gap, "%",
                    reach=f"at most {100 * reach:g}%", met=choice.gap <= reach,
                )
            )  # fmt: skip
    return found


def beside_highs() -> list[Row]:
    """Random and adversarial instances: below 1,000 users beside the optimum, from there on the gap to the bound."""
    worst, n_proven, n_best = 0.0, 0, 0
    for _, source, budgets in instances(SMALL, (1, 60), 1):
        choice, best = audited(source, budgets), optimum(source.whole, budgets)
        short = (best - choice.value_cents) / max(best, 1.0)
        worst, n_proven, n_best = max(worst, short), n_proven + choice.exact, n_best + (short <= 1e-6)
    told = f"{SMALL} instances of up to 60 users"
    small = [
        row(f"largest shortfall from HiGHS' optimum, {told}", 100 * worst, "%", reach="none", met=worst <= 1e-6),
        row(f"plans as good as HiGHS' optimum, of {told}", n_best, "plans", reach="all", met=n_best == SMALL),
        row(f"plans proven to be the best, of {told}", n_proven, "plans", reach="all", met=n_proven == SMALL),
    ]
    for n, users, reach in ((MIDDLE, (1_000, 2_000), REACH_SMALL), (LARGE, (10_000, 12_000), REACH_LARGE)):
        gaps = [audited(source, budgets).gap for _, source, budgets in instances(n, users, 2)]
        small.append(
            row(
                f"largest gap, {n} instances of {users[0]:,} to {users[1]:,} users", 100 * max(gaps), "%",
                against="mean", against_value=100 * float(np.mean(gaps)), reach=f"at most {100 * reach:g}%",
                met=max(gaps) <= reach,
            )
        )  # fmt: skip
    return small


def ratio_row(n: int = 10_000, rounds: int = 5) -> Row:
    """HiGHS' interior point on the relaxation beside our whole plan, in seconds of the processor that both run on."""
    source, budgets = Crowd(n).in_memory(), Crowd(n).budgets(REGIMES["middle"])
    allot(source, budgets)
    mine = float(np.median([seconds(lambda: allot(source, budgets)) for _ in range(rounds)]))
    theirs = seconds(lambda: relaxation(source.whole, budgets))
    return row(
        f"plan of {n:,} users × 50 arms", mine, "s", against="HiGHS' interior point", against_value=theirs,
        reach="at most a hundredth", met=100 * mine <= theirs,
    )  # fmt: skip


def growth_rows() -> list[Row]:
    """Seconds a million users at 10,000, 100,000 and 1,000,000 users: linear is the same figure or a smaller one."""
    each = {n: _planned(n, False)["seconds"] / n * 1e6 for n in (10_000, 100_000, 1_000_000)}
    first = each[10_000]
    return [
        row(f"plan, per million users, at {n:,}", value, "s", against="at 10,000", against_value=first,
            reach="at most 1.2 times", met=value <= 1.2 * first)
        for n, value in each.items()
    ]  # fmt: skip


def memory_rows() -> list[Row]:
    """Whole processes, arms made within them: seconds of the plan, and the most memory the process ever held."""
    found = []
    for n, streamed, most_s, most_gib in ((1_000_000, False, 20.0, 1.5), (10_000_000, True, None, 4.0)):
        run = apart(_planned, n, streamed)
        told = f"{n:,} users × 50 arms" + (", streamed, their making included" if streamed else "")
        found += [
            row(f"plan of {told}", run.result["seconds"], "s", reach=f"at most {most_s:g}" if most_s else "",
                met=most_s is None or run.result["seconds"] <= most_s),
            row(f"memory for it, gap {run.result['gap']:.2e}", run.gib, "GiB", reach=f"at most {most_gib:g}",
                met=run.gib <= most_gib),
        ]  # fmt: skip
    return found


def _planned(n: int, streamed: bool) -> dict[str, Any]:
    crowd = Crowd(n)
    source: Source = crowd if streamed else crowd.in_memory()
    budgets = crowd.budgets(REGIMES["middle"])
    began = time.perf_counter()
    choice = allot(source, budgets)
    return {"seconds": time.perf_counter() - began, "gap": choice.gap}


def audited(source: Source, budgets: Budgets) -> Choice:
    """The plan. Raises RuntimeError when the auditor finds a fault."""
    choice = allot(source, budgets)
    wrong = faults(source, budgets, choice)
    if wrong:
        raise RuntimeError(f"the plan is at fault: {wrong}")
    return choice


def seconds(work: Callable[[], object]) -> float:
    """Processor seconds of this process: neighbours on the machine don't count."""
    began = time.process_time()
    work()
    return time.process_time() - began
