"""One evaluation in a process of its own, as `daypart evaluate` would run it: the figures, the time, the most memory it held."""

from __future__ import annotations

import multiprocessing
import re
import resource
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import console

KS = (10, 20)


@dataclass(frozen=True)
class Run:
    """result: in `daypart evaluate`'s shape; seconds: from the start of the process to its end; gib: its peak of memory."""

    result: dict[str, Any]
    seconds: float
    gib: float


def apart(work: Callable[..., dict[str, Any]], *arguments: Any) -> Run:
    """Run `work`, a function of a module, in a fresh process; what it raises is raised here."""
    began = time.monotonic()
    # Spawned, not forked: the memory of whoever asks is not the memory of the evaluation.
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        result, peak = pool.submit(_told, work, *arguments).result()
    return Run(result, time.monotonic() - began, peak / 2**30)


def evaluated(events: Path, targets: Path) -> dict[str, Any]:
    """`daypart evaluate` on two files."""
    from training.evaluate import evaluate

    with console.progress() as report:
        return evaluate(events, targets, ks=KS, progress=report)


def key_sets_evaluated(events: Path, targets: Sequence[Path]) -> dict[str, Any]:
    """The same for several sets of users: one fit, one ranking of all of them, figures as the mean over the sets.

    A user stands in a mean as often as they stand in the sets, which are equally large, so that the mean over whole targets is
    exactly the mean of the sets' means; intervals draw each user once, with all their appearances (`training.intervals`).
    """
    import numpy as np
    import polars as pl

    from training.baskets import read_events_file, read_targets_file
    from training.contest import contest
    from training.fitted import fitted
    from training.recipe import Recipe
    from training.sales import coded, sales
    from training.scoreboard import board

    with console.progress() as report:
        began = time.perf_counter()
        lines = coded(sales(read_events_file(events)[0].lazy()))
        model = fitted(lines, Recipe(), report)
        ready = time.perf_counter()
        asked = [read_targets_file(path)[0] for path in targets]
        union = pl.concat(asked).unique().sort("user_id", "product_id")
        times = dict(
            pl.concat([each.select("user_id").unique() for each in asked])["user_id"].value_counts().iter_rows()
        )
        held = contest(model.ranker, model.known, model.cases(sorted(times)), union, max(KS), report)
        held = replace(held, weights=np.array([times[user] for user in held.users], dtype=np.float64))
        found = board(held, KS)
    return {**found, "seconds": {"fit": ready - began, "score": time.perf_counter() - ready}}


def _told(work: Callable[..., dict[str, Any]], *arguments: Any) -> tuple[dict[str, Any], int]:
    return work(*arguments), peak_bytes()


def peak_bytes() -> int:
    """Most memory this process has held."""
    try:
        # getrusage of a spawned process may still hold the peak of the process that spawned it.
        told = re.search(r"^VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text("utf-8"), re.M)
    except OSError:
        told = None
    if told:
        return int(told[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
