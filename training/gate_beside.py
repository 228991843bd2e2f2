"""Promotion of what stands beside a ranker: the newest version goes into use if its own gate lets it, and the verdict is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from models import shelf
from models.artifact import Artifact
from settings import Settings

TOLERANCE = 0.01
"""How much worse, relatively: log losses of chances differ far less than hits do."""
RECORD = "promotions.jsonl"
Verdict = tuple[bool, str, dict[str, float]]
"""(passes, the reason for a person, both sides' figures)."""


@dataclass(frozen=True)
class BesidePromotion:
    """What was decided of the newest version. figures: the candidate's and those it had to stand against."""

    version: str
    incumbent: str | None
    promoted: bool
    reason: str
    figures: Mapping[str, float]


def promote_beside(
    settings: Settings, name: str, judge: Callable[[Artifact, Artifact | None], Verdict], now: datetime
) -> BesidePromotion | None:
    """Judge the newest version of `name` beside what is in use, and make it current if it passes; None when there is none, or it
    is current. Every verdict is recorded in `promotions.jsonl`. ArtifactError for a damaged version.
    """
    incumbent, known = shelf.current(settings.shelf, name), shelf.versions(settings.shelf, name)
    if not known or known[-1] == incumbent:
        return None
    candidate = shelf.load(settings.shelf, name, known[-1])
    serving = None if incumbent is None else shelf.load(settings.shelf, name, incumbent)
    done = BesidePromotion(candidate.version, incumbent, *judge(candidate, serving))
    if done.promoted:
        shelf.point(settings.shelf, name, candidate.version)
    entry = {"act": "promote", "at": now.isoformat(), **asdict(done)}
    with (settings.shelf / name / RECORD).open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry, ensure_ascii=False) + "\n")
    return done
