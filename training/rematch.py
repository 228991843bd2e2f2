"""Candidate and incumbent on the same field: which shopping both can fairly be asked about, and how each does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from models.artifact import Artifact
from models.ranker import Ranker
from settings import Settings
from training.cases import Known, taken_by
from training.cuts import first_day
from training.lake import DataError, read_events, read_table
from training.measured import measured
from training.sales import CANCELS, coded, sales
from training.scoreboard import scoreboard

K = 10


@dataclass(frozen=True)
class Rematch:
    """field: `fresh`, `held out` or `manifests` (see `training.gate`); metrics of both at K there, over `n_users` users."""

    field: str
    n_users: int
    candidate: Mapping[str, float]
    incumbent: Mapping[str, float]


def rematch(settings: Settings, candidate: Artifact, incumbent: Artifact, least_users: int) -> Rematch:
    """Compare on the first field that has `least_users`; on `manifests` otherwise. ArtifactError for an unreadable artifact."""
    lines = _lines(settings)
    board = validation(candidate)
    if lines is not None:
        since = max(_through(candidate), _through(incumbent))
        known, targets = _split(lines, since)
        if targets["user_id"].n_unique() >= least_users:
            mine, other = (_measure(settings, artifact, known, targets, since) for artifact in (candidate, incumbent))
            return Rematch("fresh", len(taken_by(targets)), mine, other)
        cut = board.get("cut")
        if cut and _through(incumbent) <= datetime.fromisoformat(cut):
            moment = datetime.fromisoformat(cut)
            known, targets = _split(lines.filter(pl.col.occurred_at < _through(candidate)), moment)
            other = _measure(settings, incumbent, known, targets, moment)
            return Rematch("held out", board["n_users"], board["k"][str(K)], other)
    boards = board, validation(incumbent)
    n_users = min(found.get("n_users", 0) for found in boards)
    mine, other = (_multiples(found) if n_users else {} for found in boards)
    return Rematch("manifests", n_users, mine, other)


def validation(artifact: Artifact) -> Mapping[str, Any]:
    """The scoreboard of the artifact's own validation, empty when it had none."""
    found: Mapping[str, Any] = artifact.manifest["metrics"].get("validation", {})
    return found


def best_baseline(board: Mapping[str, Any]) -> dict[str, float]:
    """The greatest of the baselines' metrics at K, metric by metric."""
    boards = [base["k"][str(K)] for base in board["baselines"].values()]
    return {key: max(found[key] for found in boards) for key in boards[0]}


def _multiples(board: Mapping[str, Any]) -> dict[str, float]:
    best = best_baseline(board)
    return {key: value / best[key] if best[key] else 0.0 for key, value in board["k"][str(K)].items()}


def _lines(settings: Settings) -> pl.DataFrame | None:
    try:
        bought = read_events(settings.lake, types=("purchase", *CANCELS))
        events = measured(settings.lake, settings.consent_default, bought)
        return coded(sales(events, read_table(settings.lake, "stores")))
    except DataError:
        return None  # the shelf may stand where the lake does not


def _split(lines: pl.DataFrame, moment: datetime) -> tuple[Known, pl.DataFrame]:
    early = pl.col.occurred_at < moment
    before = lines.filter(early)
    return Known(before), first_day(before, lines.filter(~early))


def _measure(
    settings: Settings, artifact: Artifact, known: Known, targets: pl.DataFrame, moment: datetime
) -> Mapping[str, float]:
    """At the moment the field begins, as the candidate's own validation was asked."""
    cases = known.cases(list(taken_by(targets)), settings.history_limit, moment)
    board = scoreboard(Ranker.from_artifact(artifact), known, cases, targets, (K,), lambda what, done, total: None)
    metrics: Mapping[str, float] = board["k"][str(K)]
    return metrics


def _through(artifact: Artifact) -> datetime:
    return datetime.fromisoformat(artifact.manifest["trained_through"])
