"""How fast the scoring core is, each figure beside a peer in the same process that takes turns with it; and whether it is exact.

Medians; one thread each, which wants OPENBLAS_NUM_THREADS=1 and OMP_NUM_THREADS=1, as the Makefile sets them.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle

import numpy as np

from bench.factor_crowd import Crowd, of_als, of_gauss
from bench.ranking_speed import in_turns
from bench.results import Row, row
from models.factor_block import best_block
from models.factor_index import FactorIndex
from models.foldin import fold_in, normal_equations
from models.rescoring import exact
from models.scratch import Scratch

K = 20
REACH_ONE, REACH_PRUNED, REACH_BLOCK, REACH_FOLD_IN = 1.15, 0.4, 0.85, 2.0


def rows(few: int = 10_000, more: int = 100_000, many: int = 1_000_000, rounds: int = 2_000) -> list[Row]:
    """Every row. few, more and many products; a figure of microseconds is measured `rounds` times, a slower one more seldom."""
    found, differ, asked = [fold_in_row(rounds)], 0, 0
    for crowd in (of_als, of_gauss):
        small, middle, large = crowd(few), crowd(more), crowd(many)
        found += [
            one_user_row(small, rounds),
            block_row(small, max(rounds // 20, 1)),
            block_row(middle, max(rounds // 100, 1)),
        ]
        found.append(pruned_row(large, max(rounds // 50, 1)))
        for each in (small, large):
            differ += differences(each, min(len(each.users), 20))
            asked += min(len(each.users), 20)
    found.append(
        row("lists that differ from sorting every product", differ, "lists", against="lists asked for", against_value=asked,
            reach="none", met=differ == 0)
    )  # fmt: skip
    return found


def one_user_row(crowd: Crowd, rounds: int) -> Row:
    """One user's best 20 beside the least that any factor model does."""
    ours = _asked(crowd)

    def bare(user: np.ndarray) -> np.ndarray:
        score = crowd.factors @ user
        best = np.argpartition(score, -K)[-K:]
        return best[np.argsort(-score[best])]

    return _beside(
        f"best {K} of {_told(crowd)} for one user", "µs", ours, _each(crowd, bare), rounds,
        "GEMV, argpartition and sort", REACH_ONE,
    )  # fmt: skip


def pruned_row(crowd: Crowd, rounds: int) -> Row:
    """One user's best 20, exactly, beside scoring every product once and choosing none."""
    score = np.empty(len(crowd.factors), np.float32)
    bare = _each(crowd, lambda user: np.dot(crowd.factors, user, out=score))
    told = f"best {K} of {_told(crowd)} for one user, exactly"
    return _beside(told, "µs", _asked(crowd), bare, rounds, "full GEMV", REACH_PRUNED)


def block_row(crowd: Crowd, rounds: int) -> Row:
    """The best 20 of every user at once beside implicit's C++, one thread each."""
    from implicit.cpu.topk import topk

    index, scratch = FactorIndex.of(crowd.factors), Scratch()
    return _beside(
        f"best {K} of {_told(crowd)} for {len(crowd.users)} users at once", "µs",
        lambda: best_block(index, crowd.users, K, None, scratch),
        lambda: topk(crowd.factors, crowd.users, K, num_threads=1), rounds, "implicit's C++ top-k", REACH_BLOCK,
    )  # fmt: skip


def fold_in_row(rounds: int, n: int = 100, f: int = 64) -> Row:
    """One history's user beside the solution of such a system alone."""
    crowd, rng = of_gauss(10_000, f), np.random.default_rng(1)
    factors = crowd.factors * np.float32(0.1)
    gram = factors.T @ factors
    chosen = rng.choice(len(factors), n, replace=False).astype(np.int32)
    confidence = rng.integers(1, 20, n).astype(np.float32)
    matrix, right = normal_equations(factors, gram, chosen, confidence, 1.0)
    return _beside(
        f"fold in {n} products, {f} factors", "µs", lambda: fold_in(factors, gram, chosen, confidence, 1.0),
        lambda: np.linalg.solve(matrix, right), rounds, f"numpy.linalg.solve of one {f} x {f} system", REACH_FOLD_IN,
    )  # fmt: skip


def differences(crowd: Crowd, n: int) -> int:
    """Of n users, how many have another list than all products sorted by exact score, ties by row."""
    index, every = FactorIndex.of(crowd.factors), np.arange(len(crowd.factors))
    wanted = [np.lexsort((every, -exact(crowd.factors, every, user)))[:K] for user in crowd.users[:n]]
    one = [index.best(user, K).rows for user in crowd.users[:n]]
    block, _ = best_block(index, crowd.users[:n], K)
    return sum(not (np.array_equal(a, b) and np.array_equal(a, c)) for a, b, c in zip(wanted, one, block, strict=True))


def _asked(crowd: Crowd) -> Callable[[], object]:
    index, scratch = FactorIndex.of(crowd.factors), Scratch()
    return _each(crowd, lambda user: index.best(user, K, None, scratch))


def _each(crowd: Crowd, work: Callable[[np.ndarray], object]) -> Callable[[], object]:
    """The next user's turn; both sides meet the users in one order."""
    users = cycle(crowd.users)
    return lambda: work(next(users))


def _told(crowd: Crowd) -> str:
    n, f = crowd.factors.shape
    return f"{n:,} x {f} {crowd.name}"


def _beside(
    figure: str,
    unit: str,
    ours: Callable[[], object],
    peer: Callable[[], object],
    rounds: int,
    against: str,
    most: float,
) -> Row:
    mine, bar = in_turns(ours, peer, rounds)
    return row(
        figure, mine * 1e6, unit, against=against, against_value=bar * 1e6, reach=f"at most {most:g} times",
        met=mine <= most * bar,
    )  # fmt: skip
