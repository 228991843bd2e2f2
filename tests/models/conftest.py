"""Fixtures of the models room: the golden artifact and a ranker of the checkerboard world."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.artifact import Artifact, read_artifact
from models.ranker import Ranker
from tests.models import checkerboard

GOLDEN = Path(__file__).parent / "golden" / "ranker" / "859da85e26468f58"


@pytest.fixture
def golden() -> Artifact:
    return read_artifact(GOLDEN)


@pytest.fixture
def ranker() -> Ranker:
    return Ranker.from_arrays(checkerboard.arrays(), checkerboard.parameters())
