"""Makes the golden artifacts: `python -m tests.models.golden.make [folder]`.

One for each kind of artifact, and of blend, that this format has known. Run it for a new format number or kind, never to
please a test.
"""

from __future__ import annotations

import sys
from pathlib import Path

from models.artifact import Artifact, write_artifact
from tests.models import checkerboard, when_world

HERE = Path(__file__).parent


def make(shelf: Path) -> Artifact:
    """The linear blend."""
    return write_artifact(shelf, "ranker", checkerboard.arrays(), checkerboard.manifest())


def make_forms(shelf: Path) -> Artifact:
    """The two forms."""
    manifest = checkerboard.manifest(parameters=checkerboard.form_parameters())
    return write_artifact(shelf, "ranker", checkerboard.form_arrays(), manifest)


def make_when(shelf: Path) -> Artifact:
    """When and where users come next."""
    return write_artifact(shelf, "when", when_world.arrays(), when_world.manifest())


if __name__ == "__main__":
    shelf = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    for made in (make(shelf), make_forms(shelf), make_when(shelf)):
        print(made.path)  # noqa: T201
