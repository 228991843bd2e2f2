"""The response artifact: the classes' curves, how common they are and the parts of the day; never a row a user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.artifact import Artifact, ArtifactError
from models.response_classes import ResponseClasses
from models.shelf import current, load

NAME = "response"
"""The artifact's name on the shelf."""
_ARRAYS = ("height", "midpoint", "away", "bias", "weight")


@dataclass(frozen=True)
class Response:
    """What is in use. part_of_hour: int64[24], the part of the day of each hour, by which answers are told apart."""

    classes: ResponseClasses
    part_of_hour: np.ndarray
    version: str = ""


def arrays_of(response: Response) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """(arrays, parameters) to write."""
    classes = response.classes
    arrays = {name: np.asarray(getattr(classes, name), dtype=np.float64) for name in _ARRAYS}
    arrays["part_of_hour"] = np.asarray(response.part_of_hour, dtype=np.int64)
    return arrays, {"steepness": classes.steepness, "fit_power": classes.fit_power}


def classes_of(arrays: Mapping[str, np.ndarray], parameters: Mapping[str, Any]) -> ResponseClasses:
    """The classes as written. ArtifactError when something is missing, misaligned or impossible."""
    if missing := sorted(set(_ARRAYS) - set(arrays)):
        raise ArtifactError(f"response: no array {missing[0]}: train and promote again")
    columns = {name: np.asarray(arrays[name]) for name in _ARRAYS}
    shape = columns["weight"].shape
    if len(shape) != 1 or not shape[0] or any(c.shape != shape or c.dtype != np.float64 for c in columns.values()):
        raise ArtifactError("response: its arrays are not float64, one row a class: train and promote again")
    ranges = (columns["height"] >= 0, columns["midpoint"] > 0, columns["away"] >= 0, columns["weight"] >= 0)
    if not all(np.isfinite(c).all() for c in columns.values()) or not all(ok.all() for ok in ranges):
        raise ArtifactError("response: a class is not finite or out of its range: train and promote again")
    if abs(float(columns["weight"].sum()) - 1.0) > 1e-6:
        raise ArtifactError("response: the classes' weights don't sum to 1: train and promote again")
    shapes = [parameters.get(name) for name in ("steepness", "fit_power")]
    if not all(isinstance(value, (int, float)) and np.isfinite(value) and value >= 0 for value in shapes):
        raise ArtifactError("response: steepness and fit_power must be numbers of 0 or more: train and promote again")
    return ResponseClasses(**columns, steepness=float(shapes[0] or 0.0), fit_power=float(shapes[1] or 0.0))


def parts_of(arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """`part_of_hour` as written. ArtifactError when it is missing or impossible."""
    found = np.asarray(arrays.get("part_of_hour", ()))
    if found.shape != (24,) or found.dtype != np.int64 or found.min() < 0 or found.max() > 23:
        raise ArtifactError("response: part_of_hour is not int64[24] of parts from 0: train and promote again")
    return found


def read_response(artifact: Artifact) -> Response:
    """Of an artifact of that name; ArtifactError names its folder."""
    if artifact.name != NAME:
        raise ArtifactError(f"{artifact.path}: a {artifact.name} artifact, not a {NAME}: point at a {NAME}")
    try:
        classes = classes_of(artifact.arrays, artifact.manifest["parameters"])
        return Response(classes, parts_of(artifact.arrays), artifact.version)
    except ArtifactError as error:
        raise ArtifactError(f"{artifact.path}: {error}") from error


def in_use(shelf: Path) -> Response | None:
    """The `response` that was promoted on a shelf, None before the first promotion. ArtifactError when it is damaged."""
    version = current(shelf, NAME)
    return None if version is None else read_response(load(shelf, NAME, version))
