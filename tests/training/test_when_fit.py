"""When, fitted on people whose rhythm can be seen by eye: what it learns, what it must not see, what it falls back on."""

from datetime import UTC, datetime

import numpy as np
import pytest

from models.when import When
from tests.training.when_days import END, just_begun, people
from training.errors import TrainingError
from training.provenance import commit, libraries
from training.visit_log import VisitLog
from training.when_export import export_when
from training.when_fit import anchors_of, fit_when

LOG = people()
LONG_GONE = np.arange(90) // 3 % 10 == 9
KIND = np.arange(90) % 3


@pytest.fixture(scope="module")
def fitted():
    return fit_when(LOG, END, seed=1)


@pytest.fixture(scope="module")
def when(fitted):
    return fitted.model()


def later(log, end):
    """The log with a flood of visits from `end` on: nothing that was known before it."""
    extra = np.arange(len(log.users))
    after = np.full(len(extra), end)
    return VisitLog(
        [*log.users], [*log.stores, "d"],
        np.concatenate([log.user, extra]), np.concatenate([log.day, after]), np.concatenate([log.hour, after % 24]),
        np.concatenate([log.store, after * 0 + 3]), np.concatenate([log.at_s, after * 86_400]),
    )  # fmt: skip


def test_those_who_come_twice_a_week_come_within_the_week_and_the_lost_do_not(when):
    week = when.within_week(LOG.before(END), END)
    assert week[(KIND == 0) & ~LONG_GONE].min() > 0.9
    assert week[LONG_GONE].max() < 0.1
    assert 0.3 < week[(KIND == 1) & ~LONG_GONE].mean() < 0.7


def test_days_are_the_days_they_come_on(when):
    days = when.visit_chance(LOG.before(END), END, 7)
    weekday = (END + np.arange(7) + 3) % 7
    regular = days[(KIND == 0) & ~LONG_GONE].mean(axis=0)
    assert set(weekday[np.argsort(-regular)[:2]].tolist()) == {0, 3}
    assert regular[weekday == 1] < 0.2
    assert (days[(KIND == 1) & ~LONG_GONE].argmax(axis=1) == np.flatnonzero(weekday == 5)[0]).all()


def test_hours_and_stores_are_theirs(when):
    known = LOG.before(END)
    store = when.store_chance(known, END).likeliest(90)
    assert (store[KIND == 0] == 0).all()
    assert (store[KIND == 1] == 1).all()
    # By turns: whoever was in `a` last goes to `c`.
    turns = (KIND == 2) & ~LONG_GONE
    assert (store[turns] == 2 - known.last(known.store, -1)[turns]).mean() > 0.9
    habits, all_day = when.habits(known, END, store), np.ones((90, 24), bool)
    thursday, saturday = (np.full(90, END + ahead) for ahead in (2, 4))
    assert when.slot_density(habits, thursday, all_day)[KIND == 0, 8:10].sum(axis=1).min() > 0.6
    assert when.slot_density(habits, saturday, all_day)[KIND == 1, 18:20].sum(axis=1).min() > 0.6


def test_nothing_from_the_end_on_is_learned_from(fitted):
    again = fit_when(later(LOG, END), END, seed=1)
    assert again.parameters == fitted.parameters
    for name, array in fitted.arrays.items():
        np.testing.assert_array_equal(again.arrays[name], array)


def test_one_day_less_is_another_fit(fitted):
    other = fit_when(LOG, END - 1, seed=1)
    assert any(not np.array_equal(other.arrays[name], fitted.arrays[name]) for name in ("week_weights", "slot_chain"))


def test_a_chain_just_begun_says_what_it_fell_back_on():
    log = just_begun()
    fitted = fit_when(log, END)
    assert len(fitted.fell_back_on) == 4
    assert fitted.fell_back_on[0].startswith("0 whole weeks, 0 cases: a visit's chance is a Poisson process's")
    assert fitted.parameters["fell_back_on"] == list(fitted.fell_back_on)
    assert fitted.metrics == {}
    when, known = fitted.model(), log.before(END)
    n = len(known)
    rate = (known.n_visits + 0.5) / (END - known.first_day + 7)
    came = known.n_visits > 0
    np.testing.assert_allclose(when.within_week(known, END)[came], 1 - np.exp(-7 * rate[came]))
    assert set(when.within_week(known, END)[~came].tolist()) == {0.1}
    days = when.visit_chance(known, END, 7)
    assert ((days > 0) & (days < 1)).all()
    hours = when.slot_density(when.habits(known, END, np.full(n, -1)), np.full(n, END), np.ones((n, 24), bool))
    assert hours.sum(axis=1) == pytest.approx(np.ones(n))
    chances = when.store_chance(known, END)
    assert np.bincount(chances.owner, chances.chance, n) == pytest.approx(came.astype(float))


def test_a_fit_with_enough_of_everything_falls_back_on_topics_only(fitted):
    assert fitted.fell_back_on == ()
    assert fitted.parameters["topic_sizes"] == [1, 1, 1, 1]
    assert set(fitted.metrics) == {"week_log_loss", "week_counted_log_loss", "store_log_loss"}
    assert fitted.metrics["week_log_loss"] < fitted.metrics["week_counted_log_loss"]


def test_nothing_known_cannot_be_fitted():
    with pytest.raises(TrainingError, match="no visit before day"):
        fit_when(LOG, int(LOG.day.min()))


def test_anchors_are_whole_weeks_back_from_the_end():
    anchors = anchors_of(LOG, END)
    assert anchors[0] == END - 7
    assert set(np.diff(anchors).tolist()) == {-7}
    assert anchors[-1] >= int(LOG.day.min()) + 56
    assert anchors_of(just_begun(), END) == []


def test_the_artifact_is_the_fit(fitted, tmp_path):
    through = datetime(2017, 7, 4, tzinfo=UTC)
    artifact = export_when(tmp_path, fitted, through, 1)
    assert artifact.version == export_when(tmp_path, fitted, through, 1).version
    assert artifact.manifest["feature_service"] == "timing_v1"
    assert artifact.manifest["metrics"]["inner"] == dict(fitted.metrics)
    known = LOG.before(END)
    stored = When.from_artifact(artifact)
    np.testing.assert_array_equal(stored.within_week(known, END), fitted.model().within_week(known, END))
    assert stored.store_ids.ids == ["a", "b", "c"]


def test_the_manifest_can_say_what_made_it():
    assert libraries(["numpy", "no-such-library"]) == {"numpy": np.__version__, "no-such-library": "absent"}
    assert len(commit()) in {7, 40}
