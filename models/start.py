"""The score of somebody without a known history."""

from __future__ import annotations

import numpy as np

from models.terms import Ask

_SURE = 0.99


def start(ask: Ask) -> np.ndarray:
    """float32[n]: the score of somebody without a known history: what sells there and then, as a logit.

    A visit takes `mean_basket` products, each by its share of the store and daypart, shrunk to the chain's.
    """
    expected = ask.parts.options.mean_basket * np.exp(ask.log_popularity.astype(np.float64))
    chance = np.minimum(expected, _SURE)
    return np.asarray(np.log(chance) - np.log1p(-chance), dtype=np.float32)
