"""FITTED WHEN → ARTIFACT: a candidate named `when` on the shelf, beside the ranker."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from models.artifact import Artifact, write_artifact
from models.when import NAME
from training.provenance import commit, libraries
from training.when_fit import FittedWhen

SERVICE = "timing_v1"
FEATURES = ("at_s", "day", "hour", "store_ids", "n_visits", "first_day")
"""Of the view `user_visits`."""
_LIBRARIES = ("numpy", "polars", "scipy", "scikit-learn", "feast")


def export_when(shelf: Path, fitted: FittedWhen, trained_through: datetime, seed: int) -> Artifact:
    """Write the candidate; the same fit writes the same bytes. Nothing at or after trained_through (aware) was learned from."""
    manifest = {
        "trained_through": trained_through.isoformat(),
        "feature_service": SERVICE,
        "features": list(FEATURES),
        "parameters": dict(fitted.parameters),
        "seeds": {"training": seed},
        "libraries": libraries(_LIBRARIES),
        "commit": commit(),
        "metrics": {"inner": dict(fitted.metrics)},
    }
    return write_artifact(shelf, NAME, fitted.arrays, manifest)
