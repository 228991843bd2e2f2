"""Options: what a chooser (a row, or all rows of a coupled user) may take, as dense amounts; for small searches.

Regret is what an option is worth less than the chooser's best at the prices. A plan is worth the dual bound less its
regrets and less the price of everything it leaves unused, so options with more regret than the gap are in no better plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from offers.rows import Rows

MOST_OPTIONS = 200_000
MOST_AMOUNTS = 20_000_000


@dataclass(frozen=True)
class Options:
    """Chooser c has options indptr[c] to indptr[c+1], ascending regret; one of them is taken."""

    indptr: np.ndarray
    """int64[n+1]."""
    use: np.ndarray
    """int64[o, limits]: what an option takes of each."""
    regret: np.ndarray
    """float64[o], at least 0."""
    arms: Sequence[tuple[int, ...]]
    """Of each option: places in the rows' arrays, none for nothing."""

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def only(self, choosers: np.ndarray, keep: np.ndarray) -> tuple[Options, np.ndarray]:
        """The options of a mask bool[o] of some choosers (int[k]), and their old numbers."""
        picked = [np.arange(self.indptr[c], self.indptr[c + 1]) for c in choosers.tolist()]
        picked = [mine[keep[mine]] for mine in picked]
        indptr = np.concatenate(([0], np.cumsum([len(mine) for mine in picked], dtype=np.int64)))
        old = np.concatenate([np.empty(0, dtype=np.int64), *picked])
        return Options(indptr, self.use[old], self.regret[old], [self.arms[o] for o in old.tolist()]), old


def options_of(rows: Rows, prices: np.ndarray, within: float) -> Options | None:
    """Every option with a regret of at most `within`; None when they are too many to be looked at."""
    worth = rows.reduced(prices)
    choosers: dict[tuple[int, int], list[int]] = {}
    for number, group in enumerate(rows.group.tolist()):
        choosers.setdefault((group, -1 if group >= 0 else number), []).append(number)
    regrets: list[float] = []
    arms: list[tuple[int, ...]] = []
    sizes = []
    for mine in choosers.values():
        found = _combined([_of_row(rows, worth, number) for number in mine], int(rows.cap[mine[0]]), within)
        if found is None or len(arms) > MOST_OPTIONS:
            return None
        best = max(gain for gain, _ in found)
        kept = sorted((best - gain, taken) for gain, taken in found if best - gain <= within)
        regrets += [regret for regret, _ in kept]
        arms += [taken for _, taken in kept]
        sizes.append(len(kept))
    if len(arms) * len(prices) > MOST_AMOUNTS:
        return None
    use = np.zeros((len(arms), len(prices)), dtype=np.int64)
    option = np.repeat(np.arange(len(arms)), [len(taken) for taken in arms])
    arm = np.array([one for taken in arms for one in taken], dtype=np.int64)
    for places, amount in (
        (np.zeros_like(arm), rows.cost[arm]),
        (rows.store[arm], rows.cost[arm]),
        (rows.item[arm], 1),
    ):
        np.add.at(use, (option, places), amount)
    use[:, -1] = 0
    return Options(np.concatenate(([0], np.cumsum(sizes, dtype=np.int64))), use, np.array(regrets), arms)


def _of_row(rows: Rows, worth: np.ndarray, number: int) -> list[tuple[float, tuple[int, ...]]]:
    low, high = int(rows.indptr[number]), int(rows.indptr[number + 1])
    return [(0.0, ()), *((gain, (low + n,)) for n, gain in enumerate(worth[low:high].tolist()))]


def _combined(
    of_rows: list[list[tuple[float, tuple[int, ...]]]], cap: int, within: float
) -> list[tuple[float, tuple[int, ...]]] | None:
    """Ways to take at most `cap` of the rows' arms; None when they are too many."""
    found = of_rows[0]
    for row in of_rows[1:]:
        found = [(a + b, x + y) for a, x in found for b, y in row if len(x) + len(y) <= cap]
        if len(found) > MOST_OPTIONS:
            return None
    return found
