"""The score of two forms is the form of every product, whatever of it was reckoned at load."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.forms import Forms
from models.history import History, add_visit
from models.lanes import LANES
from models.ranker import Ranker
from models.scoring import top_k
from models.start import start
from models.term_names import NEAR_TERMS, NEW_TERMS, OWN_TERMS, USUAL_TERMS, WIDE_TERMS
from tests.models import checkerboard
from tests.models.asked import AT_S, HOUR, STORE, VISITS, N, asked, lived, scored, signals_alone, values_alone
from tests.models.naive_forms import Naive
from tests.models.some_forms import chosen, weighed, without

DAY_S = checkerboard.DAY_S
ARRAYS, PARAMETERS = checkerboard.form_arrays(), checkerboard.form_parameters()
RANKER, NAIVE = Ranker.from_arrays(ARRAYS, PARAMETERS), Naive(ARRAYS, PARAMETERS)
PAST = lived([["p00", "p02"], ["p02", "p04"], ["p00"], ["p02"]])


def one_by_one(ranker: Ranker, history: History, store, hour, at_s) -> list[float]:
    """The score of each product alone, by the form that it belongs to."""
    ask, blend = asked(ranker, history, store, hour, at_s), ranker.blend
    if not len(ask.rows):
        return start(ask).tolist()
    signals = signals_alone(ask)
    usual = values_alone(blend.usual.terms, signals, ask.rows)
    scores = []
    for row in range(N):
        if row in ask.rows:
            place = ask.rows.tolist().index(row)
            scores += blend.usual.score(usual[place : place + 1]).tolist()
        else:
            scores += blend.new.form.score(values_alone(blend.new.form.terms, signals, np.array([row]))).tolist()
    return scores


@given(VISITS, STORE, HOUR, AT_S)
def test_the_score_is_the_form_of_every_single_product(visits, store, hour, at_s):
    history = lived(visits)
    score = scored(RANKER, history, store, hour, at_s)
    assert score.dtype == np.float32
    assert score.shape == (N,)
    assert np.isfinite(score).all()
    np.testing.assert_allclose(score, one_by_one(RANKER, history, store, hour, at_s), atol=2e-5)


@settings(max_examples=40, deadline=None)
@given(VISITS, STORE, HOUR, AT_S)
def test_the_score_is_what_plain_python_gives(visits, store, hour, at_s):
    history = lived(visits)
    np.testing.assert_allclose(
        scored(RANKER, history, store, hour, at_s), NAIVE.score(history, store, hour, at_s), atol=1e-3
    )


@settings(max_examples=60, deadline=None)
@given(
    VISITS, STORE, HOUR, AT_S, st.sets(st.sampled_from(USUAL_TERMS), min_size=1), st.sets(st.sampled_from(NEW_TERMS)),
    st.randoms(use_true_random=False),
)  # fmt: skip
def test_any_choice_and_order_of_terms_is_the_same_arithmetic(visits, store, hour, at_s, usual, new, random):
    """Terms left out are as if always at their centres; the order says nothing."""
    ours = [random.sample(sorted(kept), len(kept)) for kept in (usual, new)]
    history = lived(visits)
    ranker = Ranker.from_arrays(*chosen(*ours))
    score = scored(ranker, history, store, hour, at_s)
    np.testing.assert_allclose(score, one_by_one(ranker, history, store, hour, at_s), atol=2e-5)
    sorted_out = Ranker.from_arrays(*chosen(*(sorted(kept) for kept in ours)))
    np.testing.assert_allclose(score, scored(sorted_out, history, store, hour, at_s), atol=2e-5)
    arrays = checkerboard.form_arrays()
    for half, whole, kept in (("usual", USUAL_TERMS, usual), ("new", NEW_TERMS, new)):
        pinned = [place for place, name in enumerate(whole) if name not in kept]
        arrays[f"{half}_range"][pinned] = arrays[f"{half}_range"][pinned, 2][:, None]
    stilled = Ranker.from_arrays(arrays, PARAMETERS)
    np.testing.assert_allclose(score, scored(stilled, history, store, hour, at_s), atol=5e-5)


@pytest.mark.parametrize("user", range(checkerboard.N_USERS))
def test_checkerboard_finds_what_the_user_likes_and_has_not_bought(user):
    history = checkerboard.history(user)
    score = scored(RANKER, history)
    score[asked(RANKER, history).rows] = np.nan
    assert sorted(RANKER.product_ids.ids[row] for row in top_k(score, 2)) == checkerboard.hidden(user)


def best(ranker: Ranker, history: History, k: int = 6) -> list[int]:
    return top_k(scored(ranker, history, at_s=20 * DAY_S), k).tolist()


HABITUAL = lived([["p00", "p01"], ["p00"], ["p01", "p05"], ["p05", "p00"], ["p12"], ["p09", "p00"], ["p03"]])


@pytest.mark.parametrize("name", OWN_TERMS)
def test_each_habit_term_weighs_on_what_is_owned_and_on_nothing_else(name):
    rows = asked(RANKER, HABITUAL).rows
    score, less = (scored(ranker, HABITUAL, at_s=20 * DAY_S) for ranker in (RANKER, without([name])))
    moved = np.abs(score - less) > 1e-4
    assert moved[rows].any()
    assert not np.delete(moved, rows).any()


def test_without_the_habit_terms_the_ranking_is_another():
    assert best(without(OWN_TERMS), HABITUAL) != best(RANKER, HABITUAL)
    assert best(RANKER, HABITUAL)[0] == 0, "what she buys most"
    assert best(without(OWN_TERMS), HABITUAL)[0] != 0


@pytest.mark.parametrize("name", NEAR_TERMS)
def test_each_neighbour_term_weighs_on_what_it_reaches(name):
    score, less = scored(RANKER, HABITUAL), scored(without([name]), HABITUAL)
    reach = signals_alone(asked(RANKER, HABITUAL)).near[name][0]
    moved = np.abs((score - score[16]) - (less - less[16])) > 1e-4  # the new product, which nothing reaches
    assert moved[reach > 0].any()


def test_without_the_neighbour_terms_the_ranking_is_another():
    assert best(without(NEAR_TERMS), HABITUAL) != best(RANKER, HABITUAL)
    found = lost = 0
    for user in range(checkerboard.N_USERS):
        history, answer = checkerboard.history(user), set(checkerboard.hidden(user))
        for number, ranker in enumerate((without(WIDE_TERMS), without((*WIDE_TERMS, *NEAR_TERMS)))):
            score = scored(ranker, history)
            score[asked(ranker, history).rows] = np.nan
            hits = len(answer & {ranker.product_ids.ids[row] for row in top_k(score, 2)})
            found, lost = (found + hits, lost) if number == 0 else (found, lost + hits)
    assert found == 2 * checkerboard.N_USERS, "neighbours alone find what everybody hides"
    assert lost < found / 2


def test_unknown_products_of_the_history_reach_nothing_and_are_part_of_the_user():
    known = History.of(["p01", "p04"], [2, 1], [1.9, 1], [3, 2], [30, 20], 3)
    mixed = History.of(["x", "p04", "y", "p01"], [9, 1, 9, 2], [3, 1, 3, 1.9], [3, 2, 1, 3], [30, 20, 10, 30], 3)
    one, other = (signals_alone(asked(RANKER, history)) for history in (known, mixed))
    for name in NEAR_TERMS:
        np.testing.assert_allclose(one.near[name][0], other.near[name][0], rtol=1e-6)
    assert (one.block.asks[0].n_unknown, other.block.asks[0].n_unknown) == (0, 2)
    blind = without(("basket", "kinds", "last_basket"))
    np.testing.assert_allclose(scored(blind, known), scored(blind, mixed), atol=1e-5)
    assert (np.abs(scored(RANKER, known) - scored(RANKER, mixed)) > 1e-3).any(), "she buys more than is known here"


def test_an_unknown_store_counts_as_none_given():
    for hour in (None, 8):
        np.testing.assert_array_equal(scored(RANKER, PAST, "nowhere", hour), scored(RANKER, PAST, None, hour))
    assert (scored(RANKER, PAST, "s0", 8) != scored(RANKER, PAST, None, 8)).any()


@given(VISITS.filter(lambda visits: sum(map(len, visits)) > 1), st.randoms(use_true_random=False))
def test_the_order_of_the_history_makes_no_difference(visits, random):
    one = lived(visits)
    order = random.sample(range(len(one)), len(one))
    columns = (one.counts, one.decayed, one.last_visit, one.last_at_s)
    other = History.of([one.product_ids[place] for place in order], *(c[order] for c in columns), one.n_visits)
    np.testing.assert_allclose(
        scored(RANKER, one, "s1", 20, 30 * DAY_S), scored(RANKER, other, "s1", 20, 30 * DAY_S), atol=1e-5
    )


@given(VISITS, STORE, HOUR)
def test_no_moment_given_is_right_after_the_last_visit(visits, store, hour):
    history = lived(visits)
    last = int(history.last_at_s.max(initial=0))
    np.testing.assert_array_equal(scored(RANKER, history, store, hour), scored(RANKER, history, store, hour, last))


def test_time_that_passes_changes_the_score():
    soon, later, before = (scored(RANKER, PAST, at_s=at_s) for at_s in (3 * DAY_S, 4 * DAY_S, 2 * DAY_S))
    assert (soon != later).all()
    np.testing.assert_array_equal(np.delete(soon, [0, 2, 4]), np.delete(before, [0, 2, 4]))


def test_a_latte_bought_a_second_ago_changes_the_answer():
    now = 3 * DAY_S + 60
    before = scored(RANKER, PAST, at_s=now)
    same_visit = scored(RANKER, add_visit(PAST, ["p05"], now - 1, new_visit=False), at_s=now)
    own_visit = scored(RANKER, add_visit(PAST, ["p05"], now - 1), at_s=now)
    for after in (same_visit, own_visit):
        assert (after != before).all()
        assert after[[7, 9, 11]].min() > before[[7, 9, 11]].min(), "what goes with it came nearer"
    assert top_k(own_visit, 6).tolist() != top_k(before, 6).tolist()


@pytest.mark.parametrize("past", [History.empty(), lived([["x1"], ["x2", "x1"]])])
@pytest.mark.parametrize(("store", "hour"), [(None, None), ("s0", 8), ("s1", None), (None, 20)])
def test_without_a_known_history_the_score_is_what_sells(past, store, hour):
    np.testing.assert_array_equal(scored(RANKER, past, store, hour), start(asked(RANKER, past, store, hour)))


def test_and_only_then():
    for past in (lived([["p07"]]), lived([["x1"], ["p07", "x2"]])):
        assert (scored(RANKER, past, "s0", 8) != start(asked(RANKER, past, "s0", 8))).all()


def test_a_product_moves_from_one_form_to_the_other_when_it_is_bought():
    ranker = weighed({"count": 1.0}, {"popularity": 1.0})
    chain = ARRAYS["popularity_global"]
    score = scored(ranker, PAST)
    np.testing.assert_allclose(score[[0, 2, 4]], np.log([2, 3, 1]), atol=1e-6)
    np.testing.assert_allclose(np.delete(score, [0, 2, 4]), np.delete(chain, [0, 2, 4]), rtol=1e-6)
    after = scored(ranker, add_visit(PAST, ["p05"], 4 * DAY_S))
    assert after[5] == 0.0
    assert score[5] == pytest.approx(chain[5])


def test_threads_share_a_ranker():
    fresh = Ranker.from_arrays(ARRAYS, PARAMETERS)  # its caches are still empty
    questions = [(checkerboard.history(user), store, 8) for user in range(12) for store in ("s0", "s1", None)] * 4
    with ThreadPoolExecutor(8) as pool:
        shared = list(pool.map(lambda question: scored(fresh, *question), questions))
    np.testing.assert_array_equal([scored(RANKER, *question) for question in questions], shared)


def test_asking_leaves_the_ranker_as_it_was():
    kept = [RANKER.blend.new.base.copy(), RANKER.blend.new.lean_near.copy(), RANKER.parts.here(0, 0).copy()]
    table = RANKER.parts.table(USUAL_TERMS).copy()
    first = scored(RANKER, PAST, "s0", 8, 9 * DAY_S)
    for user in range(4):
        scored(RANKER, checkerboard.history(user), "s0", 8, 20 * DAY_S)
    np.testing.assert_array_equal(scored(RANKER, PAST, "s0", 8, 9 * DAY_S), first)
    for before, after in zip(
        kept, (RANKER.blend.new.base, RANKER.blend.new.lean_near, RANKER.parts.here(0, 0)), strict=True
    ):
        np.testing.assert_array_equal(before, after)
    np.testing.assert_array_equal(RANKER.parts.table(USUAL_TERMS), table)


def test_the_parts_of_the_new_form_are_reckoned_at_load():
    assert isinstance(RANKER.blend, Forms)
    new, wide = RANKER.blend.new, LANES
    shapes = {name: getattr(new, name).shape for name in ("base", "lean_users", "lean_near", "between")}
    assert shapes == {"base": (N,), "lean_users": (6, wide), "lean_near": (3, wide), "between": (3, 5)}
