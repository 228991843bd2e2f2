"""How a discount moves the chance of a purchase."""

from __future__ import annotations

from typing import Any

import numpy as np


def redeem_probability(p_buy: Any, discount_share: Any, slope: float) -> np.ndarray:
    """float64, broadcast: sigmoid(logit(p) + slope · share), the logit response to price (McFadden 1974).

    p_buy: chance of buying without a discount, in [0, 1]; discount_share: discount / price, in [0, 1]. No discount
    gives p back; 0 and 1 stay what they are; NaN (no score) stays NaN. ValueError outside the ranges.
    """
    p = np.asarray(p_buy, dtype=np.float64)
    share = np.asarray(discount_share, dtype=np.float64)
    if ((p < 0) | (p > 1)).any():
        raise ValueError("p_buy must lie in 0 to 1")
    if not ((share >= 0) & (share <= 1)).all():
        raise ValueError("discount_share must lie in 0 to 1")
    if not np.isfinite(slope):
        raise ValueError(f"slope {slope} is not finite")
    with np.errstate(divide="ignore"):  # the logit of 0 and 1 is infinite, and sigmoid takes it back to 0 and 1
        logit = np.log(p) - np.log1p(-p)
    return sigmoid(logit + slope * share)


def sigmoid(logit: Any) -> np.ndarray:
    """1 / (1 + e^-x) as float64, without overflow; NaN stays NaN."""
    x = np.asarray(logit, dtype=np.float64)
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, small) / (1.0 + small)
