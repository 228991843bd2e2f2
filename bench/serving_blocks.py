"""`make bench-serving-blocks`: questions answered together beside one at a time, with reasons of slates of 20, and histories read
together, without HTTP.

In the world of `make bench-serving-http`: real histories, a real model. Blocks of every size take turns over the same questions;
caches are swept before each, as by what a service does between two answers. Processor time, which other work inflates least.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl

import console
from bench.ledger_http import free_port
from bench.results import Row, row
from bench.serving_decode import decode_rows
from bench.serving_world import world
from models.best import Sought
from models.history import LIMIT, History
from models.ranker import NAME, Question, Ranker
from models.scores import best_together, reasons_together
from models.shelf import load_current
from settings import Settings

K, SIZES, N_QUESTIONS = 20, (1, 2, 4, 8, 16), 320
REACH = {8: 1 / 3}
SWEPT_BYTES = 6_000_000


def rows() -> list[Row]:
    """DAYPART__BENCH_WORLD names a folder that keeps the world for another run."""
    kept = os.environ.get("DAYPART__BENCH_WORLD")
    with TemporaryDirectory(prefix="daypart-bench-") as folder, console.progress() as report:
        return of_world(*world(Path(kept or folder), free_port(), datetime.now(UTC), report))


def of_world(settings: Settings, users: Sequence[str], stores: Sequence[str], rounds: int = 5) -> list[Row]:
    """The rows in a world that stands."""
    table = pl.read_parquet(settings.features / "user_history.parquet")
    ranker = Ranker.from_artifact(load_current(settings.shelf, NAME))
    asked = questions(table, users, stores)
    read = decode_rows(ranker.product_ids, [each.history for each in asked], rounds, np.zeros(SWEPT_BYTES, np.uint8))
    return block_rows(ranker, asked, rounds) + read


def questions(table: pl.DataFrame, users: Sequence[str], stores: Sequence[str]) -> list[Question]:
    """Anybody anywhere, a day after the last purchase of all, at nine; table: the view `user_history`."""
    rng, found = random.Random(20171201), []
    known = {told["user_id"]: told for told in table.iter_rows(named=True)}
    at_s = max(max(told["last_at_s"], default=0) for told in known.values()) + 86_400
    for _ in range(N_QUESTIONS):
        told = known[rng.choice(users).partition(".")[0]]
        found.append(Question(_history(told), rng.choice(stores), 9, at_s))
    return found


def _history(told: dict[str, Any]) -> History:
    columns = [told[name] for name in ("product_ids", "counts", "decayed", "last_visit", "last_at_s")]
    kept = sorted(sorted(zip(*columns, strict=True), key=lambda line: (-line[2], line[0]))[:LIMIT])
    ids, counts, decayed, last_visit, last_at_s = zip(*kept, strict=True) if kept else ((),) * 5
    return History.of(ids, counts, decayed, last_visit, last_at_s, told["n_visits"])


def block_rows(ranker: Ranker, asked: Sequence[Question], rounds: int) -> list[Row]:
    """Microseconds a question, by size of block, beside blocks of one."""
    by_size = {size: [asked[at : at + size] for at in range(0, len(asked), size)] for size in SIZES}
    spent = {size: np.full((rounds, len(blocks)), np.inf) for size, blocks in by_size.items()}
    swept = np.zeros(SWEPT_BYTES, np.uint8)
    for number in range(rounds):
        for size, blocks in by_size.items():
            for place, block in enumerate(blocks):
                swept[::64] += 1
                began = time.thread_time()
                answered(ranker, block)
                spent[size][number, place] = (time.thread_time() - began) * 1e6 / len(block)
    # A block's fastest round counts, and the median of all blocks.
    cost = {size: float(np.median(found.min(axis=0))) for size, found in spent.items()}
    return [
        row(
            f"score {len(ranker.product_ids):,} products and tell why of {K}, {size} at once, a question", mine, "µs",
            against="one at a time", against_value=cost[1],
            reach=f"at most {REACH[size]:.2f} times" if size in REACH else "", met=mine <= REACH.get(size, np.inf) * cost[1],
        )
        for size, mine in cost.items()
    ]  # fmt: skip


def answered(ranker: Ranker, block: Sequence[Question]) -> list[list[list[tuple[str, str]]]]:
    """Score, take the best, tell why."""
    scores, all_sold = ranker.score_together(block), Sought(K, np.zeros(len(ranker.product_ids), np.float32))
    return reasons_together(scores, [best.rows for best in best_together(scores, [all_sold] * len(block))])
