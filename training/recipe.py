"""Every hyperparameter of a fit, with its default and where that came from. The manifest records them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from models.history import DECAY

DAYPARTS = (("morning", 5, 11), ("midday", 11, 14), ("afternoon", 14, 17), ("evening", 17, 21), ("night", 21, 5))
TERMS = (
    "intercept", "als", "cold", "popularity", "seen", "habit", "lately", "count", "due", "rebuy",
    "als_seen", "cold_seen", "popularity_seen",
)  # fmt: skip


@dataclass(frozen=True)
class Recipe:
    """Chosen on Complete Journey cut at the first of October and of November 2017, except where a line says otherwise."""

    als_factors: int = 64
    als_iterations: int = 10
    als_regularization: float = 1.0
    als_alpha: float = 1.0
    """Confidence of a product = alpha times the visits that had it."""
    cold_factors: int = 16
    """Components of LightFM; its bias is one column more."""
    cold_epochs: int = 4
    cold_pairs: int = 100_000
    """Latest user-product pairs LightFM learns from; a pass over all of Complete Journey takes seconds."""
    popularity_half_life_days: float = 90.0
    popularity_strength: float = 50.0
    """Pseudo-counts of the chain's shares in a store and daypart, at least; a wide range needs more:"""
    popularity_strength_per_product: float = 0.05
    rhythm_strength: float = 5.0
    rebuy_strength: float = 5.0
    """Buyers' worth of the chain's rebuy rate in every product's."""
    response_slope: float = 3.0
    """Log-odds a discount of the whole price would add: an assumption until an experiment measures it."""
    terms: tuple[str, ...] = TERMS
    windows: int = 2
    """Inner windows the blend is fitted on; the last also gives the metrics, with the others' blend."""
    blend_users: int = 1200
    """Most users per window in the blend's design."""
    blend_others: int = 60
    """Products outside the history sampled per user."""
    blend_c: float = 10.0
    """Inverse of the ridge penalty on the standardised terms."""
    history_limit: int | None = 512
    seed: int = 20171201

    def parameters(self) -> dict[str, Any]:
        """`parameters` of a `ranker` manifest: what the serving arithmetic reads, and all the rest for the record."""
        return {
            "dayparts": [list(daypart) for daypart in DAYPARTS],
            "als": {
                "factors": self.als_factors,
                "iterations": self.als_iterations,
                "regularization": self.als_regularization,
                "alpha": self.als_alpha,
                "weight": "counts",
            },
            "cold": {"factors": self.cold_factors, "epochs": self.cold_epochs, "pairs": self.cold_pairs},
            "blend_terms": list(self.terms),
            "blend": {
                "windows": self.windows, "users": self.blend_users, "others": self.blend_others, "c": self.blend_c,
            },
            "strengths": {
                "popularity": self.popularity_strength,
                "rhythm": self.rhythm_strength,
                "rebuy": self.rebuy_strength,
            },
            "popularity_half_life_days": self.popularity_half_life_days,
            "history_decay": DECAY,
            "history_limit": self.history_limit,
        }  # fmt: skip
