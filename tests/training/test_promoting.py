"""`daypart promote` as a whole: `response` is judged whatever becomes of the ranker; what `when` waits for."""

from datetime import UTC, datetime

import pytest

from models import shelf
from models.artifact import ArtifactError
from settings import Settings
from tests.training import test_gate, test_response_gate, test_when_gate
from training import gate
from training.errors import NoCandidate, TrainingError
from training.promoting import NOT_JUDGED, promote_all, went_into_use

NOW = datetime(2025, 9, 1, tzinfo=UTC)
GOOD, BAD = test_gate.board(0.6, 0.6), test_gate.board(0.3, 0.3)


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path)


def judge(settings, version=None, force=False, why=""):
    return promote_all(settings, version, force, why, NOW)


def in_use(settings):
    return [shelf.current(settings.shelf, name) for name in ("ranker", "when", "response")]


def test_all_three_are_judged_and_go_into_use(settings):
    put = [test_gate.put(settings, GOOD), test_when_gate.put(settings, 0.4, 1), test_response_gate.put(settings, 1)]
    done = judge(settings)
    assert list(done)[:7] == ["version", "incumbent", "promoted", "forced", "reason", "field", "figures"]
    assert (done["version"], done["when"].version, done["response"].version) == tuple(put)
    assert in_use(settings) == put
    assert went_into_use(done)


@pytest.mark.parametrize("names_it", [False, True])
def test_response_goes_into_use_without_a_new_ranker(settings, names_it):
    ranker = test_gate.put(settings, GOOD)
    judge(settings)
    version = test_response_gate.put(settings, 1)
    done = judge(settings, ranker if names_it else None)
    assert (done["version"], done["incumbent"], done["promoted"]) == (ranker, ranker, False)
    assert (done["field"], done["when"]) == (NOT_JUDGED, None)
    assert ("serves already" if names_it else "there is no candidate on the shelf") in done["reason"]
    assert done["response"].promoted
    assert in_use(settings) == [ranker, None, version]
    assert went_into_use(done)


def test_response_goes_into_use_without_any_ranker(settings):
    version = test_response_gate.put(settings, 1)
    test_when_gate.put(settings, 0.4, 1)
    done = judge(settings)
    assert (done["version"], done["incumbent"], done["when"]) == ("", None, None)
    assert in_use(settings) == [None, None, version]


def test_response_goes_into_use_beside_a_refused_or_damaged_ranker_and_when_waits(settings):
    serving = test_gate.put(settings, GOOD)
    judge(settings)
    refused = test_gate.put(settings, BAD, 2)
    test_when_gate.put(settings, 0.4, 1)
    first = test_response_gate.put(settings, 1)
    done = judge(settings)
    assert (done["version"], done["promoted"], done["when"]) == (refused, False, None)
    assert in_use(settings) == [serving, None, first]
    (settings.shelf / "ranker" / refused / "manifest.json").write_text("{}")
    second = test_response_gate.put(settings, 2)
    for version in (None, refused):
        if version is None:
            done = judge(settings)
            assert "manifest.json" in done["reason"]
            assert (done["when"], in_use(settings)) == (None, [serving, None, second])
        else:
            with pytest.raises(ArtifactError):
                judge(settings, version)


def test_a_when_of_the_ranker_that_serves_is_judged(settings):
    ranker = test_gate.put(settings, GOOD)
    judge(settings)
    version = test_when_gate.put(settings, 0.4, 1)
    done = judge(settings)
    assert (done["when"].promoted, done["response"]) == (True, None)
    assert in_use(settings) == [ranker, version, None]
    refused = test_when_gate.put(settings, 0.9, 2)
    done = judge(settings)
    assert (done["when"].version, done["when"].promoted, went_into_use(done)) == (refused, False, False)


def test_with_nothing_to_judge_the_rankers_reason_is_the_error(settings):
    with pytest.raises(NoCandidate, match="run `daypart train` first"):
        judge(settings)
    ranker = test_gate.put(settings, GOOD)
    judge(settings)
    with pytest.raises(NoCandidate, match=f"{ranker} serves already"):
        judge(settings, ranker)


def test_what_was_asked_wrongly_is_refused_before_anything_is_judged(settings):
    test_gate.put(settings, GOOD)
    test_response_gate.put(settings, 1)
    with pytest.raises(TrainingError, match="--why"):
        judge(settings, force=True, why=" ")
    with pytest.raises(ArtifactError, match="no such version"):
        judge(settings, "0" * 16)
    assert in_use(settings) == [None, None, None]
    assert not (settings.shelf / "response" / gate.RECORD).exists()
