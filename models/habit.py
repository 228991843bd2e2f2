"""What a history says of the products in it. Each function gives float32[k], one row per row of the history, or of several.

The shape follows STACK.md's finding that counting what a person bought, ties by recency, beats factorisation on the
usual: in log space a weighted sum of these terms is a product of powers, whose exponents the blend learns. The decayed
share is the "personalised frequency" of next-basket recommendation (Hu et al. 2020, TIFU-KNN: time-decayed frequency);
the gap terms follow the repeat-purchase models of Bhagat et al. 2018 (rebuy rate of the product times time since).
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np

from models.history import DECAY

FAST_DECAY = 0.90
"""What a visit's weight is multiplied by at each later visit, in `lately`."""
FASTER_DECAY = 0.80
"""The same in `latest`."""
LAST_DECAY = 0.50
"""The same for what is bought `next`: hardly more than the last visits."""
DAY_S = 86_400.0
_FLOOR = 0.01
_LOG_DECAY = math.log(DECAY)


class Past(Protocol):
    """A `History`, or a `Block` of them end to end."""

    @property
    def counts(self) -> np.ndarray:
        """float32[k], as the next; visits that had the product."""

    @property
    def decayed(self) -> np.ndarray:
        """The same, each weighing DECAY ** (visits since)."""

    @property
    def visits_since(self) -> np.ndarray:
        """int[k]: visits after the last that had it."""

    @property
    def last_at_s(self) -> np.ndarray:
        """int64[k]: when it was bought last, seconds since 1970."""

    @property
    def n_visits(self) -> int | np.ndarray:
        """Of the whole history; int64[k] of several."""


def decayed_share(history: Past) -> np.ndarray:
    """Share in (0, 1] of the user's visits that had the product, recent visits weighing more.

    decayed / Σ_{v=1..N} DECAY^(N-v) = decayed · (1 - DECAY) / (1 - DECAY^N), with N = n_visits.
    """
    total = _visits_weighed(DECAY, history.n_visits)
    return np.minimum(history.decayed / np.asarray(total, np.float32), np.float32(1.0))


def _visits_weighed(decay: float, n_visits: int | np.ndarray) -> np.ndarray:
    """float64: Σ decay^(N-v) over visits v = 1 to N."""
    return np.asarray(np.expm1(n_visits * math.log(decay)) / (decay - 1.0))


def habit(history: Past) -> np.ndarray:
    """log(decayed share): 0 for what every visit has, falling to log of one old visit in many."""
    return np.log(decayed_share(history))


def fading(history: Past, *decays: float) -> np.ndarray:
    """float64[len(decays), n]: Σ decay^age over the visits that had the product, for decays faster than DECAY.

    A history keeps one decayed sum, so the faster one is estimated: the last visit is known exactly, and the count - 1
    earlier ones are taken to be at the age a whose DECAY^a is their mean, (decayed - DECAY^since) / (count - 1).
    """
    since = history.visits_since.astype(np.float64)
    earlier = np.maximum(history.counts.astype(np.float64) - 1.0, 0.0)
    # decay^x is e^(x·log decay): a power costs several exponentials.
    mean = (history.decayed - np.exp(_LOG_DECAY * since)) / np.maximum(earlier, 1.0)
    age = np.log(mean.clip(1e-6, 1.0)) / _LOG_DECAY
    logs = np.log(np.array(decays))[:, None]
    return np.asarray(np.exp(logs * since) + earlier * np.exp(logs * age))


def fading_share(faded: np.ndarray, decay: float, n_visits: int | np.ndarray) -> np.ndarray:
    """float32[n]: log(share of the user's visits at this faster decay + 0.01), at most log 1.01; faded as `fading` gives it."""
    share = faded / _visits_weighed(decay, n_visits)
    return np.log(np.minimum(share, 1.0) + _FLOOR).astype(np.float32)


def lately(history: Past) -> np.ndarray:
    """`fading_share` at FAST_DECAY: what was usual once and is no more falls away."""
    return fading_share(fading(history, FAST_DECAY)[0], FAST_DECAY, history.n_visits)


def latest(history: Past) -> np.ndarray:
    """`fading_share` at FASTER_DECAY: the last few visits."""
    return fading_share(fading(history, FASTER_DECAY)[0], FASTER_DECAY, history.n_visits)


def count(history: Past) -> np.ndarray:
    """log(counts): visits that had the product, without decay."""
    return np.log(history.counts)


def recency(history: Past) -> np.ndarray:
    """log(1 + visits since the last one that had the product): 0 right after buying."""
    return np.log1p(history.visits_since.astype(np.float32))


def mean_gap(history: Past) -> np.ndarray:
    """Visits from one purchase of the product to the next, N / counts: at least 1."""
    return np.maximum(np.asarray(history.n_visits, np.float32) / history.counts, np.float32(1.0))


def due(history: Past) -> np.ndarray:
    """log(1 + visits since / mean gap): log 2 when exactly one usual gap has passed."""
    return np.log1p(history.visits_since.astype(np.float32) / mean_gap(history))


def ready(history: Past) -> np.ndarray:
    """log((visits since + 0.5) / mean gap): 0 about when one usual gap has passed, far below right after buying."""
    return np.log((history.visits_since.astype(np.float32) + np.float32(0.5)) / mean_gap(history))


def days(history: Past, at_s: int | np.ndarray) -> np.ndarray:
    """log(1 + days since the product was last bought) at `at_s`, seconds since 1970."""
    return np.log1p(np.maximum(at_s - history.last_at_s, 0) / DAY_S).astype(np.float32)


def rebuy(rebuy_rate: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """log of the product's rebuy rate: rebuy_rate float32[n] in (0, 1], rows int32[k] of the history's products."""
    return np.log(rebuy_rate[rows].astype(np.float32))
