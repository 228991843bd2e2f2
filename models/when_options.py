"""What a `when` artifact must say and hold: its parameters, and the dtype and shape of each array."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.errors import ArtifactError
from models.slot_grounds import CONSTANTS, FIXED
from models.store_features import STORE_NAMES
from models.trees import KINDS
from models.visit_chance import DAY_NAMES, HORIZON
from models.visit_features import VISIT_NAMES
from models.visits import KEPT

NAMES: Mapping[str, Sequence[str | float]] = {
    "visit_features": VISIT_NAMES,
    "day_features": DAY_NAMES,
    "store_features": STORE_NAMES,
    "slot_terms": FIXED,
    "slot_constants": CONSTANTS,
}
"""Parameters that list what the weights stand for, and rest on; this build reckons exactly these."""


def _sizes(name: str) -> dict[str, str | int]:
    """Of the arrays of trees that have no row a node."""
    return {"root": f"{name} trees", "output": f"{name} trees", "base": 1}


ARRAYS: Mapping[str, tuple[str, tuple[str | int, ...]]] = {
    "stores_text": ("|u1", ("bytes of store ids",)),
    "stores_offsets": ("<i8", ("stores + 1",)),
    "week_weights": ("<f8", (len(VISIT_NAMES) + 1,)),
    "day_weights": ("<f8", (HORIZON, len(DAY_NAMES))),
    "weekday_share": ("<f8", (7,)),
    "slot_chain": ("<f8", (7, 24)),
    "slot_store": ("<f8", ("stores", 2, 24)),
    "slot_weights": ("<f8", ("slot terms",)),
    "slot_bias": ("<f8", (24,)),
    "topic_hours": ("<f8", ("topics", 7, 24)),
    "topic_share": ("<f8", ("topics",)),
    "store_weights": ("<f8", (len(STORE_NAMES) + 1,)),
    **{
        f"{name}_{field}": (kind, (_sizes(name).get(field, f"{name} nodes"),))
        for name in ("week", "store")
        for field, kind in KINDS.items()
    },
}
"""Name to dtype and shape; equal words are equal sizes."""


@dataclass(frozen=True)
class Options:
    """`parameters`, checked."""

    topic_sizes: tuple[int, ...]
    """`topic_sizes`: topics in each set, one density of the slot mix for each set."""
    stranger_week: float
    """`stranger_week`: the chance within a week of somebody who never came."""


def options_of(parameters: Mapping[str, Any]) -> Options:
    """Read `parameters`; ArtifactError names the one that is missing or unusable. Training may state more for the record."""
    for name, wanted in NAMES.items():
        if list(_get(parameters, name)) != list(wanted):
            raise _refusal(name, "not what this build reckons")
    if _get(parameters, "visits_kept") != KEPT:
        raise _refusal("visits_kept", f"{parameters['visits_kept']} where this build keeps {KEPT}")
    sizes = _get(parameters, "topic_sizes")
    if not isinstance(sizes, Sequence) or not all(type(size) is int and size > 0 for size in sizes):
        raise _refusal("topic_sizes", "not a list of whole numbers above zero")
    stranger = _get(parameters, "stranger_week")
    if type(stranger) is not float or not 0.0 <= stranger <= 1.0:
        raise _refusal("stranger_week", f"{stranger!r} is not a chance")
    return Options(tuple(sizes), stranger)


def check_shapes(arrays: Mapping[str, np.ndarray], options: Options) -> None:
    """ArtifactError for an array that is missing, not read, or of another dtype or shape."""
    if missing := sorted(ARRAYS.keys() - arrays.keys()):
        raise ArtifactError(f"when array {missing[0]}: missing: train again")
    if unknown := sorted(arrays.keys() - ARRAYS.keys()):
        raise ArtifactError(f"when array {unknown[0]}: not an array this build reads: train again")
    sizes: dict[str | int, int] = {
        "stores": max(arrays["stores_offsets"].size - 1, 0),
        "topics": sum(options.topic_sizes),
        "slot terms": len(FIXED) + len(options.topic_sizes),
    }
    for name, (dtype, shape) in ARRAYS.items():
        array = arrays[name]
        if array.dtype.str != dtype:
            raise ArtifactError(f"when array {name}: dtype {array.dtype.str}, not {dtype}: train again")
        if array.ndim != len(shape):
            raise ArtifactError(f"when array {name}: {array.ndim} dimensions, not {len(shape)}: train again")
        for word, size in zip(shape, array.shape, strict=True):
            expected = word if isinstance(word, int) else sizes.setdefault(word, size)
            if size != expected:
                raise ArtifactError(f"when array {name}: shape {array.shape}: {word} should be {expected}: train again")


def _get(parameters: Mapping[str, Any], name: str) -> Any:
    if name not in parameters:
        raise _refusal(name, "missing")
    return parameters[name]


def _refusal(name: str, reason: str) -> ArtifactError:
    return ArtifactError(f"when parameter {name}: {reason}: train again")
