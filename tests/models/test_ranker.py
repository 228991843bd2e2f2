from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import habit
from models.artifact import ArtifactError, write_artifact
from models.foldin import fold_in
from models.history import History, add_visit
from models.options import DENSE_TERMS, HISTORY_TERMS, TERMS
from models.popularity import log_popularity
from models.ranker import Ranker
from models.scoring import top_k
from models.terms import cold_user
from tests.models import checkerboard

# The golden artifact's blend, and the terms that came after it.
BLEND = {**checkerboard.WEIGHTS, "lately": 0.375, "cold_seen": -0.25}
WEIGHTS = np.array(list(BLEND.values()), np.float32)
RANKER = Ranker.from_arrays(
    {**checkerboard.arrays(), "blend_weights": WEIGHTS}, checkerboard.parameters(blend_terms=list(BLEND))
)
GOLDEN = Ranker.from_arrays(checkerboard.arrays(), checkerboard.parameters())
VISITS = st.lists(
    st.lists(st.sampled_from([*checkerboard.products(), checkerboard.NEW, "x1", "x2"]), max_size=4), max_size=12
)
STORE = st.sampled_from([None, "s0", "s1", "nowhere"])
HOUR = st.none() | st.integers(0, 167)


def lived(visits) -> History:
    history = History.empty()
    for at_s, products in enumerate(visits):
        history = add_visit(history, products, at_s)
    return history


@given(VISITS, STORE, HOUR)
def test_score_equals_term_matrix_times_weights(visits, store, hour):
    history = lived(visits)
    scores = RANKER.score(history, store_id=store, hour_of_week=hour)
    matrix = RANKER.term_matrix(history, store, hour, np.arange(len(RANKER.product_ids)))
    assert matrix.dtype == scores.score.dtype == np.float32
    np.testing.assert_allclose(scores.score, matrix @ WEIGHTS, atol=2e-5)
    assert np.isfinite(scores.score).all()


@given(VISITS, STORE, HOUR, st.lists(st.integers(0, 16), max_size=8))
def test_the_matrix_of_some_rows_is_those_rows_of_the_whole(visits, store, hour, rows):
    history = lived(visits)
    whole = RANKER.term_matrix(history, store, hour, np.arange(17))
    some = RANKER.term_matrix(history, store, hour, np.array(rows, dtype=np.int64))
    np.testing.assert_allclose(some, whole[rows], atol=1e-6)


@settings(max_examples=50)
@given(VISITS, STORE, HOUR, st.sets(st.sampled_from(TERMS), min_size=1))
def test_any_choice_and_order_of_terms_is_the_same_arithmetic(visits, store, hour, chosen):
    terms = sorted(chosen)
    arrays = {**checkerboard.arrays(), "blend_weights": np.ones(len(terms), np.float32)}
    ranker = Ranker.from_arrays(arrays, checkerboard.parameters(blend_terms=terms))
    history, rows = lived(visits), np.arange(17)
    whole = RANKER.term_matrix(history, store, hour, rows)[:, [RANKER.terms.index(term) for term in terms]]
    np.testing.assert_allclose(ranker.term_matrix(history, store, hour, rows), whole, atol=1e-6)
    scores = ranker.score(history, store_id=store, hour_of_week=hour)
    np.testing.assert_allclose(scores.score, whole.sum(axis=1), atol=5e-5)
    assert set(scores.terms) == set(terms)


def test_each_column_is_the_term_its_docstring_says():
    arrays, history, rows = checkerboard.arrays(), checkerboard.history(3), np.arange(17)
    columns = dict(zip(RANKER.terms, RANKER.term_matrix(history, "s1", 20, rows).T, strict=True))
    own = np.array([RANKER.product_ids.row[name] for name in history.product_ids])
    alpha_counts = 2.0 * history.counts
    x = fold_in(arrays["als_factors"], arrays["als_gram"], own, alpha_counts, 0.5)
    local = log_popularity(arrays["popularity_global"], RANKER._parts.local.cell(1, 2), 8.0)
    dense = {
        "intercept": np.ones(17),
        "als": arrays["als_factors"] @ x,
        "cold": arrays["cold_factors"] @ cold_user(arrays["cold_factors"], own, history.decayed),
        "popularity": local,
    }
    sparse = {
        "seen": np.ones(len(own)), "habit": habit.habit(history), "recency": habit.recency(history),
        "rebuy": np.log(arrays["rebuy_rate"][own]), "due": habit.due(history), "count": habit.count(history),
        "share": habit.decayed_share(history), "als_seen": dense["als"][own], "popularity_seen": local[own],
        "lately": habit.lately(history), "cold_seen": dense["cold"][own],
    }  # fmt: skip
    assert set(dense) == set(DENSE_TERMS)
    assert set(sparse) == set(HISTORY_TERMS)
    for name, wanted in dense.items():
        np.testing.assert_allclose(columns[name], wanted, atol=1e-6, err_msg=name)
    for name, wanted in sparse.items():
        np.testing.assert_allclose(columns[name][own], wanted, atol=1e-6, err_msg=name)
        assert not columns[name][np.setdiff1d(rows, own)].any(), f"{name} is zero off the history"


def test_the_cold_user_is_the_decayed_mean_and_a_one_for_the_bias():
    factors = np.array([[1, 0, 5], [0, 1, 7], [1, 1, 9]], np.float32)
    user = cold_user(factors, np.array([0, 1], np.int32), np.array([3, 1], np.float32))
    assert user.tolist() == [0.75, 0.25, 1.0]
    assert cold_user(factors, np.empty(0, np.int32), np.empty(0, np.float32)).tolist() == [0, 0, 1]


def test_als_weight_decayed_folds_in_with_decayed():
    parameters = checkerboard.parameters()
    parameters["als"]["weight"] = "decayed"
    ranker, arrays, history = (
        Ranker.from_arrays(checkerboard.arrays(), parameters),
        checkerboard.arrays(),
        lived([["p00"], ["p00", "p03"], ["p06"]]),
    )
    own = np.array([0, 3, 6])
    x = fold_in(arrays["als_factors"], arrays["als_gram"], own, 2.0 * history.decayed, 0.5)
    ask = ranker.score(history, store_id=None, hour_of_week=None).ask
    np.testing.assert_allclose(ask.als_user, x, atol=1e-6)
    other = RANKER.score(history, store_id=None, hour_of_week=None).ask
    assert np.abs(other.als_user - ask.als_user).max() > 1e-3


@pytest.mark.parametrize("user", range(checkerboard.N_USERS))
def test_checkerboard_finds_what_the_user_likes_and_has_not_bought(user):
    parameters = checkerboard.parameters(blend_terms=["als", "seen"])
    arrays = {**checkerboard.arrays(), "blend_weights": np.array([1.0, -10.0], np.float32)}
    ranker = Ranker.from_arrays(arrays, parameters)
    best = top_k(ranker.score(checkerboard.history(user), store_id=None, hour_of_week=None).score, 2)
    assert sorted(ranker.product_ids.ids[row] for row in best) == checkerboard.hidden(user)


def test_unknown_products_count_for_nothing_and_are_counted():
    known = History.of(["p01", "p04"], [2, 1], [1.9, 1], [3, 2], [30, 20], 3)
    mixed = History.of(["x", "p04", "y", "p01"], [9, 1, 9, 2], [3, 1, 3, 1.9], [3, 2, 1, 3], [30, 20, 10, 30], 3)
    one = RANKER.score(known, store_id="s0", hour_of_week=8)
    other = RANKER.score(mixed, store_id="s0", hour_of_week=8)
    np.testing.assert_allclose(one.score, other.score, atol=1e-6)
    assert (one.n_unknown, other.n_unknown) == (0, 2)


def test_the_order_of_the_history_makes_no_difference():
    one = History.of(["p01", "p04"], [2, 1], [1.9, 1], [3, 2], [30, 20], 3)
    other = History.of(["p04", "p01"], [1, 2], [1, 1.9], [2, 3], [20, 30], 3)
    for row in (1, 4, 7):
        np.testing.assert_allclose(
            *(RANKER.score(history, store_id=None, hour_of_week=3).score[row] for history in (one, other)), atol=1e-6
        )


def test_an_unknown_store_counts_as_none_given():
    history = checkerboard.history(0)
    for hour in (None, 8):
        unknown = RANKER.score(history, store_id="nowhere", hour_of_week=hour)
        none = RANKER.score(history, store_id=None, hour_of_week=hour)
        np.testing.assert_array_equal(unknown.score, none.score)
        assert not unknown.store_known
    assert RANKER.score(history, store_id="s0", hour_of_week=8).store_known


def test_a_cold_user_gets_what_sells_there_and_then():
    for store, colour in (("s0", 0), ("s1", 1)):
        best = top_k(RANKER.score(History.empty(), store_id=store, hour_of_week=8).score, 3)
        assert {row % 2 for row in best.tolist()} == {colour}


def test_a_latte_bought_a_second_ago_changes_the_answer():
    history = checkerboard.history(0)
    before = GOLDEN.score(history, store_id=None, hour_of_week=None).score
    after = GOLDEN.score(add_visit(history, ["p03"], 10**6), store_id=None, hour_of_week=None).score
    likes_odd = np.arange(1, 16, 2)
    assert (after[likes_odd] > before[likes_odd]).all()


@pytest.mark.parametrize("hour", [-1, 168])
def test_an_hour_outside_the_week_is_refused(hour):
    with pytest.raises(ValueError, match=f"hour_of_week {hour} is not 0 to 167"):
        RANKER.score(History.empty(), store_id=None, hour_of_week=hour)


def test_both_ends_of_the_week_are_in_it():
    for hour in (0, 167):
        assert np.isfinite(RANKER.score(History.empty(), store_id="s0", hour_of_week=hour).score).all()


def test_probability_is_the_sigmoid_of_the_score():
    scores = RANKER.score(checkerboard.history(0), store_id="s0", hour_of_week=8)
    wanted = 1 / (1 + np.exp(-scores.score[[3, 0]].astype(np.float64)))
    np.testing.assert_allclose(scores.probability([3, 0]), wanted, rtol=1e-9)
    assert scores.probability([]).shape == (0,)
    assert scores.probability([1]).dtype == np.float64


def test_threads_share_a_ranker():
    histories = [checkerboard.history(user) for user in range(checkerboard.N_USERS)] * 4
    alone = [RANKER.score(history, store_id="s0", hour_of_week=8).score for history in histories]
    with ThreadPoolExecutor(4) as pool:
        shared = list(pool.map(lambda h: RANKER.score(h, store_id="s0", hour_of_week=8).score, histories))
    np.testing.assert_array_equal(alone, shared)


def test_the_artifacts_maps_and_memory_give_the_same(tmp_path):
    artifact = write_artifact(tmp_path, "ranker", checkerboard.arrays(), checkerboard.manifest())
    mapped = Ranker.from_artifact(artifact)
    history = checkerboard.history(1)
    np.testing.assert_array_equal(
        mapped.score(history, store_id="s1", hour_of_week=40).score,
        GOLDEN.score(history, store_id="s1", hour_of_week=40).score,
    )
    assert mapped.version == artifact.version
    assert mapped.response_slope == 2.5


def test_another_artifact_is_not_a_ranker(tmp_path):
    artifact = write_artifact(tmp_path, "other", checkerboard.arrays(), checkerboard.manifest())
    with pytest.raises(ArtifactError, match="a other artifact, not a ranker"):
        Ranker.from_artifact(artifact)


def test_rhythm_is_the_stores_or_the_chains():
    arrays = checkerboard.arrays()
    arrays["rhythm_store"][1] = 0.0
    ranker = Ranker.from_arrays(arrays, checkerboard.parameters())
    np.testing.assert_array_equal(ranker.rhythm("s0"), arrays["rhythm_store"][0])
    for store in ("s1", "nowhere", None):
        np.testing.assert_array_equal(ranker.rhythm(store), arrays["rhythm_prior"])
    density = ranker.slot_density(np.zeros(168), "s0", 2, np.ones(24, bool))
    assert density.argmax() == 8
