"""Promotion of what stands beside a ranker: the newest version goes into use if its own gate lets it, and the verdict is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from models import shelf
from models.artifact import Artifact, ArtifactError
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
    is current. Every verdict is recorded in `promotions.jsonl`.

    What is in use but damaged counts as none, and the newest of the others is judged: nobody can plan by it, so it must not stand
    in the way. A damaged candidate is refused; one that was refused is judged again.
    """
    serving, incumbent, damage = _in_use(settings.shelf, name)
    known = [version for version in shelf.versions(settings.shelf, name) if not damage or version != incumbent]
    if not known or known[-1] == incumbent:
        return None
    try:
        verdict = judge(shelf.load(settings.shelf, name, known[-1]), serving)
    except ArtifactError as error:
        verdict = (False, f"it is damaged ({error}); run `daypart train` again", {})
    passes, reason, figures = verdict
    done = BesidePromotion(known[-1], incumbent, passes, reason + damage, figures)
    if done.promoted:
        shelf.point(settings.shelf, name, known[-1])
    entry = {"act": "promote", "at": now.isoformat(), **asdict(done)}
    with (settings.shelf / name / RECORD).open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry, ensure_ascii=False) + "\n")
    return done


def _in_use(folder: Path, name: str) -> tuple[Artifact | None, str | None, str]:
    """What is in use if it is sound, its version as far as it is known, and what is to be told of its damage."""
    version = None
    try:
        version = shelf.current(folder, name)
        return None if version is None else shelf.load(folder, name, version), version, ""
    except ArtifactError as error:
        return None, version, f"; what was in use is damaged and counts as none ({error})"
