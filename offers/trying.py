"""Which days explore: chance has drawn an arm for them, and a share of the money pays for it before the plan is made.

Who is weighed again within the day tries nothing more; that chance could have had its way with them, their propensity says.

Days come in an order of chance. Trying ends for everybody once the campaign's share could not pay the dearest arm any more, and
for a store's people once its own share could not, or a shelf there has been tried empty: so that who explores never hangs on what
they drew. What was drawn of a shelf that was empty from the start spares that one day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    purses = {"": int(means.cents * share), **{store: int(cents * share) for store, cents in means.store_cents.items()}}
    left, units, closed = dict(purses), dict(means.units), set[str]()
    dearest = _dearest(candidates, purses) if share else {}
    worth = 0.0
    for place in rng.permutation(len(candidates)).tolist() if share else ():
        candidate = candidates[place]
        if candidate.again:
            is_open[place] = bool(candidate.tries)
            continue
        store = candidate.store_id or ""
        if left[""] < dearest[""] or left.get(store, 0) < dearest.get(store, 0) or store in closed:
            continue
        is_open[place] = bool(candidate.tries)
        if candidate.drawn is None or candidate.drawn == 0 or candidate.silent:
            arm[place] = candidate.drawn
            continue
        chosen = candidate.arms[candidate.drawn]
        cost, key = reserved(chosen.cost_cents), (store, chosen.product_id or "")
        if units.get(key, 1) < 1:
            continue
        for purse in {"", store} & left.keys():
            left[purse] -= cost
        if key in units:
            units[key] -= 1
            closed.update({store} if units[key] == 0 else ())
        arm[place], worth = candidate.drawn, worth + chosen.value_cents
    spent = {purse: cents - left[purse] for purse, cents in purses.items()}
    stores = {store: cents - spent[store] for store, cents in means.store_cents.items()}
    return Tried(arm, is_open, Means(means.cents - spent[""], stores, units), spent[""], worth)


def _dearest(candidates: Sequence[Candidate], purses: Mapping[str, int]) -> dict[str, int]:
    """By purse ("" is the campaign's) the cost of the dearest arm that anybody may try."""
    found = dict.fromkeys(purses, 0)
    for candidate in candidates:
        if candidate.tries and not candidate.again:
            cost = max(reserved(arm.cost_cents) for arm in candidate.arms)
            for purse in {"", candidate.store_id or ""} & purses.keys():
                found[purse] = max(found[purse], cost)
    return found
