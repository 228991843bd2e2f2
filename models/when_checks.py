"""Numbers of a `when` artifact that no fit could have meant."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from models.errors import ArtifactError

_SUM = 1e-9


def check_values(arrays: Mapping[str, np.ndarray]) -> None:
    """ArtifactError for a weight that is not finite, or a density or share that is none. Shapes are checked before."""
    for name, array in arrays.items():
        # An infinite threshold parts what is missing from what is not.
        bad = (
            np.isnan(array) if name.endswith("_threshold") else ~np.isfinite(array) if array.dtype.kind == "f" else None
        )
        if bad is not None and bad.any():
            raise _refusal(name, "holds NaN or infinity")
    for name in ("slot_chain", "slot_store", "topic_hours", "topic_share", "weekday_share"):
        if (arrays[name] < 0).any():
            raise _refusal(name, "holds a number below zero")
    for name in ("slot_chain", "slot_store"):
        if not (arrays[name] > 0).all() or (np.abs(arrays[name].sum(axis=-1) - 1.0) > _SUM).any():
            raise _refusal(name, "a row is no density above zero everywhere that sums to 1")
    if (np.abs(arrays["topic_hours"].sum(axis=(1, 2)) - 1.0) > _SUM).any():
        raise _refusal("topic_hours", "a topic does not sum to 1 over the week")
    if abs(float(arrays["weekday_share"].sum()) - 1.0) > _SUM:
        raise _refusal("weekday_share", "does not sum to 1")


def _refusal(name: str, reason: str) -> ArtifactError:
    return ArtifactError(f"when array {name}: {reason}: train again")
