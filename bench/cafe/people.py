"""Builds the café's truth from a seed: kinds in stated shares, habits that lean with it but do not tell it, two known members.

A kind shifts how keen a member is and how likely to fade; the spread within a kind is wider than the shifts between them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from bench.cafe.draw import Floats, Ints, stream
from bench.cafe.members import FOREVER, LONG_AGO, Members, draw_members
from bench.cafe.menu import PARTS, Menu, menu
from bench.cafe.truth import KINDS, SHARES, CafeTruth

# By kind: mean of the latent visit rate, chance to be fading out.
KEENNESS = (0.7, -0.1, -0.8, 0.3)
FADING = (0.03, 0.08, 0.55, 0.08)

PERSUADABLE = 42
"""member-000042: weekdays at 8 an iced americano at home (Canal Row), about one day in five; at half price nearly every day."""
ANYWAY = 7
"""member-000007: weekdays at 8 a latte at home (Canal Row), nearly every day, whatever is sent."""


def build_truth(seed: int, n_members: int, anchor: date) -> CafeTruth:
    """The café of `seed`; `anchor` is the day its books close (joining and fading are laid before it)."""
    it = menu()
    kind = np.searchsorted(np.cumsum(SHARES)[:-1], stream(seed, 1).random(n_members), side="right")
    members = draw_members(seed, it, np.array(KEENNESS)[kind], np.array(FADING)[kind], anchor)
    slope, threshold, annoyance = _responses(kind, stream(seed, 10).random((n_members, 3)))
    if n_members > ANYWAY:
        _settle(members, it, ANYWAY, "latte", visit=0.93, share=0.9)
        kind[ANYWAY], slope[ANYWAY], annoyance[ANYWAY] = KINDS.index("would_buy_anyway"), 0.1, 0.0
    if n_members > PERSUADABLE:
        _settle(members, it, PERSUADABLE, "iced-americano", visit=0.22, share=0.92)
        kind[PERSUADABLE], annoyance[PERSUADABLE] = KINDS.index("persuadable"), 0.0
        slope[PERSUADABLE], threshold[PERSUADABLE] = 6.0, 0.42
    norm, worth = _by_store(members, it)
    return CafeTruth(seed, anchor, it, members, kind, slope, threshold, annoyance, norm, worth)


def with_responses(truth: CafeTruth, order: Ints) -> CafeTruth:
    """The same people with each other's responses (int64[n], a permutation): what they do untouched stays the same."""
    return replace(
        truth,
        kind=truth.kind[order],
        slope=truth.slope[order],
        threshold=truth.threshold[order],
        annoyance=truth.annoyance[order],
    )


def _responses(kind: Ints, u: Floats) -> tuple[Floats, Floats, Floats]:
    anyway, persuadable, _, put_off = (kind == k for k in range(len(KINDS)))
    slope = np.select([anyway, persuadable, put_off], [0.3 * u[:, 0], 4.0 + 4.0 * u[:, 0], 0.0], 0.15 * u[:, 0])
    return slope, 0.15 + 0.35 * u[:, 1], np.where(put_off, 0.3 + 0.7 * u[:, 2], 0.0)


def _settle(members: Members, it: Menu, k: int, product: str, visit: float, share: float) -> None:
    """Give row `k`, in place, a known habit: weekdays at 8 at the first store."""
    members.home[k] = 0
    members.stores[k] = (0.98, 0.02, 0.0)
    members.visit[k] = [visit] * 5 + [0.02] * 2
    members.hours[k, 0] = 0.0
    members.hours[k, 0, 7:10] = (0.08, 0.86, 0.06)
    members.hours[k, 1] = it.open[0] / it.open[0].sum()
    members.app[k], members.joined[k], members.fades[k] = 0.9, LONG_AGO, FOREVER
    usual = (np.arange(len(it.product_ids)) == it.product_ids.index(product)).astype(np.float64)
    for part in range(len(PARTS)):
        drinks = np.where(it.is_food, 0.0, members.pick[k, part])
        members.pick[k, part] += share * (usual - drinks)


def _by_store(members: Members, it: Menu) -> tuple[Floats, Floats]:
    """`norm` and `worth_cents` of CafeTruth, float64[n, 4, S, 2]."""
    margin = it.price_cents - it.cost_cents
    norms, worths = [], []
    for kind in (~it.is_food, it.is_food):
        sold = (it.sold & kind).astype(np.float64)
        norms.append(members.pick @ sold.T)
        worths.append(members.pick @ (sold * margin).T / norms[-1])
    worths[1] *= members.attach[:, :, None]
    return np.stack(norms, axis=-1), np.stack(worths, axis=-1)
