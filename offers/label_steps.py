"""Labels chooser by chooser: what is used so far, at what regret; those that can't end well or are dominated are dropped."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass
class Effort:
    """How much work is left, in numbers written; `cut` once labels had to be given up."""

    left: float
    cut: bool = False


@dataclass(frozen=True)
class Run:
    """One search: use int64[o, c] and regret float64[o] of options, choosers' indptr, room and price of the c limits."""

    use: np.ndarray
    regret: np.ndarray
    indptr: np.ndarray
    room: np.ndarray
    price: np.ndarray
    within: float
    width: int

    def labels(
        self, rest_most: np.ndarray, rest_least: np.ndarray, n_open: int, effort: Effort
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(use [k, c], regret [k], option of each chooser [k, n]) of labels that may end well; other choosers use between
        rest_least and rest_most. The first `n_open` limits are others' too and aren't closed."""
        starts, n, c = self.indptr[:-1], len(self.indptr) - 1, len(self.room)
        most = np.maximum.reduceat(self.use, starts) if n else np.zeros((0, c), np.int64)
        least = np.minimum.reduceat(self.use, starts) if n else np.zeros((0, c), np.int64)
        later_most = np.vstack((np.cumsum(most[::-1], axis=0)[::-1], np.zeros((1, c), np.int64))) + rest_most
        later_least = np.vstack((np.cumsum(least[::-1], axis=0)[::-1], np.zeros((1, c), np.int64))) + rest_least
        twins = c == 2 and np.array_equal(self.use[:, 0], self.use[:, 1])
        use, regret, trail = np.zeros((1, c), dtype=np.int64), np.zeros(1), []
        for k in range(n):
            low, high = int(self.indptr[k]), int(self.indptr[k + 1])
            effort.left -= len(regret) * (high - low) * (c + 2)
            if effort.left < 0:
                effort.cut = True
                return use[:0], regret[:0], np.zeros((0, n), dtype=np.int64)
            parent = np.repeat(np.arange(len(regret)), high - low)
            option = np.tile(np.arange(low, high), len(regret))
            use, regret = use[parent] + self.use[option], regret[parent] + self.regret[option]
            fits = (use + later_least[k + 1] <= self.room).all(axis=1)
            use, regret, parent, option = use[fits], regret[fits], parent[fits], option[fits]
            end = regret + np.maximum(self.room - use - later_most[k + 1], 0) @ self.price
            kept = np.flatnonzero(end <= self.within)
            closed = (later_most[k + 1] == 0) & (np.arange(c) >= n_open)
            regret = regret + (self.room - use)[:, closed] @ self.price[closed]
            use[:, closed] = self.room[closed]
            kept = kept[_undominated(use[kept], regret[kept], self.price, twins)]
            if len(kept) > self.width:
                effort.cut = True
                kept = np.sort(kept[np.argsort(end[kept], kind="stable")[: self.width]])
            use, regret = use[kept], regret[kept]
            trail.append((parent[kept], option[kept]))
        return use, regret, _followed(trail, len(regret))


def _undominated(use: np.ndarray, regret: np.ndarray, price: np.ndarray, twins: bool) -> np.ndarray:
    """Places of labels that earn more than every label with less in the first amount and the same in all others (twins:
    the second amount is always the first)."""
    if not len(regret):
        return np.empty(0, dtype=np.int64)
    earned = np.unique(use @ price - regret, return_inverse=True)[1]
    shown = use[:, :1] if twins else use
    order = np.lexsort((-earned, *shown.T[:1], *shown.T[1:]))
    same = (shown[order][1:, 1:] == shown[order][:-1, 1:]).all(axis=1)
    # One running maximum for all groups: each group's ranks are lifted above those before it.
    lifted = earned[order] + np.cumsum(np.append(0, ~same)) * len(regret)
    return order[lifted > np.append(-1, np.maximum.accumulate(lifted)[:-1])]


def _followed(trail: list[tuple[np.ndarray, np.ndarray]], n: int) -> np.ndarray:
    picked, at = np.zeros((n, len(trail)), dtype=np.int64), np.arange(n)
    for k in range(len(trail) - 1, -1, -1):
        parent, option = trail[k]
        picked[:, k], at = option[at], parent[at]
    return picked
