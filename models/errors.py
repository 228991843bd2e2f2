"""The one exception of this room, and its usual wording."""

from __future__ import annotations

from pathlib import Path


class ArtifactError(Exception):
    """An artifact or a shelf cannot be used. One line: the file, the reason and what to do."""


def refusal(path: Path, reason: str) -> ArtifactError:
    """An ArtifactError about one file of an artifact, with the remedy that fits any damaged artifact."""
    return ArtifactError(f"{path}: {reason}: restore the artifact from a copy, or train and promote again")
