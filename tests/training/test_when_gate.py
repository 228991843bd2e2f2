"""The gate of `when`: who goes into use, who stays on the shelf, and what is written down."""

import json
from datetime import UTC, datetime

import pytest

from models import shelf
from models.artifact import write_artifact
from settings import Settings
from tests.models import when_world
from training.gate_beside import RECORD
from training.when_gate import promote_when

NOW = datetime(2025, 9, 1, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path)


def put(settings, own, day, counted=0.5):
    metrics = {} if own is None else {"inner": {"week_log_loss": own, "week_counted_log_loss": counted}}
    manifest = when_world.manifest(metrics=metrics, trained_through=f"2025-08-{day:02d}T00:00:00+00:00")
    return write_artifact(settings.shelf, "when", when_world.arrays(), manifest).version


def current(settings):
    return shelf.current(settings.shelf, "when")


def record(settings):
    return [json.loads(line) for line in (settings.shelf / "when" / RECORD).read_text().splitlines()]


@pytest.mark.parametrize(
    ("own", "passes", "reason"),
    [
        (0.45, True, "not worse than counting (log loss of a week's visits 0.9000 of counting's)"),
        (0.505, True, "not worse than counting"),
        (0.506, False, "worse than counting"),
        (None, False, "no week could be held out"),
    ],
)
def test_the_first_has_to_stand_against_counting(settings, own, passes, reason):
    version = put(settings, own, 1)
    done = promote_when(settings, now=NOW)
    assert (done.version, done.incumbent, done.promoted) == (version, None, passes)
    assert done.reason.startswith(reason)
    assert current(settings) == (version if passes else None)
    assert record(settings)[0] == {"act": "promote", "at": NOW.isoformat(), **vars(done)}


@pytest.mark.parametrize(("own", "passes"), [(0.404, True), (0.405, False), (0.3, True)])
def test_the_next_against_what_is_in_use(settings, own, passes):
    first = put(settings, 0.4, 1)
    assert promote_when(settings, now=NOW).promoted
    second = put(settings, own, 2)
    done = promote_when(settings, now=NOW)
    assert (done.version, done.incumbent, done.promoted) == (second, first, passes)
    assert done.figures == pytest.approx({"candidate": own / 0.5, "other": 0.8})
    assert current(settings) == (second if passes else first)
    assert [line["promoted"] for line in record(settings)] == [True, passes]


def test_weeks_that_are_hard_to_tell_are_no_fault(settings):
    put(settings, 0.4, 1, counted=0.5)
    promote_when(settings, now=NOW)
    harder = put(settings, 0.6, 2, counted=0.8)
    assert promote_when(settings, now=NOW).promoted
    assert current(settings) == harder


def test_an_incumbent_without_a_figure_is_no_bar(settings):
    shelf.point(settings.shelf, "when", put(settings, None, 1))
    put(settings, 0.45, 2)
    assert promote_when(settings, now=NOW).promoted


def test_with_nothing_new_nothing_is_done(settings):
    assert promote_when(settings, now=NOW) is None
    put(settings, 0.4, 1)
    promote_when(settings, now=NOW)
    assert promote_when(settings, now=NOW) is None
    assert len(record(settings)) == 1


def test_a_damaged_one_in_use_is_no_bar_and_is_told(settings):
    first = put(settings, 0.1, 1)
    promote_when(settings, now=NOW)
    (settings.shelf / "when" / first / "manifest.json").write_text("{}")
    second = put(settings, 0.45, 2)
    done = promote_when(settings, now=NOW)
    assert (done.version, done.incumbent, done.promoted) == (second, first, True)
    assert "what was in use is damaged and counts as none (" in done.reason
    assert current(settings) == second
