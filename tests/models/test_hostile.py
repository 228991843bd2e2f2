"""Files made to be misread: each is refused by the check meant for it, in one line, and nothing in them runs."""

from __future__ import annotations

import pytest

from models.artifact import read_artifact
from models.errors import ArtifactError, refusal
from tests.models.golden.make import make
from tests.models.hostile.make import CASES, build, sign


@pytest.mark.parametrize("case", CASES)
def test_hostile_artifact_is_refused(case, tmp_path):
    folder = build(case, tmp_path)
    with pytest.raises(ArtifactError, match=CASES[case][1]) as caught:
        read_artifact(folder)
    message = str(caught.value)
    assert "\n" not in message
    assert str(folder) in message
    assert not (tmp_path / "owned").exists()


def test_signing_alone_breaks_nothing(tmp_path):
    folder = make(tmp_path).path
    sign(folder)
    assert read_artifact(folder).version == folder.name


def test_a_refusal_names_file_reason_and_remedy(tmp_path):
    assert str(refusal(tmp_path / "x.npy", "torn")) == (
        f"{tmp_path / 'x.npy'}: torn: restore the artifact from a copy, or train and promote again"
    )
