"""What the demo and the café's loop do to learn: one training, then every gate, as `daypart train` and `daypart promote` do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from console import Report
from settings import Settings

if TYPE_CHECKING:
    from training.train import TrainReport


@dataclass(frozen=True)
class Learned:
    """A training and what the gates said of its candidates, a sentence each."""

    trained: TrainReport
    verdicts: tuple[str, ...]


def learn(settings: Settings, through: datetime | None, now: datetime, report: Report) -> Learned:
    """Train on what was known before `through` (None: all) and promote what passes. Raises what those rooms raise."""
    from training import gate, response_gate, train, when_gate

    trained = train.train(settings, through, progress=report)
    if any(known.version == trained.version and known.current for known in gate.models(settings)):
        verdicts = [f"{trained.version} serves already: the same purchases give the same artifact"]
    else:
        promoted = gate.promote(settings, trained.version, force=False, why="", now=now)
        verdicts = [f"promotion of {trained.version}: {promoted.reason}"]
        if promoted.promoted and (timed := when_gate.promote_when(settings, now=now)):
            verdicts.append(f"promotion of when {timed.version}: {timed.reason}")
    if answered := response_gate.promote_response(settings, now=now):
        verdicts.append(f"promotion of response {answered.version}: {answered.reason}")
    return Learned(trained, tuple(verdicts))
