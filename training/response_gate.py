"""The gate of `response`: into use if it foretells the newest answers no worse than beliefs do, and than its forerunner.

Its figures stand in its manifest (`training.response_judged`): log loss of the newest answers, held out by time, of its own fit
on the earlier ones, of the grid as it is believed, of the best logistic slope, and of what was in use when it was trained, which
may have learned from some of them. If another is in use by now, both are compared as multiples of the grid's, each on its own
answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models.artifact import Artifact
from models.response_model import NAME
from settings import Settings
from training.gate_beside import TOLERANCE, BesidePromotion, Verdict, promote_beside

LEAST_JUDGED = 100
"""Answers held out: fewer tell nothing of a percent."""


def promote_response(settings: Settings, *, now: datetime) -> BesidePromotion | None:
    """Judge the newest version; see `training.gate_beside.promote_beside`."""
    return promote_beside(settings, NAME, _verdict, now)


def _verdict(candidate: Artifact, serving: Artifact | None) -> Verdict:
    inner = _inner(candidate)
    n = int(inner.get("n_answers", 0))
    if n < LEAST_JUDGED:
        told = f"{n} answers could be held out to judge it by, {LEAST_JUDGED} are needed"
        return False, f"{told}; plans value offers as before", {"n_answers": n}
    mine, others = float(inner["log_loss"]), _others(inner, serving)
    figures = {"n_answers": n, "candidate": mine, **others}
    said = ", ".join(f"{name} {value:.4f}" for name, value in others.items())
    told = f"log loss of {n} answers {mine:.4f}, against {said}"
    worse = [name for name, value in others.items() if mine > value * (1.0 + TOLERANCE)]
    verdict = f"worse than {' and '.join(worse)}" if worse else "worse than none of the others"
    return not worse, f"{verdict} ({told})", figures


def _others(inner: Mapping[str, Any], serving: Artifact | None) -> dict[str, float]:
    """What the candidate has to stand against, by name."""
    found = {"the grid": float(inner["grid_log_loss"]), "the best slope": float(inner["slope_log_loss"])}
    if serving is None:
        return found
    if inner.get("in_use") == serving.version:
        return {**found, "the incumbent": float(inner["in_use_log_loss"])}
    its = _inner(serving)
    if its.get("grid_log_loss"):
        found["the incumbent"] = float(its["log_loss"]) / float(its["grid_log_loss"]) * found["the grid"]
    return found


def _inner(artifact: Artifact) -> Mapping[str, Any]:
    inner: Mapping[str, Any] = artifact.manifest["metrics"].get("inner", {})
    return inner
