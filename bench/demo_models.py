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
    from training import promoting, train
    from training.errors import NoCandidate

    trained = train.train(settings, through, progress=report)
    same = f"{trained.version} serves already: the same purchases give the same artifact"
    try:
        done = promoting.promote_all(settings, trained.version, False, "", now)
    except NoCandidate:
        return Learned(trained, (same,))
    not_judged = done["field"] == promoting.NOT_JUDGED and done["incumbent"] == trained.version
    verdicts = [same if not_judged else f"promotion of {trained.version}: {done['reason']}"]
    for name in ("when", "response"):
        if beside := done[name]:
            verdicts.append(f"promotion of {name} {beside.version}: {beside.reason}")
    return Learned(trained, tuple(verdicts))
