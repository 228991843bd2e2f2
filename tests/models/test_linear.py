"""The linear blend of older artifacts: the score is its terms times its weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import habit
from models.foldin import fold_in
from models.history import History, add_visit
from models.linear import Linear, dense_terms, history_terms
from models.popularity import log_popularity
from models.ranker import Ranker
from models.scoring import top_k
from models.term_names import DENSE_TERMS, HISTORY_TERMS, TERMS
from models.terms import cold_user
from tests.models import checkerboard
from tests.models.asked import HOUR, STORE, VISITS, N, asked, lived, scored

# The golden artifact's blend, and the terms that came after it.
BLEND = {**checkerboard.WEIGHTS, "lately": 0.375, "cold_seen": -0.25}
WEIGHTS = np.array(list(BLEND.values()), np.float32)
ALL = np.arange(N)


def blended(**weights: float) -> Ranker:
    """A ranker whose blend is these terms alone."""
    arrays = {**checkerboard.arrays(), "blend_weights": np.array(list(weights.values()), np.float32)}
    return Ranker.from_arrays(arrays, checkerboard.parameters(blend_terms=list(weights)))


RANKER = blended(**BLEND)


def matrix(ranker: Ranker, history: History, store, hour, rows=slice(None)) -> np.ndarray:
    """float32[rows, T]: every term of every product row, in the order of the blend."""
    ask, terms = asked(ranker, history, store, hour), ranker.parts.options.blend_terms
    table = np.zeros((N, len(terms)), np.float32)
    for name, values in history_terms(ranker.parts, ask).items():
        table[ask.rows, terms.index(name)] = values
    table = table[rows]
    for name, values in dense_terms(ranker.parts, ask, rows).items():
        table[:, terms.index(name)] = values
    return table


@given(VISITS, STORE, HOUR)
def test_score_equals_terms_times_weights(visits, store, hour):
    history = lived(visits)
    score, table = scored(RANKER, history, store, hour), matrix(RANKER, history, store, hour)
    assert table.dtype == score.dtype == np.float32
    np.testing.assert_allclose(score, table @ WEIGHTS, atol=2e-5)
    assert np.isfinite(score).all()


@given(VISITS, STORE, HOUR, st.lists(st.integers(0, 16), max_size=8))
def test_the_terms_of_some_rows_are_those_rows_of_the_whole(visits, store, hour, rows):
    history = lived(visits)
    some = matrix(RANKER, history, store, hour, np.array(rows, dtype=np.int64))
    np.testing.assert_allclose(some, matrix(RANKER, history, store, hour)[rows], atol=1e-6)


@settings(max_examples=50)
@given(VISITS, STORE, HOUR, st.sets(st.sampled_from(TERMS), min_size=1))
def test_any_choice_and_order_of_terms_is_the_same_arithmetic(visits, store, hour, chosen):
    terms = sorted(chosen)
    ranker, history = blended(**dict.fromkeys(terms, 1.0)), lived(visits)
    whole = matrix(RANKER, history, store, hour)[:, [list(BLEND).index(term) for term in terms]]
    np.testing.assert_allclose(matrix(ranker, history, store, hour), whole, atol=1e-6)
    np.testing.assert_allclose(scored(ranker, history, store, hour), whole.sum(axis=1), atol=5e-5)
    ask = asked(ranker, history, store, hour)
    assert {*dense_terms(ranker.parts, ask, ALL), *history_terms(ranker.parts, ask)} == set(terms)


def test_each_term_is_what_the_docstring_says():
    arrays, history = checkerboard.arrays(), checkerboard.history(3)
    columns = dict(zip(BLEND, matrix(RANKER, history, "s1", 20).T, strict=True))
    own = np.array([RANKER.product_ids.row[name] for name in history.product_ids])
    x = fold_in(arrays["als_factors"], arrays["als_gram"], own, 2.0 * history.counts, 0.5)
    local = log_popularity(arrays["popularity_global"], RANKER.parts.local.cell(1, 2), 8.0)
    dense = {
        "intercept": np.ones(N),
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
        assert not columns[name][np.setdiff1d(ALL, own)].any(), f"{name} is zero off the history"


def test_an_artifact_without_forms_is_linear():
    assert isinstance(RANKER.blend, Linear)
    assert RANKER.blend.weights == pytest.approx(BLEND)


def test_als_weight_decayed_folds_in_with_decayed():
    parameters = checkerboard.parameters()
    parameters["als"]["weight"] = "decayed"
    arrays, history = checkerboard.arrays(), lived([["p00"], ["p00", "p03"], ["p06"]])
    own = np.array([0, 3, 6])
    x = fold_in(arrays["als_factors"], arrays["als_gram"], own, 2.0 * history.decayed, 0.5)
    ask = asked(Ranker.from_arrays(arrays, parameters), history)
    np.testing.assert_allclose(ask.als_user, x, atol=1e-6)
    assert np.abs(asked(RANKER, history).als_user - ask.als_user).max() > 1e-3


@pytest.mark.parametrize("user", range(checkerboard.N_USERS))
def test_checkerboard_finds_what_the_user_likes_and_has_not_bought(user):
    ranker = blended(als=1.0, seen=-10.0)
    best = top_k(scored(ranker, checkerboard.history(user)), 2)
    assert sorted(ranker.product_ids.ids[row] for row in best) == checkerboard.hidden(user)


def test_unknown_products_count_for_nothing_and_are_counted():
    known = History.of(["p01", "p04"], [2, 1], [1.9, 1], [3, 2], [30, 20], 3)
    mixed = History.of(["x", "p04", "y", "p01"], [9, 1, 9, 2], [3, 1, 3, 1.9], [3, 2, 1, 3], [30, 20, 10, 30], 3)
    np.testing.assert_allclose(scored(RANKER, known, "s0", 8), scored(RANKER, mixed, "s0", 8), atol=1e-6)
    assert [asked(RANKER, history).n_unknown for history in (known, mixed)] == [0, 2]


def test_the_order_of_the_history_makes_no_difference():
    one = History.of(["p01", "p04"], [2, 1], [1.9, 1], [3, 2], [30, 20], 3)
    other = History.of(["p04", "p01"], [1, 2], [1, 1.9], [2, 3], [20, 30], 3)
    np.testing.assert_allclose(scored(RANKER, one, hour=3), scored(RANKER, other, hour=3), atol=1e-6)


def test_the_moment_is_none_of_its_business():
    history = checkerboard.history(2)
    np.testing.assert_array_equal(scored(RANKER, history, "s0", 8), scored(RANKER, history, "s0", 8, 10**9))


def test_a_cold_user_gets_what_sells_there_and_then():
    for store, colour in (("s0", 0), ("s1", 1)):
        best = top_k(scored(RANKER, History.empty(), store, 8), 3)
        assert {row % 2 for row in best.tolist()} == {colour}


def test_a_latte_bought_a_second_ago_changes_the_answer():
    history, ranker = checkerboard.history(0), blended(**checkerboard.WEIGHTS)
    before, after = scored(ranker, history), scored(ranker, add_visit(history, ["p03"], 10**6))
    likes_odd = np.arange(1, 16, 2)
    assert (after[likes_odd] > before[likes_odd]).all()
