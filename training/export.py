"""ARRAYS → ARTIFACT: the manifest says what was learned from what, with what, by which code."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from models.artifact import Artifact, write_artifact
from models.ranker import NAME
from models.response_model import NAME as RESPONSE
from models.response_model import Response, arrays_of
from training.cases import FEATURES, SERVICE
from training.fit import Parts
from training.provenance import commit, libraries
from training.told import told
from training.tuning import Tuned

_LIBRARIES = ("numpy", "polars", "scipy", "implicit", "lightfm-next", "scikit-learn", "optuna", "feast")


def export(shelf: Path, parts: Parts, tuned: Tuned, trained_through: datetime) -> Artifact:
    """Write the candidate. The same run writes the same bytes, hence the same version: no clock is read, no seconds kept."""
    manifest: Mapping[str, Any] = {
        "trained_through": trained_through.isoformat(),
        "feature_service": SERVICE,
        "features": list(FEATURES),
        "parameters": {
            **parts.parameters,
            "blend_how": tuned.blend.how,
            "n_windows": tuned.n_windows,
            "search": list(tuned.trials),
        },
        "seeds": {"training": tuned.recipe.seed},
        "libraries": libraries(_LIBRARIES),
        "commit": commit(),
        "metrics": {"validation": told(tuned.validation)},
    }
    return write_artifact(shelf, NAME, {**parts.arrays, **tuned.blend.arrays}, manifest)


def export_response(shelf: Path, response: Response, metrics: Mapping[str, Any], learned_through: datetime) -> Artifact:
    """Write the `response` candidate: what `training.response_mixture` learned of answers before `learned_through`."""
    arrays, parameters = arrays_of(response)
    manifest: Mapping[str, Any] = {
        "trained_through": learned_through.isoformat(),
        "feature_service": "responses_v1",
        "features": ["product_ids", "hour", "share", "p_buy", "p_come", "fit", "bought", "came"],
        "parameters": parameters,
        "seeds": {},
        "libraries": libraries(["numpy", "polars"]),
        "commit": commit(),
        "metrics": dict(metrics),
    }
    return write_artifact(shelf, RESPONSE, arrays, manifest)
