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

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from models import habit
from models.neighbours import Links, sharpened
from models.term_names import USER_TERMS
from models.terms import Ask

REACHING = 64
"""Products owned that reach others, at most, in each neighbour table: those of greatest weight."""
_SHARES = {"lately": habit.FAST_DECAY, "latest": habit.FASTER_DECAY}


@dataclass(frozen=True)
class Signals:
    """What one question says, shared by both forms. n products, k of them owned."""

    ask: Ask
    user: Mapping[str, float]
    """User terms."""
    faded: Mapping[float, np.ndarray]
    """float64[k] by decay: `habit.fading` of the products owned."""
    links: Mapping[str, tuple[np.ndarray, Links]]
    """By neighbour table: places int64[r] in `ask.rows` of the products that reach others, and whom they reach."""
    near: Mapping[str, np.ndarray]
    """float32[n] by neighbour table: how much the products owned reach each product; `sharpened` makes a term of it."""
    wide: Mapping[str, np.ndarray]
    """float32[n] by wide term."""
    _usual: dict[tuple[str, ...], np.ndarray] = field(default_factory=dict, repr=False)

    def usual(self, terms: tuple[str, ...]) -> np.ndarray:
        """float32[k, T]: these terms of the products owned; reckoned once."""
        if terms not in self._usual:
            self._usual[terms] = values(terms, self, self.ask.rows)
        return self._usual[terms]


def signals_of(ask: Ask) -> Signals:
    """Gather once per question."""
    options, tables = ask.parts.options, ask.parts.neighbours
    by_table = {name: _near_decay(name) for name in options.near_terms}
    shares = [decay for name, decay in _SHARES.items() if name in options.usual_terms]
    decays = sorted({*by_table.values(), *shares})
    faded = dict(zip(decays, habit.fading(ask.known, *decays), strict=True))
    strongest = {decay: _strongest(faded[decay]) for decay in by_table.values()}
    reaching = {name: strongest[decay] for name, decay in by_table.items()}
    links = {name: (at, tables[name].links(ask.rows[at], weight)) for name, (at, weight) in reaching.items()}
    near = {name: each.reach() for name, (_, each) in links.items()}
    wide = {name: wide_term(ask, name) for name in options.wide_terms}
    return Signals(ask, user_terms(ask), faded, links, near, wide)


def values(terms: tuple[str, ...], signals: Signals, rows: np.ndarray) -> np.ndarray:
    """float32[len(rows), T]: these terms of these product rows; where a term is of the products owned, rows are `ask.rows`."""
    matrix: np.ndarray = signals.ask.parts.table(terms).take(rows, axis=0)
    user, near, wide = signals.user, signals.near, signals.wide
    for place, name in enumerate(terms):
        if name in user:
            matrix[:, place] = user[name]
        elif name in _OWN:
            matrix[:, place] = _OWN[name](signals)
        elif name in near:
            matrix[:, place] = sharpened(near[name].take(rows))
        elif name in wide:
            matrix[:, place] = wide[name].take(rows)
    return matrix


def user_terms(ask: Ask) -> dict[str, float]:
    """What one user is, for every product alike; all 0 for somebody without a visit."""
    past = ask.history
    if not len(past):
        return dict.fromkeys(USER_TERMS, 0.0)
    newest = int(past.last_at_s.max())
    return {
        "visits": math.log(past.n_visits),
        "basket": math.log(float(past.counts.sum()) / past.n_visits),
        "kinds": math.log(len(past)),
        "last_basket": math.log(max(int(np.count_nonzero(past.last_visit == past.n_visits)), 1)),
        "away": math.log1p(max(_now(ask) - newest, 0) / habit.DAY_S),
    }


_OWN: Mapping[str, Callable[[Signals], np.ndarray]] = {
    "habit": lambda signals: habit.habit(signals.ask.known),
    "lately": lambda signals: _share(signals, habit.FAST_DECAY),
    "latest": lambda signals: _share(signals, habit.FASTER_DECAY),
    "count": lambda signals: habit.count(signals.ask.known),
    "recency": lambda signals: habit.recency(signals.ask.known),
    "ready": lambda signals: habit.ready(signals.ask.known),
    "days": lambda signals: habit.days(signals.ask.known, _now(signals.ask)),
}
"""float32[k] of the products owned, aligned with `ask.rows`."""


def wide_term(ask: Ask, name: str) -> np.ndarray:
    """float32[n]: a factor model's say, or the place's."""
    if name == "als":
        return np.asarray(ask.parts.arrays["als_factors"] @ ask.als_user)
    if name == "cold":
        known = ask.parts.has_tastes
        return (
            np.asarray(ask.cold_user @ ask.parts.cold_columns)
            if known
            else np.zeros(len(ask.parts.products), np.float32)
        )
    return ask.parts.here(ask.store, ask.daypart_number)


def _near_decay(name: str) -> float:
    """Decay per visit of the weight with which a product owned reaches others in a neighbour table."""
    return habit.LAST_DECAY if name == "next" else habit.FAST_DECAY


def _strongest(faded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(places int64[r], weight float32[r]) of the greatest, ties by row."""
    weight = faded.astype(np.float32)
    # A history is short: sorting all of it is faster than finding where the greatest end.
    places = np.argsort(-weight, kind="stable")[:REACHING] if len(weight) > REACHING else np.arange(len(weight))
    return places, weight[places]


def _share(signals: Signals, decay: float) -> np.ndarray:
    return habit.fading_share(signals.faded[decay], decay, signals.ask.known.n_visits)


def _now(ask: Ask) -> int:
    """Seconds since 1970 at which it is asked; without that, the user's last visit."""
    return int(ask.history.last_at_s.max(initial=0)) if ask.at_s is None else ask.at_s
