"""A linear blend: the score as a weighted sum of terms. Artifacts from before the two forms (`forms.py`) are of this kind.

score(u, j) = Σ_t blend_weights[t] · term_t(u, j). Terms, by name (the history's are in `habit.py`, 0 off the history):

| term | value | source |
|---|---|---|
| intercept | 1 | |
| als | x_u · y_j, x_u folded in | Hu, Koren & Volinsky 2008 |
| cold | [mean of the history's cold factors, weighed by `decayed`; 1] · cold_j | LightFM (Kula 2015) |
| popularity | log share in the store and daypart, shrunk to the chain | `popularity.py` |
| seen | 1 | |
| habit, count, share | log decayed share; log visits with it; decayed share | `habit.py` |
| recency, due, rebuy | log1p visits since; log1p(visits since / mean gap); log rebuy rate | `habit.py` |
| lately | log of a share that decays faster | `habit.py` |
| als_seen, cold_seen, popularity_seen | the dense terms again, so that they may weigh otherwise for the usual | |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models import habit
from models.block import Block
from models.grounds import Grounds, LinearGrounds
from models.parts import Parts
from models.terms import Ask


@dataclass(frozen=True)
class Linear:
    """The blend of one artifact. weights by term."""

    parts: Parts
    weights: Mapping[str, float]

    @classmethod
    def of(cls, parts: Parts) -> Linear:
        """With the weights that the artifact keeps."""
        return cls(parts, dict(zip(parts.options.blend_terms, parts.arrays["blend_weights"], strict=True)))

    def answered(self, asks: Sequence[Ask]) -> list[tuple[LinearGrounds, int]]:
        """(what the scores and reasons of those asked together share, the question's place there) of each question."""
        if not asks:
            return []
        each = [Grounds(self.parts, ask, history_terms(self.parts, ask)) for ask in asks]
        shared = LinearGrounds(Block.of(asks), each, [self._score(grounds) for grounds in each])
        return [(shared, place) for place in range(len(asks))]

    def _score(self, grounds: Grounds) -> np.ndarray:
        ask = grounds.ask
        score = np.zeros(len(self.parts.products), dtype=np.float32)
        for name, values in dense_terms(self.parts, ask, slice(None)).items():
            score += self.weights[name] * values
        for name, values in grounds.terms.items():
            score[ask.rows] += self.weights[name] * values
        return score


def dense_terms(parts: Parts, ask: Ask, rows: np.ndarray | slice) -> dict[str, np.ndarray]:
    """float32[len(rows)] per dense term in the blend."""
    arrays = parts.arrays
    reckon: dict[str, Callable[[], np.ndarray]] = {
        "als": lambda: arrays["als_factors"][rows] @ ask.als_user,
        "cold": lambda: arrays["cold_factors"][rows] @ ask.cold_user,
        "popularity": lambda: ask.log_popularity[rows],
        "intercept": lambda: np.ones(len(ask.log_popularity[rows]), dtype=np.float32),
    }
    return {name: reckon[name]() for name in parts.options.blend_terms if name in reckon}


def history_terms(parts: Parts, ask: Ask) -> dict[str, np.ndarray]:
    """float32[k] per history term in the blend, aligned with `ask.rows`."""
    arrays, known, rows = parts.arrays, ask.known, ask.rows
    reckon: dict[str, Callable[[], np.ndarray]] = {
        "seen": lambda: np.ones(len(rows), dtype=np.float32),
        "habit": lambda: habit.habit(known),
        "recency": lambda: habit.recency(known),
        "rebuy": lambda: habit.rebuy(arrays["rebuy_rate"], rows),
        "due": lambda: habit.due(known),
        "count": lambda: habit.count(known),
        "share": lambda: habit.decayed_share(known),
        "als_seen": lambda: arrays["als_factors"][rows] @ ask.als_user,
        "popularity_seen": lambda: ask.log_popularity[rows],
        "lately": lambda: habit.lately(known),
        "cold_seen": lambda: arrays["cold_factors"][rows] @ ask.cold_user,
    }
    return {name: reckon[name]() for name in parts.options.blend_terms if name in reckon}
