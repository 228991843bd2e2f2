"""Rankers of two forms that say only what a test is about: some terms of the checkerboard's, or plain weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.ranker import Ranker
from models.term_names import NEAR_TERMS, NEW_TERMS, USUAL_TERMS
from tests.models import checkerboard


def chosen(usual: Sequence[str], new: Sequence[str]) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays and parameters of the checkerboard's forms with these terms alone, in this order."""
    arrays = checkerboard.form_arrays()
    for half, whole, kept in (("usual", USUAL_TERMS, usual), ("new", NEW_TERMS, new)):
        places = [whole.index(name) for name in kept]
        arrays[f"{half}_range"] = arrays[f"{half}_range"][np.array(places, np.int64)]
        corner = np.array([*places, len(whole)], np.int64)
        arrays[f"{half}_matrix"] = arrays[f"{half}_matrix"][np.ix_(corner, corner)]
    for name in NEAR_TERMS:
        if name not in (*usual, *new):
            del arrays[f"{name}_rows"], arrays[f"{name}_values"]
    return arrays, checkerboard.form_parameters(usual_terms=list(usual), new_terms=list(new))


def without(names: Sequence[str]) -> Ranker:
    """The checkerboard's forms less these terms."""
    halves = ([name for name in terms if name not in names] for terms in (USUAL_TERMS, NEW_TERMS))
    return Ranker.from_arrays(*chosen(*halves))


def weighed(usual: Mapping[str, float], new: Mapping[str, float]) -> Ranker:
    """Forms that are plain weighted sums of these terms, whatever their range."""
    arrays, parameters = chosen(list(usual), list(new))
    for half, weights in (("usual", usual), ("new", new)):
        n = len(weights)
        arrays[f"{half}_range"] = np.tile(np.array([-100, 100, 0], np.float32), (n, 1))
        arrays[f"{half}_matrix"] = np.zeros((n + 1, n + 1), np.float32)
        arrays[f"{half}_matrix"][-1, :-1] = arrays[f"{half}_matrix"][:-1, -1] = np.array(list(weights.values())) / 2.0
    return Ranker.from_arrays(arrays, parameters)
