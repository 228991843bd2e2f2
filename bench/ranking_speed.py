"""How fast the ranking is, each figure beside a peer in the same process: ALS alone, a bare matrix product, implicit's recommend.

Both sides take turns, and the fastest round counts on either; what takes microseconds is told by its median.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix

import console
from bench.journey_cut import DAY, write_cut
from bench.ranking_crowd import best_sellers, replicated, with_every_term
from bench.results import Row, row
from models.ranker import Ranker
from models.scoring import top_k
from training import als
from training.baskets import read_events_file, read_targets_file
from training.cases import Case, Known
from training.complete_journey import tables
from training.fitted import Fitted, fitted
from training.ranked import Report, rank
from training.recipe import Recipe
from training.sales import coded, sales
from training.tuning import Tables

K = 10
WIDE = 10_000
HISTORIES = (20, 50, 150, 300)
REACH_FIT, REACH_ONE, REACH_GROWTH = 3.0, 3.0, 1.2
PLAIN = Recipe(trials=1)
"""All blending and no search of hyperparameters, which fits several blends more."""


def rows(rounds: int = 3, copies: int = 10) -> list[Row]:
    """Every row, on Complete Journey cut as for the figures of December."""
    with tempfile.TemporaryDirectory(prefix="daypart-bench-") as folder, console.progress() as report:
        events, targets = write_cut(Path(folder), DAY)
        lines = coded(sales(read_events_file(events)[0].lazy()))
        users = read_targets_file(targets)[0]["user_id"].unique().sort().to_list()
        model = fitted(lines, PLAIN, report)
        made = tables()
        few = best_sellers(lines, WIDE)
        sold, known = (table.filter(pl.col.product_id.is_in(few)) for table in (made.events, made.products))
        return [
            *fit_rows(lines, rounds, report),
            *one_user_rows(*with_every_term(coded(sales(sold.lazy())), Tables(known), PLAIN, report)),
            everybody_row(model, users, rounds, report),
            growth_row(lines, copies, report),
        ]


def fit_rows(lines: pl.DataFrame, rounds: int, report: Report) -> list[Row]:
    """A whole fit, from sales lines in memory, beside ALS alone of the recipe's own size, with the histories at hand."""
    past = Known(lines).histories
    alone = fastest(lambda: als.fit_items(past, PLAIN), rounds)
    blended = fastest(lambda: fitted(lines, PLAIN, report), rounds)
    searched = fastest(lambda: fitted(lines, Recipe(), report), 1)
    told, against = f"of {len(lines):,} sales", f"implicit ALS alone, {PLAIN.als_factors} factors"
    return [
        row(
            f"fit {told}, blending included", blended, "s", against=against, against_value=alone,
            reach=f"at most {REACH_FIT:g} times", met=blended <= REACH_FIT * alone,
        ),
        row(
            f"fit {told}, blending included and {Recipe().trials} settings of it searched", searched, "s",
            against=against, against_value=alone, reach=f"at most {REACH_FIT:g} times", met=searched <= REACH_FIT * alone,
        ),
    ]  # fmt: skip


def one_user_rows(ranker: Ranker, cases: Sequence[Case], rounds: int = 400) -> list[Row]:
    """One question, from the history to the best ten, beside the least that any factor model does: GEMV and argpartition."""
    n, rng = len(ranker.product_ids), np.random.default_rng(0)
    factors, user = (rng.normal(size=size).astype(np.float32) for size in ((n, PLAIN.als_factors), PLAIN.als_factors))
    sizes, found = np.array([len(case.history) for case in cases]), []
    for size in HISTORIES:
        case = cases[int(np.argmin(abs(sizes - size)))]

        def ours(case: Case = case) -> object:
            scores = ranker.score(case.history, store_id=case.store_id, hour_of_week=9, at_s=case.at_s)
            return top_k(scores.score, K)

        mine, bare = in_turns(ours, lambda: np.argpartition(factors @ user, -K)[-K:], rounds)
        found.append(
            row(
                f"score one user over {n:,} products with every term, {len(case.history)} in the history",
                mine * 1e6, "µs", against=f"GEMV of {PLAIN.als_factors} and argpartition", against_value=bare * 1e6,
                reach=f"at most {REACH_ONE:g} times", met=mine <= REACH_ONE * bare,
            )
        )  # fmt: skip
    return found


def everybody_row(model: Fitted, users: Sequence[str], rounds: int, report: Report) -> Row:
    """Everybody's best ten, per user, beside implicit's own batch `recommend` over the same products."""
    from implicit.als import AlternatingLeastSquares

    past, cases = model.known.histories, model.cases(users)
    bought = csr_matrix((past.counts, past.rows, past.indptr), shape=(len(past.users), len(past.products)))
    peer = AlternatingLeastSquares(PLAIN.als_factors, iterations=1, random_state=PLAIN.seed, use_gpu=False)
    peer.fit(bought, show_progress=False)
    everybody = np.arange(len(past.users))
    theirs = fastest(lambda: peer.recommend(everybody, bought, N=K, filter_already_liked_items=False), rounds)
    mine = fastest(lambda: rank(model.ranker, cases, K, report), rounds)
    each, bar = mine / len(cases), theirs / len(everybody)
    return row(
        f"rank {len(past.products):,} products for {len(cases):,} users, per user", each * 1e6, "µs",
        against="implicit's batch recommend", against_value=bar * 1e6, reach="faster", met=each <= bar,
    )  # fmt: skip


def growth_row(lines: pl.DataFrame, copies: int, report: Report) -> Row:
    """A fit on every user `copies` times over beside the same number of fits: how much faster time grows than events."""
    once = fastest(lambda: fitted(lines, PLAIN, report), 1)
    many = replicated(lines, copies)
    whole = fastest(lambda: fitted(many, PLAIN, report), 1)
    bar = once * len(many) / len(lines)
    return row(
        f"fit of {len(many):,} sales", whole, "s", against=f"so many times the fit of {len(lines):,}", against_value=bar,
        reach=f"at most {REACH_GROWTH:g} times", met=whole <= REACH_GROWTH * bar,
    )  # fmt: skip


def fastest(work: Callable[[], object], rounds: int) -> float:
    """Seconds of the fastest of the rounds."""
    return min(_seconds(work) for _ in range(rounds))


def in_turns(ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median seconds of both, taking turns, so that a busy moment meets both."""
    both = np.array([(_seconds(ours), _seconds(theirs)) for _ in range(rounds)])
    median = np.median(both, axis=0)
    return float(median[0]), float(median[1])


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
