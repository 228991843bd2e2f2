"""Which days explore: chance has drawn an arm for them, and a share of the money pays for it before the plan is made.

Days come in an order of chance. The first whose arm the share of the campaign's money cannot pay ends it: nobody after it
explores, whatever they drew, so that who does hardly ever hangs on how dear their own arm is. A store's purse or a shelf that
cannot give what was drawn spares that one day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from offers.candidates import Candidate
from offers.deciding import reserved
from offers.means import Means


@dataclass(frozen=True)
class Tried:
    """Row-aligned with the candidates."""

    arm: Sequence[int | None]
    """What the day tries (0: nothing), None where it goes by the plan."""
    open: Sequence[bool]
    """Whether chance could have had its way: none of those before had used up the money."""
    left: Means
    """For the plan."""
    cost_cents: int
    value_cents: float


def tried(candidates: Sequence[Candidate], means: Means, share: float, rng: np.random.Generator) -> Tried:
    """Days that explore, with at most `share` of the campaign's and of each store's money. Who is held out costs nothing."""
    arm: list[int | None] = [None] * len(candidates)
    is_open = [False] * len(candidates)
    money, purses, units = int(means.cents * share), dict(means.store_cents), dict(means.units)
    worth, before = 0.0, money
    for place in rng.permutation(len(candidates)).tolist() if share else ():
        candidate = candidates[place]
        if candidate.drawn is None or candidate.drawn == 0 or candidate.holdout:
            is_open[place], arm[place] = bool(candidate.tries), candidate.drawn
            continue
        chosen, store = candidate.arms[candidate.drawn], candidate.store_id or ""
        cost, key = reserved(chosen.cost_cents), (store, chosen.product_id or "")
        if cost > money:
            break
        is_open[place] = True
        spent = means.store_cents.get(store, 0) - purses.get(store, 0)
        if units.get(key, 1) < 1 or (store in purses and spent + cost > means.store_cents[store] * share):
            continue
        money -= cost
        if store in purses:
            purses[store] -= cost
        if key in units:
            units[key] -= 1
        arm[place], worth = candidate.drawn, worth + chosen.value_cents
    return Tried(arm, is_open, Means(means.cents - (before - money), purses, units), before - money, worth)
