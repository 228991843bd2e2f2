"""The promotion gate: a candidate serves only if it is not worse than what serves now, or if somebody says why it should.

A verdict compares recall@10 and NDCG@10, each within TOLERANCE (relative). The field is the first of these that applies:
1. `fresh`: the lake holds shopping of LEAST_USERS users after both were trained: both rank it.
2. `held out`: the incumbent was trained before the candidate's validation window: it ranks that window; the candidate's figures
   are those of its own validation, with nothing of the window in it.
3. `manifests`: each one's validation as a multiple of its own best counting baseline, as the windows differ.
Without an incumbent the candidate has to stand against its best counting baseline. Fewer than LEAST_USERS users decide nothing:
then nothing speaks against the candidate.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from models import shelf
from models.artifact import Artifact
from models.ranker import NAME
from settings import Settings
from training.errors import NoCandidate, TrainingError
from training.rematch import best_baseline, rematch, validation

TOLERANCE = 0.02
"""How much worse, relatively, a candidate may be: about what two fits of the same data differ by."""
LEAST_USERS = 20
RECORD = "promotions.jsonl"
_KEYS = ("recall", "ndcg")


@dataclass(frozen=True)
class Promotion:
    """What the gate decided. reason: for a person; field: which comparison; figures: both sides of it, by metric."""

    version: str
    incumbent: str | None
    promoted: bool
    forced: bool
    reason: str
    field: str
    figures: Mapping[str, Any]


@dataclass(frozen=True)
class Shelved:
    """One version on the shelf, oldest first. recall, ndcg: at 10 on its validation window, None without one."""

    version: str
    current: bool
    trained_through: str
    recall: float | None
    ndcg: float | None
    n_users: int


def models(settings: Settings) -> list[Shelved]:
    """Every version on the shelf. ArtifactError when one is damaged."""
    now = shelf.current(settings.shelf, NAME)
    return [_shelved(settings, version, version == now) for version in shelf.versions(settings.shelf, NAME)]


def need_why(force: bool, why: str | None) -> None:
    """TrainingError when `force` comes without `why`."""
    if force and not (why or "").strip():
        raise TrainingError("--force needs --why: say in a few words why a candidate that fails the gate should serve")


def promote(
    settings: Settings, version: str | None = None, *, force: bool = False, why: str | None = None, now: datetime
) -> Promotion:
    """Judge `version` (the newest on the shelf that does not serve, without one) and make it current if it passes.

    `force` promotes whatever the verdict and needs `why`; both are recorded, as every promotion is, in `promotions.jsonl`.
    NoCandidate where there is none, TrainingError when `force` comes without `why`; ArtifactError for a damaged one.
    """
    need_why(force, why)
    incumbent = shelf.current(settings.shelf, NAME)
    candidate = shelf.load(settings.shelf, NAME, version or _newest(settings, incumbent))
    if candidate.version == incumbent:
        raise NoCandidate(f"{candidate.version} serves already; train a new candidate, or name another version")
    passed, reason, field, figures = _verdict(settings, candidate, incumbent)
    promotion = Promotion(candidate.version, incumbent, passed or force, force and not passed, reason, field, figures)
    if promotion.promoted:
        shelf.point(settings.shelf, NAME, candidate.version)
    _record(settings, {"act": "promote", "at": now.isoformat(), "why": why or "", **asdict(promotion)})
    return promotion


def rollback(settings: Settings, *, now: datetime) -> Promotion:
    """Return to the version that served before. TrainingError when there is none."""
    serving, before = shelf.current(settings.shelf, NAME), shelf.previous(settings.shelf, NAME)
    if before is None:
        raise TrainingError("there is no earlier promoted version to return to; `daypart models` lists the shelf")
    shelf.point(settings.shelf, NAME, before)
    back = Promotion(before, serving, True, False, f"returned from {serving}", "rollback", {})
    _record(settings, {"act": "rollback", "at": now.isoformat(), "why": "", **asdict(back)})
    return back


def _newest(settings: Settings, incumbent: str | None) -> str:
    candidates = [version for version in shelf.versions(settings.shelf, NAME) if version != incumbent]
    if not candidates:
        raise NoCandidate("there is no candidate on the shelf; run `daypart train` first")
    return candidates[-1]


def _verdict(settings: Settings, candidate: Artifact, incumbent: str | None) -> tuple[bool, str, str, dict[str, Any]]:
    board = validation(candidate)
    if incumbent is None:
        if board.get("n_users", 0) < LEAST_USERS:
            return True, f"first version, and fewer than {LEAST_USERS} users to compare it on", "baselines", {}
        # Nothing serves yet, so there is nothing to be worse than; that counting alone would do better is told, not hidden.
        compared = _compare("best counting baseline", "baselines", board["k"]["10"], best_baseline(board))
        return True, f"first version; {compared[1]}", compared[2], compared[3]
    found = rematch(settings, candidate, shelf.load(settings.shelf, NAME, incumbent), LEAST_USERS)
    if found.n_users < LEAST_USERS:
        return True, f"fewer than {LEAST_USERS} users to compare it on", found.field, {}
    return _compare(f"incumbent {incumbent}", found.field, found.candidate, found.incumbent)


def _compare(
    name: str, field: str, mine: Mapping[str, float], other: Mapping[str, float]
) -> tuple[bool, str, str, dict[str, Any]]:
    worse = [key for key in _KEYS if mine[key] < other[key] * (1.0 - TOLERANCE)]
    told = ", ".join(f"{key}@10 {mine[key]:.4f} against {other[key]:.4f}" for key in _KEYS)
    verdict = f"worse than the {name} in {' and '.join(worse)}" if worse else f"not worse than the {name}"
    figures = {"candidate": {k: mine[k] for k in _KEYS}, "other": {k: other[k] for k in _KEYS}}
    return not worse, f"{verdict} ({field}: {told})", field, figures


def _shelved(settings: Settings, version: str, is_current: bool) -> Shelved:
    artifact = shelf.load(settings.shelf, NAME, version, verify=False)
    board = validation(artifact)
    at_10 = board["k"]["10"] if board else {}
    return Shelved(
        version,
        is_current,
        artifact.manifest["trained_through"],
        at_10.get("recall"),
        at_10.get("ndcg"),
        board.get("n_users", 0),
    )


def _record(settings: Settings, entry: Mapping[str, Any]) -> None:
    with (settings.shelf / NAME / RECORD).open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry, ensure_ascii=False) + "\n")
