"""The `parameters` of a `ranker` manifest on which the arithmetic depends. Training may state more for the record."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.errors import ArtifactError
from models.history import DECAY
from models.term_names import GOODS_TERMS, NEAR_TERMS, NEW_TERMS, TERMS, USUAL_TERMS, WIDE_TERMS
from models.timing import daypart_of_hour

ALS_WEIGHTS = ("counts", "decayed")
"""Columns of a History that may stand for how much a user likes a product: confidence = alpha · that column."""


@dataclass(frozen=True)
class Options:
    """`parameters`, checked."""

    blend_terms: tuple[str, ...]
    """`blend_terms`: the terms of `blend_weights`, in order, from `TERMS`; empty where two forms blend."""
    usual_terms: tuple[str, ...]
    """`usual_terms`: the terms of `usual_matrix`, from `USUAL_TERMS`; empty where the blend is linear."""
    new_terms: tuple[str, ...]
    goods_terms: tuple[str, ...]
    """`goods_terms`: the columns of `goods`."""
    mean_basket: float
    """`mean_basket`: distinct products a visit, for somebody without a history."""
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

    @property
    def near_terms(self) -> tuple[str, ...]:
        """The neighbour tables that either form reads."""
        return tuple(name for name in NEAR_TERMS if name in self.usual_terms or name in self.new_terms)

    @property
    def wide_terms(self) -> tuple[str, ...]:
        """The wide terms that either form reads."""
        return tuple(name for name in WIDE_TERMS if name in self.usual_terms or name in self.new_terms)


def options_of(parameters: Mapping[str, Any]) -> Options:
    """Read `parameters`; ArtifactError names the one that is missing or unusable."""
    formed = "usual_terms" in parameters
    if (decay := _number(parameters, "history_decay", 0.0)) != DECAY:
        raise _refusal("history_decay", f"{decay} where this build reckons histories with {DECAY}")
    weight = _get(parameters, "als").get("weight", ALS_WEIGHTS[0])
    if weight not in ALS_WEIGHTS:
        raise _refusal("als.weight", f"{weight!r} is not one of {', '.join(ALS_WEIGHTS)}")
    names, hours = _dayparts(_get(parameters, "dayparts"))
    usual, new, goods = _forms(parameters) if formed else ((), (), ())
    return Options(
        () if formed else _names(parameters, "blend_terms", TERMS),
        usual,
        new,
        goods,
        _number(parameters, "mean_basket", 1.0) if formed else 1.0,
        names,
        hours,
        int(_number(parameters, "als.factors", 1.0)),
        _number(parameters, "als.regularization", 0.0, strict=True),
        _number(parameters, "als.alpha", 0.0, strict=True),
        weight,
        _number(parameters, "strengths.popularity", 0.0, strict=True),
        _number(parameters, "strengths.rhythm", 0.0),
    )


def _forms(parameters: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """`usual_terms`, `new_terms` and `goods_terms`."""
    usual, new = _names(parameters, "usual_terms", USUAL_TERMS), _names(parameters, "new_terms", NEW_TERMS)
    if not usual:
        raise _refusal("usual_terms", "names no term")
    goods = _names(parameters, "goods_terms", GOODS_TERMS)
    if missing := [name for name in GOODS_TERMS if name in (*usual, *new) and name not in goods]:
        raise _refusal("goods_terms", f"{missing[0]!r} is read by a form and is not among them")
    return usual, new, goods


def _names(parameters: Mapping[str, Any], key: str, known: tuple[str, ...]) -> tuple[str, ...]:
    terms = _get(parameters, key)
    if not isinstance(terms, list | tuple) or len(set(map(str, terms))) != len(terms):
        raise _refusal(key, "not a list of distinct names")
    if unknown := [term for term in terms if term not in known]:
        raise _refusal(key, f"{unknown[0]!r} is not a term this build knows")
    return tuple(terms)


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
