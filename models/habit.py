"""What a history says of the products in it. Each function gives float32[k], one row per row of the history.

The shape follows STACK.md's finding that counting what a person bought, ties by recency, beats factorisation on the
usual: in log space a weighted sum of these terms is a product of powers, whose exponents the blend learns. The decayed
share is the "personalised frequency" of next-basket recommendation (Hu et al. 2020, TIFU-KNN: time-decayed frequency);
the gap terms follow the repeat-purchase models of Bhagat et al. 2018 (rebuy rate of the product times time since).
"""

from __future__ import annotations

import math

import numpy as np

from models.history import DECAY, History

FAST_DECAY = 0.90
"""What a visit's weight is multiplied by at each later visit, in `lately`."""
FASTER_DECAY = 0.80
"""The same in `latest`."""
LAST_DECAY = 0.50
"""The same for what is bought `next`: hardly more than the last visits."""
DAY_S = 86_400.0
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


def fading(history: History, *decays: float) -> np.ndarray:
    """float64[len(decays), n]: Σ decay^age over the visits that had the product, for decays faster than DECAY.

    A history keeps one decayed sum, so the faster one is estimated: the last visit is known exactly, and the count - 1
    earlier ones are taken to be at the age a whose DECAY^a is their mean, (decayed - DECAY^since) / (count - 1).
    """
    since = history.visits_since.astype(np.float64)
    earlier = np.maximum(history.counts.astype(np.float64) - 1.0, 0.0)
    mean = (history.decayed - DECAY**since) / np.maximum(earlier, 1.0)
    mean = np.minimum(np.maximum(mean, 1e-6), 1.0)
    each = np.array(decays)[:, None]
    return np.asarray(each**since + earlier * mean ** (np.log(each) / math.log(DECAY)))


def fading_share(faded: np.ndarray, decay: float, n_visits: int) -> np.ndarray:
    """float32[n]: log(share of the user's visits at this faster decay + 0.01), at most log 1.01; faded as `fading` gives it."""
    share = faded * ((1.0 - decay) / (1.0 - decay ** max(n_visits, 1)))
    return np.log(np.minimum(share, 1.0) + _FLOOR).astype(np.float32)


def lately(history: History) -> np.ndarray:
    """`fading_share` at FAST_DECAY: what was usual once and is no more falls away."""
    return fading_share(fading(history, FAST_DECAY)[0], FAST_DECAY, history.n_visits)


def latest(history: History) -> np.ndarray:
    """`fading_share` at FASTER_DECAY: the last few visits."""
    return fading_share(fading(history, FASTER_DECAY)[0], FASTER_DECAY, history.n_visits)


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


def ready(history: History) -> np.ndarray:
    """log((visits since + 0.5) / mean gap): 0 about when one usual gap has passed, far below right after buying."""
    return np.log((history.visits_since.astype(np.float32) + np.float32(0.5)) / mean_gap(history))


def days(history: History, at_s: int) -> np.ndarray:
    """log(1 + days since the product was last bought) at `at_s`, seconds since 1970."""
    return np.log1p(np.maximum(at_s - history.last_at_s, 0) / DAY_S).astype(np.float32)


def rebuy(rebuy_rate: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """log of the product's rebuy rate: rebuy_rate float32[n] in (0, 1], rows int32[k] of the history's products."""
    return np.log(rebuy_rate[rows].astype(np.float32))
