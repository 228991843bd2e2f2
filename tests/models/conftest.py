"""Fixtures of the models room: the golden artifacts and a ranker of the checkerboard world."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.artifact import Artifact, read_artifact
from models.ranker import Ranker
from tests.models import checkerboard

GOLDEN = Path(__file__).parent / "golden" / "ranker" / "859da85e26468f58"
GOLDEN_FORMS = GOLDEN.parent / "ab887aeb52dc5cb2"
GOLDEN_WHEN = GOLDEN.parent.parent / "when" / "730e4221013777cf"


@pytest.fixture
def golden() -> Artifact:
    return read_artifact(GOLDEN)


@pytest.fixture
def golden_forms() -> Artifact:
    return read_artifact(GOLDEN_FORMS)


@pytest.fixture
def ranker() -> Ranker:
    return Ranker.from_arrays(checkerboard.arrays(), checkerboard.parameters())


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)
