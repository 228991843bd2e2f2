"""The `parameters` of a `ranker` manifest on which the arithmetic depends. Training may state more for the record."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.errors import ArtifactError
from models.history import DECAY
from models.timing import daypart_of_hour

DENSE_TERMS = ("intercept", "als", "cold", "popularity")
"""Terms that every product has."""
HISTORY_TERMS = (
    "seen", "habit", "recency", "rebuy", "due", "count", "share", "als_seen", "popularity_seen",
    "lately", "cold_seen",
)  # fmt: skip
"""Terms of the products in the user's history; 0 for all others."""
TERMS = DENSE_TERMS + HISTORY_TERMS
ALS_WEIGHTS = ("counts", "decayed")
"""Columns of a History that may stand for how much a user likes a product: confidence = alpha · that column."""


@dataclass(frozen=True)
class Options:
    """`parameters`, checked."""

    blend_terms: tuple[str, ...]
    """`blend_terms`: the terms of `blend_weights`, in order, from `TERMS`."""
    daypart_names: tuple[str, ...]
    daypart_of_hour: np.ndarray
    """int64[24], from `dayparts`."""
    als_factors: int
    als_regularization: float
    als_alpha: float
    als_weight: str
    """`als.weight`, one of `ALS_WEIGHTS`; counts when not stated."""
    popularity_strength: float
    """`strengths.popularity`: pseudo-counts of the chain's shares in every cell."""
    rhythm_strength: float
    """`strengths.rhythm`: pseudo-counts of the prior in `timing.slot_density`."""


def options_of(parameters: Mapping[str, Any]) -> Options:
    """Read `parameters`; ArtifactError names the one that is missing or unusable."""
    terms = _get(parameters, "blend_terms")
    if not isinstance(terms, list | tuple) or len(set(map(str, terms))) != len(terms):
        raise _refusal("blend_terms", "not a list of distinct names")
    if unknown := [term for term in terms if term not in TERMS]:
        raise _refusal("blend_terms", f"{unknown[0]!r} is not a term this build knows")
    if (decay := _number(parameters, "history_decay", 0.0)) != DECAY:
        raise _refusal("history_decay", f"{decay} where this build reckons histories with {DECAY}")
    weight = _get(parameters, "als").get("weight", ALS_WEIGHTS[0])
    if weight not in ALS_WEIGHTS:
        raise _refusal("als.weight", f"{weight!r} is not one of {', '.join(ALS_WEIGHTS)}")
    names, hours = _dayparts(_get(parameters, "dayparts"))
    return Options(
        tuple(terms),
        names,
        hours,
        int(_number(parameters, "als.factors", 1.0)),
        _number(parameters, "als.regularization", 0.0, strict=True),
        _number(parameters, "als.alpha", 0.0, strict=True),
        weight,
        _number(parameters, "strengths.popularity", 0.0, strict=True),
        _number(parameters, "strengths.rhythm", 0.0),
    )


def _dayparts(value: Any) -> tuple[tuple[str, ...], np.ndarray]:
    if not isinstance(value, list | tuple) or not all(isinstance(d, list | tuple) and len(d) == 3 for d in value):
        raise _refusal("dayparts", "not a list of [name, start_hour, end_hour]")
    try:
        return tuple(str(daypart[0]) for daypart in value), daypart_of_hour(value)
    except ValueError as error:
        raise _refusal("dayparts", str(error)) from error


def _number(parameters: Mapping[str, Any], key: str, least: float, *, strict: bool = False) -> float:
    value = _get(parameters, key)
    if type(value) not in (int, float) or not math.isfinite(value) or value < least or (strict and value == least):
        raise _refusal(key, f"{value!r} is not a number {'above' if strict else 'from'} {least:g}")
    return float(value)


def _get(parameters: Mapping[str, Any], key: str) -> Any:
    value: Any = parameters
    for part in key.split("."):
        if not isinstance(value, Mapping) or part not in value:
            raise _refusal(key, "missing")
        value = value[part]
    if key == "als" and not isinstance(value, Mapping):
        raise _refusal(key, "not an object")
    return value


def _refusal(key: str, reason: str) -> ArtifactError:
    return ArtifactError(f"ranker parameter {key}: {reason}: train again")
