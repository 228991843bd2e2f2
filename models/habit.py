"""What a history says of the products in it. Each function gives float32[k], one row per row of the history.

The shape follows STACK.md's finding that counting what a person bought, ties by recency, beats factorisation on the
usual: in log space a weighted sum of these terms is a product of powers, whose exponents the blend learns. The decayed
share is the "personalised frequency" of next-basket recommendation (Hu et al. 2020, TIFU-KNN: time-decayed frequency);
the gap terms follow the repeat-purchase models of Bhagat et al. 2018 (rebuy rate of the product times time since).
"""

from __future__ import annotations

import numpy as np

from models.history import DECAY, History

FAST_DECAY = 0.90
"""What a visit's weight is multiplied by at each later visit, in `lately`."""
_FLOOR = 0.01


def decayed_share(history: History) -> np.ndarray:
    """Share in (0, 1] of the user's visits that had the product, recent visits weighing more.

    decayed / Σ_{v=1..N} DECAY^(N-v) = decayed · (1 - DECAY) / (1 - DECAY^N), with N = n_visits.
    """
    total = (1.0 - DECAY**history.n_visits) / (1.0 - DECAY) if history.n_visits else 1.0
    return np.minimum(history.decayed / np.float32(total), np.float32(1.0))


def habit(history: History) -> np.ndarray:
    """log(decayed share): 0 for what every visit has, falling to log of one old visit in many."""
    return np.log(decayed_share(history))


def lately(history: History) -> np.ndarray:
    """log(share at a faster decay + 0.01), the second decay of two: what was usual once and is no more falls away.

    A history keeps one decayed sum, so the faster one is estimated: the last visit is known exactly, and the count - 1
    earlier ones are taken to be at the age a whose DECAY^a is their mean, (decayed - DECAY^since) / (count - 1).
    """
    since = history.visits_since.astype(np.float64)
    earlier = np.maximum(history.counts.astype(np.float64) - 1.0, 0.0)
    mean = np.clip((history.decayed - DECAY**since) / np.maximum(earlier, 1.0), 1e-6, 1.0)
    fast = FAST_DECAY**since + earlier * mean ** (np.log(FAST_DECAY) / np.log(DECAY))
    share = fast * (1.0 - FAST_DECAY) / (1.0 - FAST_DECAY ** max(history.n_visits, 1))
    return np.log(np.minimum(share, 1.0) + _FLOOR).astype(np.float32)


def count(history: History) -> np.ndarray:
    """log(counts): visits that had the product, without decay."""
    return np.log(history.counts)


def recency(history: History) -> np.ndarray:
    """log(1 + visits since the last one that had the product): 0 right after buying."""
    return np.log1p(history.visits_since.astype(np.float32))


def mean_gap(history: History) -> np.ndarray:
    """Visits from one purchase of the product to the next, N / counts: at least 1."""
    return np.maximum(np.float32(history.n_visits) / history.counts, np.float32(1.0))


def due(history: History) -> np.ndarray:
    """log(1 + visits since / mean gap): log 2 when exactly one usual gap has passed."""
    return np.log1p(history.visits_since.astype(np.float32) / mean_gap(history))


def rebuy(rebuy_rate: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """log of the product's rebuy rate: rebuy_rate float32[n] in (0, 1], rows int32[k] of the history's products."""
    return np.log(rebuy_rate[rows].astype(np.float32))
