"""The gate: who passes, who is refused and why, what is written down, and the way back."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from models import shelf
from models.artifact import ArtifactError
from settings import Settings
from tests.training import market
from training import gate
from training.cases import Known
from training.catalogue import catalogue_of
from training.errors import TrainingError
from training.export import export
from training.fit import fit_parts
from training.recipe import Recipe
from training.rematch import Rematch
from training.sales import coded, sales
from training.tuning import Tuned

NOW = datetime(2025, 9, 1, tzinfo=UTC)
RECIPE = Recipe(als_factors=4, als_iterations=1)
LINES = coded(sales(market.events(10).lazy()))
PARTS = fit_parts(Known(LINES), catalogue_of(LINES, None, None), RECIPE)
BLEND = market.blend(RECIPE, {}, {})


def board(recall, ndcg, base=0.5, n_users=100):
    def at(r, n):
        return {"k": {"10": {"recall": r, "ndcg": n}}}

    return {**at(recall, ndcg), "baselines": {"a": at(base, 0.1), "b": at(0.1, base)}, "n_users": n_users, "cut": None}


@pytest.fixture
def settings(tmp_path):
    """An empty home: no lake, so the gate has the manifests alone."""
    return Settings(home=tmp_path)


def put(settings, validation, day=1):
    tuned = Tuned(BLEND, RECIPE, (), 1, validation)
    return export(settings.shelf, PARTS, tuned, datetime(2025, 8, day, tzinfo=UTC)).version


def record(settings):
    return [json.loads(line) for line in (settings.shelf / "ranker" / gate.RECORD).read_text().splitlines()]


@pytest.mark.parametrize(
    ("recall", "ndcg", "passes"),
    [(0.6, 0.6, True), (0.491, 0.5, True), (0.489, 0.9, False), (0.9, 0.489, False)],
)
def test_a_first_version_serves_and_says_how_it_stands_against_counting(settings, recall, ndcg, passes):
    version = put(settings, board(recall, ndcg))
    done = gate.promote(settings, now=NOW)
    assert (done.version, done.promoted, done.forced, done.incumbent) == (version, True, False, None)
    assert shelf.current(settings.shelf, "ranker") == version
    assert done.reason.startswith("first version; ")
    assert ("; worse than the best counting baseline in " in done.reason) == (not passes)
    assert f"recall@10 {recall:.4f} against 0.5000" in done.reason


def test_too_few_users_to_compare_on_decide_nothing(settings):
    put(settings, board(0.0, 0.0, n_users=gate.LEAST_USERS - 1))
    assert gate.promote(settings, now=NOW).promoted
    put(settings, {}, day=2)
    done = gate.promote(settings, now=NOW)
    assert done.promoted
    assert "fewer than 20 users" in done.reason


@pytest.mark.parametrize(
    ("n_users", "told"), [(gate.LEAST_USERS - 1, "fewer than 20 users"), (gate.LEAST_USERS, "not worse")]
)
def test_a_first_version_is_compared_on_enough_users(settings, n_users, told):
    put(settings, board(0.6, 0.6, n_users=n_users))
    done = gate.promote(settings, now=NOW)
    assert done.reason.startswith(f"first version{';' if told == 'not worse' else ', and'} {told}")


def test_a_candidate_worse_than_the_incumbent_is_refused_with_the_figures(settings):
    first = put(settings, board(0.8, 0.8))
    gate.promote(settings, now=NOW)
    worse = put(settings, board(0.7, 0.8), day=2)
    done = gate.promote(settings, now=NOW)
    assert (done.promoted, done.forced, done.version, done.incumbent) == (False, False, worse, first)
    assert "worse than the incumbent" in done.reason
    assert "in recall (manifests" in done.reason
    assert shelf.current(settings.shelf, "ranker") == first
    assert record(settings)[-1]["promoted"] is False


def test_manifests_of_other_windows_compare_as_multiples_of_their_baselines(settings):
    put(settings, board(0.8, 0.8))
    gate.promote(settings, now=NOW)
    harder = put(settings, board(0.42, 0.42, base=0.25), day=2)
    done = gate.promote(settings, now=NOW)
    assert done.promoted, "0.42 over 0.25 is more than 0.8 over 0.5"
    assert (done.field, done.version) == ("manifests", harder)


def test_force_needs_a_why_and_leaves_it_on_record(settings):
    put(settings, board(0.8, 0.8))
    gate.promote(settings, now=NOW)
    worse = put(settings, board(0.1, 0.1), day=2)
    for why in (None, "", "  "):
        with pytest.raises(TrainingError, match="--force needs --why"):
            gate.promote(settings, force=True, why=why, now=NOW)
    done = gate.promote(settings, force=True, why="the till's clock was wrong all week", now=NOW)
    assert (done.promoted, done.forced) == (True, True)
    assert shelf.current(settings.shelf, "ranker") == worse
    last = record(settings)[-1]
    assert (last["act"], last["forced"], last["why"]) == ("promote", True, "the till's clock was wrong all week")
    assert last["at"] == NOW.isoformat()
    assert "worse than the incumbent" in last["reason"]


def test_force_on_one_that_passes_anyway_is_not_called_forced(settings):
    put(settings, board(0.9, 0.9))
    assert not gate.promote(settings, force=True, why="sure", now=NOW).forced


def test_the_newest_that_does_not_serve_is_the_candidate_and_a_version_may_be_named(settings):
    one, two = put(settings, board(0.6, 0.6)), put(settings, board(0.6, 0.6), day=2)
    assert gate.promote(settings, now=NOW).version == two
    assert gate.promote(settings, one, now=NOW).version == one
    with pytest.raises(TrainingError, match=f"{one} serves already"):
        gate.promote(settings, one, now=NOW)
    with pytest.raises(ArtifactError, match="no such version"):
        gate.promote(settings, "0" * 16, now=NOW)


def test_an_empty_shelf_says_to_train(settings):
    with pytest.raises(TrainingError, match="run `daypart train` first"):
        gate.promote(settings, now=NOW)
    assert gate.models(settings) == []


def test_rollback_returns_to_the_one_before_and_is_recorded(settings):
    with pytest.raises(TrainingError, match="no earlier promoted version"):
        gate.rollback(settings, now=NOW)
    one = put(settings, board(0.6, 0.6))
    gate.promote(settings, now=NOW)
    two = put(settings, board(0.7, 0.7), day=2)
    gate.promote(settings, now=NOW)
    back = gate.rollback(settings, now=NOW + timedelta(hours=1))
    assert (back.version, back.incumbent) == (one, two)
    assert shelf.current(settings.shelf, "ranker") == one
    assert record(settings)[-1]["act"] == "rollback"


def test_the_listing_says_what_serves(settings):
    one, two = put(settings, board(0.6, 0.61)), put(settings, {}, day=2)
    gate.promote(settings, one, now=NOW)
    assert [(line.version, line.current, line.recall, line.ndcg, line.n_users) for line in gate.models(settings)] == [
        (one, True, 0.6, 0.61, 100),
        (two, False, None, None, 0),
    ]
    assert gate.models(settings)[0].trained_through == "2025-08-01T00:00:00+00:00"


@pytest.mark.parametrize(("mine", "passes"), [(0.4901, True), (0.4899, False)])
def test_both_sides_of_the_tolerance(settings, monkeypatch, mine, passes):
    put(settings, board(0.6, 0.6))
    gate.promote(settings, now=NOW)
    put(settings, board(0.6, 0.6), day=2)
    figures = {"recall": 0.5, "ndcg": 0.5}
    found = Rematch("fresh", gate.LEAST_USERS, {"recall": 0.5, "ndcg": mine}, figures)
    monkeypatch.setattr(gate, "rematch", lambda *args: found)
    assert gate.promote(settings, now=NOW).promoted == passes
    monkeypatch.setattr(gate, "rematch", lambda *args: replace(found, n_users=gate.LEAST_USERS - 1))
    if not passes:
        assert gate.promote(settings, now=NOW).promoted, "too few users decide nothing"
