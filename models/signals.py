"""What questions say, gathered once for both forms: of the user, of the products owned and whom they reach, of every product."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models import habit
from models.block import Block
from models.neighbours import Links
from models.options import Options
from models.ragged import Ragged
from models.term_names import USER_TERMS
from models.terms import Ask
from models.wide import Wide

REACHING = 64
"""Products owned that reach others, at most, in each neighbour table: those of greatest weight."""
SHARES = {"lately": habit.FAST_DECAY, "latest": habit.FASTER_DECAY}
"""Terms that are shares of visits, and the decay of each."""

_QUESTION, _WEIGHT, _PLACE = 55, 24, (1 << 24) - 1
"""Bits of a key to sort by: one of 256 questions, a weight, and a place below 16 millions."""


@dataclass(frozen=True)
class Signals:
    """Of B questions over n products, K of them owned."""

    block: Block
    user: Mapping[str, np.ndarray]
    """float32[B] by user term."""
    faded: Mapping[float, np.ndarray]
    """float64[K] by decay: `habit.fading` of the products owned."""
    links: Mapping[str, tuple[np.ndarray, Links]]
    """By neighbour table: places int64[r] in the columns of the products that reach others, and whom they reach."""
    near: Mapping[str, np.ndarray]
    """float32[B, n] by neighbour table: how much each product is reached; `sharpened` makes a term of it."""
    wide: Mapping[str, Wide]
    """By wide term."""


def signals_of(block: Block) -> Signals:
    """Gather once."""
    options, asks = block.parts.options, block.asks
    by_table = {name: _near_decay(name) for name in options.near_terms}
    shares = [decay for name, decay in SHARES.items() if name in options.usual_terms]
    decays = sorted({*by_table.values(), *shares})
    faded = dict(zip(decays, habit.fading(block, *decays), strict=True))
    reaching = sorted(set(by_table.values()))
    strongest = dict(zip(reaching, _strongest([faded[decay] for decay in reaching], block.owned), strict=True))
    links = {name: _links(block, name, *strongest[decay]) for name, decay in by_table.items()}
    near = {name: each.reach() for name, (_, each) in links.items()}
    wide = {name: Wide(asks, name) for name in options.wide_terms}
    return Signals(block, _users(options, asks), faded, links, near, wide)


def user_term(ask: Ask, name: str) -> float:
    """What one user is, for every product alike; 0 for somebody without a visit."""
    return _USER[name](ask) if len(ask.history) else 0.0


_USER: Mapping[str, Callable[[Ask], float]] = {
    "visits": lambda ask: math.log(ask.history.n_visits),
    "basket": lambda ask: math.log(float(np.add.reduce(ask.history.counts)) / ask.history.n_visits),
    "kinds": lambda ask: math.log(len(ask.history)),
    "last_basket": lambda ask: math.log(max(int(np.count_nonzero(ask.history.last_visit == ask.history.n_visits)), 1)),
    "away": lambda ask: math.log1p(max(now_of(ask) - int(ask.history.last_at_s.max()), 0) / habit.DAY_S),
}


def now_of(ask: Ask) -> int:
    """Seconds since 1970 at which it is asked; without that, the user's last visit."""
    return int(ask.history.last_at_s.max(initial=0)) if ask.at_s is None else ask.at_s


def _users(options: Options, asks: Sequence[Ask]) -> dict[str, np.ndarray]:
    """Only what a form reads."""
    names = [name for name in USER_TERMS if name in options.usual_terms or name in options.new_terms]
    return {name: np.array([user_term(ask, name) for ask in asks], dtype=np.float32) for name in names}


def _near_decay(name: str) -> float:
    """Decay per visit of the weight with which a product owned reaches others in a neighbour table."""
    return habit.LAST_DECAY if name == "next" else habit.FAST_DECAY


def _strongest(faded: Sequence[np.ndarray], owned: Ragged) -> list[tuple[np.ndarray, np.ndarray]]:
    """(places int64[r], weight float32[r]) of the greatest of each question, ties by place; for each float64[K] of `faded`."""
    if not faded:
        return []
    weight, place = np.array(faded, dtype=np.float32), np.arange(len(owned.rows))
    # One sort of whole numbers for all: question, then the bits of the weight, which rise as it does, falling, then the place.
    base = (owned.of << _QUESTION) + place
    keys = base - (weight.view(np.int32).astype(np.int64) << _WEIGHT)
    keys.sort(axis=1)
    first = place < REACHING if len(owned.bounds) == 2 else place - np.array(owned.bounds).take(owned.of) < REACHING
    return [(at, one.take(at)) for at, one in zip(keys[:, first] & _PLACE, weight, strict=True)]


def _links(block: Block, name: str, places: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, Links]:
    return places, block.parts.neighbours[name].links(block.owned.kept(places), weight)
