"""What the reasons of one user's products share, reckoned once before `reasons.py` puts them into words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models import habit
from models.options import TERMS
from models.parts import Parts
from models.terms import Ask

_TIMED = ("recency", "due")
_SPLIT = ("als_seen", "cold_seen", "popularity_seen")


@dataclass(frozen=True)
class Grounds:
    """What the reasons of one user share, reckoned once: arrays are aligned with `ask.rows`."""

    parts: Parts
    ask: Ask
    inverse: np.ndarray
    """float64[f,f]: of the fold-in's matrix A."""
    usual: np.ndarray
    """float64[k]: the history terms, timing at its mean."""
    timed: np.ndarray
    """float64[k]: timing less its mean."""
    gap: np.ndarray
    """float32[k]: visits from one purchase to the next."""
    weights: Mapping[str, float]
    """Blend weights for a product off the history; 0 for terms that are not in the blend."""
    seen_weights: Mapping[str, float]
    """The same for one in the history: what weighs otherwise for the usual is added to its sibling."""


def grounds_of(parts: Parts, ask: Ask, terms: Mapping[str, np.ndarray]) -> Grounds:
    """Prepare. terms: float32[k] per history term, as `terms.history_terms` gives them."""
    weights = dict.fromkeys(TERMS, 0.0)
    weights |= zip(parts.options.blend_terms, parts.arrays["blend_weights"].tolist(), strict=True)
    seen = weights | {
        name.removesuffix("_seen"): weights[name.removesuffix("_seen")] + weights[name] for name in _SPLIT
    }
    usual, timed = np.zeros(len(ask.rows)), np.zeros(len(ask.rows))
    for name, values in terms.items():
        if name in _TIMED:
            timed += weights[name] * values
        elif name not in _SPLIT:
            usual += weights[name] * values
    mean = timed.mean() if len(timed) else 0.0
    usual += mean - weights["popularity_seen"] * math.log(len(parts.products))
    usual += weights["cold_seen"] * parts.arrays["cold_factors"][ask.rows, -1]
    return Grounds(parts, ask, np.linalg.inv(ask.normal), usual, timed - mean, habit.mean_gap(ask.known), weights, seen)
