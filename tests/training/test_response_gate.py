"""The gate of `response`: who goes into use, who stays on the shelf, and what is written down."""

import json
from datetime import UTC, datetime

import numpy as np
import pytest

from models import shelf
from models.artifact import ArtifactError
from models.response_classes import ResponseClasses
from models.response_model import Response, in_use
from settings import Settings
from training.export import export_response
from training.gate_beside import RECORD, TOLERANCE
from training.response_gate import LEAST_JUDGED, promote_response

NOW = datetime(2025, 9, 1, tzinfo=UTC)
GRID = Response(ResponseClasses.grid(4.0, 0.5), np.repeat(np.arange(4), 6))


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path)


def put(settings, day, own=0.8, n=LEAST_JUDGED, **figures):
    inner = {"n_answers": n, "log_loss": own, "grid_log_loss": 0.8, "slope_log_loss": 0.8, **figures}
    metrics = {"inner": inner if n else {}}
    return export_response(settings.shelf, GRID, metrics, datetime(2025, 8, day, tzinfo=UTC)).version


def current(settings):
    return shelf.current(settings.shelf, "response")


@pytest.mark.parametrize(
    ("own", "figures", "passes", "reason"),
    [
        (0.8, {}, True, "worse than none of the others (log loss of 100 answers 0.8000, against the grid 0.8000"),
        (0.8 * (1 + TOLERANCE), {}, True, "worse than none"),
        (0.8 * (1 + TOLERANCE) + 1e-9, {}, False, "worse than the grid and the best slope"),
        (0.8, {"grid_log_loss": 0.79}, False, "worse than the grid ("),
        (0.8, {"slope_log_loss": 0.79}, False, "worse than the best slope ("),
        (0.8, {"n": LEAST_JUDGED - 1}, False, "99 answers could be held out to judge it by, 100 are needed"),
        (0.8, {"n": 0}, False, "0 answers could be held out to judge it by, 100 are needed"),
    ],
)
def test_the_first_has_to_stand_against_beliefs(settings, own, figures, passes, reason):
    version = put(settings, 1, own, **figures)
    done = promote_response(settings, now=NOW)
    assert (done.version, done.incumbent, done.promoted) == (version, None, passes)
    assert done.reason.startswith(reason)
    assert current(settings) == (version if passes else None)
    line = (settings.shelf / "response" / RECORD).read_text()
    assert json.loads(line) == {"act": "promote", "at": NOW.isoformat(), **vars(done)}


@pytest.mark.parametrize(("its", "passes"), [(0.75, True), (0.7 / (1 + TOLERANCE) + 1e-9, True), (0.69, False)])
def test_the_next_against_what_was_in_use_when_it_was_trained(settings, its, passes):
    first = put(settings, 1, 0.4)
    assert promote_response(settings, now=NOW).promoted
    second = put(settings, 2, 0.7, in_use=first, in_use_log_loss=its)
    done = promote_response(settings, now=NOW)
    assert (done.version, done.incumbent, done.promoted) == (second, first, passes)
    assert done.figures["the incumbent"] == its
    assert passes or done.reason.startswith("worse than the incumbent (")
    assert current(settings) == (second if passes else first)
    assert in_use(settings.shelf).version == current(settings)


@pytest.mark.parametrize(("own", "passes"), [(0.36, True), (0.37, False)])
def test_another_in_use_by_now_is_compared_by_multiples_of_the_grid(settings, own, passes):
    """The incumbent has .9 of its grid, on answers that are harder to tell: .36 is .9 of this one's .4."""
    put(settings, 1, 0.9, grid_log_loss=1.0, slope_log_loss=1.0)
    promote_response(settings, now=NOW)
    put(settings, 2, own, grid_log_loss=0.4, slope_log_loss=0.5, in_use="f" * 16, in_use_log_loss=0.1)
    assert promote_response(settings, now=NOW).promoted == passes


def test_an_incumbent_without_a_figure_is_no_bar(settings):
    shelf.point(settings.shelf, "response", put(settings, 1, n=0))
    put(settings, 2)
    assert promote_response(settings, now=NOW).promoted


def test_with_nothing_new_nothing_is_done(settings):
    assert promote_response(settings, now=NOW) is None
    put(settings, 1)
    promote_response(settings, now=NOW)
    assert promote_response(settings, now=NOW) is None
    assert len((settings.shelf / "response" / RECORD).read_text().splitlines()) == 1


def test_a_damaged_one_in_use_is_no_bar_and_is_told(settings):
    first = put(settings, 1, 0.1)
    promote_response(settings, now=NOW)
    (settings.shelf / "response" / first / "weight.npy").write_bytes(b"")
    with pytest.raises(ArtifactError, match=r"weight.npy: .*, or train and promote again$"):
        in_use(settings.shelf)
    assert promote_response(settings, now=NOW) is None, "there is nothing to judge"
    second = put(settings, 2)
    done = promote_response(settings, now=NOW)
    assert (done.version, done.incumbent, done.promoted) == (second, first, True)
    assert "; what was in use is damaged and counts as none (" in done.reason
    assert "weight.npy" in done.reason
    assert "the incumbent" not in done.figures
    assert in_use(settings.shelf).version == second


def test_an_older_sound_one_replaces_a_damaged_one(settings):
    """The same answers make the same version again, which is then older than the one that is damaged."""
    first = put(settings, 1)
    promote_response(settings, now=NOW)
    second = put(settings, 2)
    assert promote_response(settings, now=NOW).version == second
    (settings.shelf / "response" / second / "weight.npy").write_bytes(b"")
    assert (put(settings, 1), promote_response(settings, now=NOW).version) == (first, first)
    assert current(settings) == first


def test_a_damaged_pointer_is_mended_by_promotion(settings):
    version = put(settings, 1)
    promote_response(settings, now=NOW)
    (settings.shelf / "response" / shelf.CURRENT).write_text("a\nb\n")
    done = promote_response(settings, now=NOW)
    assert (done.version, done.incumbent, done.promoted) == (version, None, True)
    assert "CURRENT" in done.reason
    assert current(settings) == version


def test_a_damaged_candidate_is_refused_and_healed_by_training_again(settings):
    first = put(settings, 1)
    promote_response(settings, now=NOW)
    second = put(settings, 2)
    (settings.shelf / "response" / second / "weight.npy").write_bytes(b"")
    done = promote_response(settings, now=NOW)
    assert (done.version, done.promoted, current(settings)) == (second, False, first)
    assert done.reason.startswith("it is damaged (")
    assert done.reason.endswith("; run `daypart train` again")
    with pytest.raises(ArtifactError):
        shelf.load(settings.shelf, "response", second)
    assert put(settings, 2) == second
    assert promote_response(settings, now=NOW).promoted
