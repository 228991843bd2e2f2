"""The café's dice: one generator per concern of a seed, and one column drawn per row of weights."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.str_]
Days = npt.NDArray[np.datetime64]


def stream(seed: int, concern: int) -> np.random.Generator:
    """The generator of one concern of one seed: 1..9 members, 10 their responses, 100 + ordinal a day."""
    return np.random.default_rng([seed, concern])


def draw(weights: Floats, u: Floats) -> Ints:
    """int64[k]: one column of each row of `weights` (float64[k, m] >= 0, some > 0), by its share; u: float64[k] in [0, 1)."""
    cumulative = np.cumsum(weights, axis=1)
    column: Ints = (cumulative <= (u * cumulative[:, -1])[:, None]).sum(axis=1)
    return column
