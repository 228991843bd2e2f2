"""What every ranker does, whichever its blend."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given

from models.artifact import ArtifactError, write_artifact
from models.form_grounds import FormGrounds
from models.forms import Forms
from models.grounds import LinearGrounds
from models.history import History
from models.linear import Linear
from models.ranker import Ranker
from models.scoring import top_k
from tests.models import checkerboard
from tests.models.asked import AT_S, HOUR, STORE, VISITS, N, lived

RANKERS = {
    "linear": Ranker.from_arrays(checkerboard.arrays(), checkerboard.parameters()),
    "forms": Ranker.from_arrays(checkerboard.form_arrays(), checkerboard.form_parameters()),
}
MADE = {
    "linear": (checkerboard.arrays, checkerboard.parameters),
    "forms": (checkerboard.form_arrays, checkerboard.form_parameters),
}


@pytest.fixture(params=RANKERS)
def kind(request) -> str:
    return request.param


@pytest.fixture
def ranker(kind) -> Ranker:
    return RANKERS[kind]


def test_the_blend_is_of_the_artifacts_kind():
    assert {kind: type(ranker.blend) for kind, ranker in RANKERS.items()} == {"linear": Linear, "forms": Forms}
    past = checkerboard.history(0)
    grounds = {k: type(r.score(past, store_id=None, hour_of_week=None).grounds) for k, r in RANKERS.items()}
    assert grounds == {"linear": LinearGrounds, "forms": FormGrounds}


@given(VISITS, STORE, HOUR, AT_S)
def test_every_score_is_a_finite_number(visits, store, hour, at_s):
    for ranker in RANKERS.values():
        scores = ranker.score(lived(visits), store_id=store, hour_of_week=hour, at_s=at_s)
        assert (scores.score.shape, scores.score.dtype) == ((N,), np.float32)
        assert np.isfinite(scores.score).all()
        assert ((scores.probability(np.arange(N)) > 0) & (scores.probability(np.arange(N)) < 1)).all()


@given(VISITS, STORE, HOUR, AT_S)
def test_the_score_is_the_blends_of_the_question(visits, store, hour, at_s):
    for ranker in RANKERS.values():
        history = lived(visits)
        scores = ranker.score(history, store_id=store, hour_of_week=hour, at_s=at_s)
        ask = ranker.ask(history, store_id=store, hour_of_week=hour, at_s=at_s)
        ((grounds, place),) = ranker.blend.answered([ask])
        np.testing.assert_array_equal(scores.score, grounds.score(place))
        assert place == scores.place == 0
        assert (scores.ask.store, scores.ask.daypart_number, scores.ask.at_s) == (ask.store, ask.daypart_number, at_s)


def test_unknown_products_are_counted(ranker):
    mixed = History.of(["x", "p04", "y", "p01"], [9, 1, 9, 2], [3, 1, 3, 1.9], [3, 2, 1, 3], [30, 20, 10, 30], 3)
    assert ranker.score(mixed, store_id="s0", hour_of_week=8).n_unknown == 2
    assert ranker.score(checkerboard.history(0), store_id="s0", hour_of_week=8).n_unknown == 0


def test_an_unknown_store_counts_as_none_given(ranker):
    history = checkerboard.history(0)
    for hour in (None, 8):
        unknown = ranker.score(history, store_id="nowhere", hour_of_week=hour)
        none = ranker.score(history, store_id=None, hour_of_week=hour)
        np.testing.assert_array_equal(unknown.score, none.score)
        assert not unknown.store_known
    assert ranker.score(history, store_id="s0", hour_of_week=8).store_known


def test_a_cold_user_gets_what_sells_there_and_then(ranker):
    for store, colour in (("s0", 0), ("s1", 1)):
        best = top_k(ranker.score(History.empty(), store_id=store, hour_of_week=8).score, 3)
        assert {row % 2 for row in best.tolist()} == {colour}


@pytest.mark.parametrize("hour", [-1, 168])
def test_an_hour_outside_the_week_is_refused(ranker, hour):
    with pytest.raises(ValueError, match=f"hour_of_week {hour} is not 0 to 167"):
        ranker.score(History.empty(), store_id=None, hour_of_week=hour)


def test_both_ends_of_the_week_are_in_it(ranker):
    for hour in (0, 167):
        assert np.isfinite(ranker.score(checkerboard.history(0), store_id="s0", hour_of_week=hour).score).all()


def test_threads_share_a_ranker(ranker):
    histories = [checkerboard.history(user) for user in range(checkerboard.N_USERS)] * 4
    alone = [ranker.score(history, store_id="s0", hour_of_week=8).score for history in histories]
    with ThreadPoolExecutor(4) as pool:
        shared = list(pool.map(lambda h: ranker.score(h, store_id="s0", hour_of_week=8).score, histories))
    np.testing.assert_array_equal(alone, shared)


def test_the_artifacts_maps_and_memory_give_the_same(tmp_path, kind):
    arrays, parameters = MADE[kind]
    artifact = write_artifact(tmp_path, "ranker", arrays(), checkerboard.manifest(parameters=parameters()))
    mapped = Ranker.from_artifact(artifact)
    history = checkerboard.history(1)
    np.testing.assert_array_equal(
        mapped.score(history, store_id="s1", hour_of_week=40, at_s=10**6).score,
        RANKERS[kind].score(history, store_id="s1", hour_of_week=40, at_s=10**6).score,
    )
    assert mapped.version == artifact.version
    assert mapped.response_slope == 2.5


def test_another_artifact_is_not_a_ranker(tmp_path):
    artifact = write_artifact(tmp_path, "other", checkerboard.arrays(), checkerboard.manifest())
    with pytest.raises(ArtifactError, match="a other artifact, not a ranker"):
        Ranker.from_artifact(artifact)


def test_a_damaged_artifact_is_named(tmp_path):
    arrays = checkerboard.form_arrays()
    arrays["usual_matrix"][0, 1] += 1
    artifact = write_artifact(
        tmp_path, "ranker", arrays, checkerboard.manifest(parameters=checkerboard.form_parameters())
    )
    with pytest.raises(ArtifactError, match=f"{artifact.path}: ranker array usual_matrix: not symmetric: train again"):
        Ranker.from_artifact(artifact)


def test_what_nobody_had_bought_is_unsold(ranker):
    assert np.flatnonzero(ranker.unsold).tolist() == [16]


def test_rhythm_is_the_stores_or_the_chains(kind):
    arrays, parameters = MADE[kind][0](), MADE[kind][1]()
    arrays["rhythm_store"][1] = 0.0
    ranker = Ranker.from_arrays(arrays, parameters)
    np.testing.assert_array_equal(ranker.rhythm("s0"), arrays["rhythm_store"][0])
    for store in ("s1", "nowhere", None):
        np.testing.assert_array_equal(ranker.rhythm(store), arrays["rhythm_prior"])
    density = ranker.slot_density(np.zeros(168), "s0", 2, np.ones(24, bool))
    assert density.argmax() == 8
