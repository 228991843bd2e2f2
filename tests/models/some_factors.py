"""Factors that are hard to rank: ties, duplicates, silence, lengths far apart, numbers near both ends of float32."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

KINDS = ("whole", "gauss", "fading", "same", "silent", "huge", "denormal", "mixed")


def draw(kind: str, n: int, f: int, rng: np.random.Generator) -> np.ndarray:
    """float32[n,f] of one kind."""
    made = rng.standard_normal((n, f))
    if kind == "whole":
        made = rng.integers(-2, 3, (n, f)).astype(float)
    elif kind == "fading":
        made *= np.exp(-6.0 * rng.random((n, 1)) ** 2)
    elif kind == "same":
        made = made[rng.integers(0, max(n // 5, 1), n)]
    elif kind == "silent":
        made[rng.random(n) < 0.7] = 0.0
    elif kind == "huge":
        made *= 10.0 ** rng.choice([0.0, 15.0, 30.0], (n, 1))
    elif kind == "denormal":
        made *= 10.0 ** rng.choice([-44.0, -38.0, -20.0], (n, 1))
    elif kind == "mixed":  # sums that cancel: float32 alone would order them by its rounding
        made[:, : f // 2] *= 1e4
        made[:, f // 2 :] = np.round(made[:, f // 2 :])
        made[:, : f // 2] = made[:1, : f // 2]
    return made.astype(np.float32)


@st.composite
def asked(draw_from, most=80):
    """(factors float32[n,f], users float32[m,f], k, eligible bool[n] or None)."""
    rng = np.random.default_rng(draw_from(st.integers(0, 2**32 - 1)))
    n, f, m = draw_from(st.integers(0, most)), draw_from(st.integers(1, 9)), draw_from(st.integers(0, 6))
    factors = draw(draw_from(st.sampled_from(KINDS)), n, f, rng)
    users = draw(draw_from(st.sampled_from(KINDS)), m, f, rng)
    share = draw_from(st.sampled_from([None, 0.0, 0.1, 0.9]))
    return factors, users, draw_from(st.integers(0, most + 5)), None if share is None else rng.random(n) < share
