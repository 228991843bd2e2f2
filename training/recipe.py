"""Every hyperparameter of a fit, with its default and where that came from. The manifest records them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from models.history import DECAY
from models.term_names import GOODS_TERMS

DAYPARTS = (("morning", 5, 11), ("midday", 11, 14), ("afternoon", 14, 17), ("evening", 17, 21), ("night", 21, 5))
USUAL_TERMS = (
    "habit", "lately", "count", "recency", "ready", "days", "popularity", "rebuy", "month", "week", "repeat", "company",
    "final", "next", "alike", "visits", "basket", "here",
)  # fmt: skip
NEW_TERMS = (
    "popularity", "rebuy", "month", "week", "taken", "repeat", "company", "final", "next", "alike", "visits", "basket",
    "here", "cold",
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
    usual_terms: tuple[str, ...] = USUAL_TERMS
    new_terms: tuple[str, ...] = NEW_TERMS
    neighbours: int = 64
    """Neighbours kept per product and table."""
    neighbour_visits: int = 40
    """Latest visits of each user that neighbours are counted from."""
    alike_kinds: int = 64
    """Products of each user, the most bought, that count as bought by the same person."""
    windows: int = 3
    """Inner windows the blend is fitted on; `daypart train` takes one more, kept out of the search, to judge by."""
    blend_rows: int = 1_000_000
    """About how many rows per window the blend learns from; users are drawn until their rows make that many."""
    blend_usual: int = 120
    """Most products of the history that were not taken, sampled per user."""
    blend_others: int = 60
    """Products outside the history sampled per user."""
    blend_c: float = 0.01
    """Inverse of the ridge penalty on the standardised terms and their pairs."""
    blend_new_ease: float = 10.0
    """In the form of the new the terms themselves are held so many times more loosely than their pairs: held as tightly, it found
    less than what sells.
    """
    user_power: float = 1.0
    """A user weighs 1 / (products taken) to this power: 1 is every user alike, as in recall; 0 is every product alike."""
    trials: int = 3
    """Settings of `blend_c` that are tried; the one above stands unless clearly beaten, and below 2."""
    search_users: int = 400
    """Most users per window that a trial is judged by."""
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
            "usual_terms": list(self.usual_terms),
            "new_terms": list(self.new_terms),
            "goods_terms": list(GOODS_TERMS),
            "neighbours": {
                "kept": self.neighbours, "visits": self.neighbour_visits, "alike_kinds": self.alike_kinds,
            },
            "blend": {
                "windows": self.windows, "rows": self.blend_rows, "others": self.blend_others, "c": self.blend_c,
                "new_ease": self.blend_new_ease,
                "user_power": self.user_power, "trials": self.trials,
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
