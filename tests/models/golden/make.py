"""Makes the golden artifact: `python -m tests.models.golden.make [folder]`.

Run it for a new format number, never to please a test.
"""

from __future__ import annotations

import sys
from pathlib import Path

from models.artifact import Artifact, write_artifact
from tests.models import checkerboard

HERE = Path(__file__).parent


def make(shelf: Path) -> Artifact:
    return write_artifact(shelf, "ranker", checkerboard.arrays(), checkerboard.manifest())


if __name__ == "__main__":
    print(make(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE).path)  # noqa: T201
