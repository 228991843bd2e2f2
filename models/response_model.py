"""The response artifact: the classes' curves and how common they are, a handful of numbers and never a row a user."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from models.artifact import Artifact, ArtifactError
from models.response_classes import ResponseClasses

NAME = "response"
"""The artifact's name on the shelf."""
_ARRAYS = ("height", "midpoint", "away", "bias", "weight")


def arrays_of(classes: ResponseClasses) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """(arrays, parameters) to write."""
    arrays = {name: np.asarray(getattr(classes, name), dtype=np.float64) for name in _ARRAYS}
    return arrays, {"steepness": classes.steepness, "fit_power": classes.fit_power}


def classes_of(arrays: Mapping[str, np.ndarray], parameters: Mapping[str, Any]) -> ResponseClasses:
    """The classes as written. ArtifactError when something is missing, misaligned or impossible."""
    if missing := sorted(set(_ARRAYS) - set(arrays)):
        raise ArtifactError(f"response: no array {missing[0]}: export it again")
    columns = {name: np.asarray(arrays[name]) for name in _ARRAYS}
    shape = columns["weight"].shape
    if len(shape) != 1 or not shape[0] or any(c.shape != shape or c.dtype != np.float64 for c in columns.values()):
        raise ArtifactError("response: its arrays are not float64, one row a class: export it again")
    ranges = (columns["height"] >= 0, columns["midpoint"] > 0, columns["away"] >= 0, columns["weight"] >= 0)
    if not all(np.isfinite(c).all() for c in columns.values()) or not all(ok.all() for ok in ranges):
        raise ArtifactError("response: a class is not finite or out of its range: export it again")
    if abs(float(columns["weight"].sum()) - 1.0) > 1e-6:
        raise ArtifactError("response: the classes' weights don't sum to 1: export it again")
    shapes = [parameters.get(name) for name in ("steepness", "fit_power")]
    if not all(isinstance(value, (int, float)) and np.isfinite(value) and value >= 0 for value in shapes):
        raise ArtifactError("response: steepness and fit_power must be numbers of 0 or more: export it again")
    return ResponseClasses(**columns, steepness=float(shapes[0] or 0.0), fit_power=float(shapes[1] or 0.0))


def read_response(artifact: Artifact) -> ResponseClasses:
    """Of an artifact of that name; ArtifactError names its folder."""
    if artifact.name != NAME:
        raise ArtifactError(f"{artifact.path}: a {artifact.name} artifact, not a {NAME}: point at a {NAME}")
    try:
        return classes_of(artifact.arrays, artifact.manifest["parameters"])
    except ArtifactError as error:
        raise ArtifactError(f"{artifact.path}: {error}") from error
