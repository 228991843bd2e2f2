"""Exact search over few choosers: labels (what is used, at what regret), chooser by chooser, the dominated ones dropped.

A label is dropped when it can't end within the regret allowed: what it has, plus the price of the money and units that
nobody after it could use up. Of two labels that differ in one amount only, the one that used more and earned no more is
dropped. Choosers that share no limit but the campaign's are searched apart, and their labels joined (Pisinger 1995, A
minimal algorithm for the multiple-choice knapsack problem, does so for one limit).
"""

from __future__ import annotations

import numpy as np

from offers.label_steps import Effort, Run
from offers.options import Options


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
        run = Run(few[0].use[:, places], few[0].regret, few[0].indptr, room[places], prices[places], within, width)
        use, regret, picked = run.labels(rest_most, rest_least, len(campaign), effort)
        if not len(regret):
            return None
        merged.append((use[:, : len(campaign)], regret))
        choices.append((choosers, few[1][picked]))
    unused = float((prices[own] * room[own])[~(options.use[:, own] > 0).any(axis=0)].sum())
    indptr = np.concatenate(([0], np.cumsum([len(regret) for _, regret in merged])))
    use, regret = (np.concatenate([pair[n] for pair in merged]) for n in (0, 1))
    run = Run(use, regret, indptr, room[campaign], prices[campaign], within - unused, width)
    nothing = np.zeros(len(campaign), dtype=np.int64)
    _, total, picked = run.labels(nothing, nothing, 0, effort)
    if not len(total):
        return None
    found, best = np.zeros(len(options), dtype=np.int64), picked[int(np.argmin(total))]
    for place, (choosers, table) in enumerate(choices):
        found[choosers] = table[best[place] - indptr[place]]
    return found


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
    first = (
        np.where(uses.any(axis=1), np.argmax(uses, axis=1), len(own)) if len(own) else np.zeros(len(options), np.int64)
    )
    last = len(own) - np.argmax(uses[:, ::-1], axis=1) if len(own) else first
    part = np.append(label, len(own))[first]
    order = np.lexsort((last, first, part))
    cuts = np.flatnonzero(np.diff(part[order])) + 1
    return np.split(order, cuts)
