"""Exact search over few choosers: labels (what is used, at what regret), chooser by chooser, the dominated ones dropped.

A label is dropped when it can't end within the regret allowed: what it has, plus the price of the money and units that
nobody after it could use up. Of two labels that differ in one amount only, the one that used more and earned no more is
dropped. Choosers that share no limit but the campaign's are searched apart, and their labels joined (Pisinger 1995, A
minimal algorithm for the multiple-choice knapsack problem, does so for one limit).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offers.options import Options


@dataclass
class Effort:
    """How much work is left, in numbers written; `cut` once labels had to be given up."""

    left: float
    cut: bool = False


def search(
    options: Options, room: np.ndarray, prices: np.ndarray, within: float, width: int, effort: Effort
) -> np.ndarray | None:
    """int64[choosers]: the option of each in the best plan whose regrets and unused price come to at most `within`.

    None when there is none. room int64[limits]. At most `width` labels are kept at a time; effort.cut tells whether that
    or the effort gave any up, and the answer may not be the best.
    """
    most, least = _extremes(options)
    tight = (most.sum(axis=0) > room) | (prices * room > 0)
    limits = np.flatnonzero(tight[:-1])
    own, campaign = limits[limits > 0], limits[limits == 0]
    parts = _apart(options, own)
    merged, choices = [], []
    for choosers in parts:
        mine = own[(options.use[_options(options, choosers)][:, own] > 0).any(axis=0)]
        places = np.concatenate((campaign, mine))
        few = options.only(choosers, np.ones(len(options.regret), dtype=bool))
        rest_most = most[:, places].sum(axis=0) - most[np.ix_(choosers, places)].sum(axis=0)
        rest_least = least[:, places].sum(axis=0) - least[np.ix_(choosers, places)].sum(axis=0)
        run = _Run(few[0].use[:, places], few[0].regret, few[0].indptr, room[places], prices[places], within, width)
        use, regret, picked = run.labels(rest_most, rest_least, len(campaign), effort)
        if not len(regret):
            return None
        merged.append((use[:, : len(campaign)], regret))
        choices.append((choosers, few[1][picked]))
    unused = float((prices[own] * room[own])[~(options.use[:, own] > 0).any(axis=0)].sum())
    indptr = np.concatenate(([0], np.cumsum([len(regret) for _, regret in merged])))
    use, regret = (np.concatenate([pair[n] for pair in merged]) for n in (0, 1))
    run = _Run(use, regret, indptr, room[campaign], prices[campaign], within - unused, width)
    nothing = np.zeros(len(campaign), dtype=np.int64)
    _, total, picked = run.labels(nothing, nothing, 0, effort)
    if not len(total):
        return None
    found, best = np.zeros(len(options), dtype=np.int64), picked[int(np.argmin(total))]
    for place, (choosers, table) in enumerate(choices):
        found[choosers] = table[best[place] - indptr[place]]
    return found


@dataclass(frozen=True)
class _Run:
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


def _options(options: Options, choosers: np.ndarray) -> np.ndarray:
    return np.concatenate([np.arange(options.indptr[c], options.indptr[c + 1]) for c in choosers.tolist()])


def _extremes(options: Options) -> tuple[np.ndarray, np.ndarray]:
    """int64[choosers, limits]: the most and the least a chooser uses."""
    starts = options.indptr[:-1]
    return np.maximum.reduceat(options.use, starts), np.minimum.reduceat(options.use, starts)


def _apart(options: Options, own: np.ndarray) -> list[np.ndarray]:
    """Choosers in groups that share none of the limits `own`, in order of the limits they use."""
    starts = options.indptr[:-1]
    uses = np.maximum.reduceat(options.use[:, own] > 0, starts) if len(own) else np.zeros((len(options), 0), dtype=bool)
    label = np.arange(len(own))
    for mine in uses:
        places = np.flatnonzero(mine)
        if len(places) > 1:
            label[np.isin(label, label[places])] = label[places].min()
    first = np.where(uses.any(axis=1), np.argmax(uses, axis=1), len(own)) if len(own) else np.zeros(len(options), np.int64)
    last = len(own) - np.argmax(uses[:, ::-1], axis=1) if len(own) else first
    part = np.append(label, len(own))[first]
    order = np.lexsort((last, first, part))
    cuts = np.flatnonzero(np.diff(part[order])) + 1
    return np.split(order, cuts)
