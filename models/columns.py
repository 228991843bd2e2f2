"""The terms of the two forms, by name: what is known of the user, of the products owned, of any product, and of neighbours.

| term | value | source |
|---|---|---|
| visits, basket, kinds, last_basket | log of: visits, products a visit, distinct products, products of the last visit | history |
| away | log(1 + days since the last visit) | history, now |
| habit, lately, latest, count | shares of visits at decays .98, .90 and .80; visits with it | `habit.py` (Hu et al. 2020) |
| recency, ready, days | visits since; against the mean gap; days since | `habit.py` (Bhagat et al. 2018) |
| popularity, rebuy | log of the chain's share; log of the rebuy rate | `popularity.py`, `habit.py` |
| month, week, taken, taken_last, repeat, faithful, company, final | columns of `goods`, every product's own | `training.goods` |
| together, next, alike | log(1 + 20·reach) from the products owned | `neighbours.py` |
| here | log of how much more it sold in the store and daypart than expected; 0 where it did not | `popularity.lift` |
| als, cold | x_u · y_j | Hu, Koren & Volinsky 2008; LightFM (Kula 2015) |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from models import habit
from models.neighbours import sharpened
from models.ragged import Ragged
from models.signals import SHARES, Signals, now_of


def values(terms: tuple[str, ...], signals: Signals, told: Ragged) -> np.ndarray:
    """float32[m, T], each term's numbers side by side in memory: these terms of these product rows.

    Where a term is of the products owned, told is `signals.block.owned`.
    """
    # One term after the other: what is done to a term is then one pass over contiguous numbers.
    found = np.empty((len(terms), len(told.rows)), dtype=np.float32)
    places, stated = signals.block.parts.stated(terms)
    found[places] = stated.take(told.rows, axis=0).T
    for place, name in enumerate(terms):
        if name in signals.user:
            found[place] = signals.user[name].take(told.of)
        elif name in _OWN:
            found[place] = _OWN[name](signals)
        elif name in signals.near:
            near = signals.near[name]
            sharpened(near.take(told.of * near.shape[1] + told.rows), out=found[place])
        elif name in signals.wide:
            found[place] = signals.wide[name].at(told)
    return found.T


_OWN: Mapping[str, Callable[[Signals], np.ndarray]] = {
    "habit": lambda signals: habit.habit(signals.block),
    "lately": lambda signals: _share(signals, "lately"),
    "latest": lambda signals: _share(signals, "latest"),
    "count": lambda signals: habit.count(signals.block),
    "recency": lambda signals: habit.recency(signals.block),
    "ready": lambda signals: habit.ready(signals.block),
    "days": lambda signals: habit.days(signals.block, _now(signals)),
}
"""float32[K] of the products owned."""


def _share(signals: Signals, name: str) -> np.ndarray:
    decay = SHARES[name]
    return habit.fading_share(signals.faded[decay], decay, signals.block.n_visits)


def _now(signals: Signals) -> np.ndarray:
    block = signals.block
    return np.array([now_of(ask) for ask in block.asks]).take(block.owned.of)
