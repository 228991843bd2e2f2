from __future__ import annotations

import numpy as np
import pytest

from models.history import History
from models.ranker import Ranker
from models.response import sigmoid
from models.scoring import top_k
from models.start import start
from tests.models import checkerboard
from tests.models.asked import N, asked, lived, scored
from tests.models.naive_forms import Naive

ARRAYS = checkerboard.form_arrays()


def ranker(mean_basket: float = 2.0, **arrays) -> Ranker:
    return Ranker.from_arrays({**ARRAYS, **arrays}, checkerboard.form_parameters(mean_basket=mean_basket))


@pytest.mark.parametrize(("store", "hour"), [(None, None), ("s0", 8), ("s1", None), (None, 20), ("s0", 12)])
def test_the_logit_of_a_share_of_a_basket(store, hour):
    found = start(asked(ranker(), History.empty(), store, hour))
    assert found.dtype == np.float32
    naive = Naive(ARRAYS, checkerboard.form_parameters())
    np.testing.assert_allclose(found, [naive.start(row, store, hour) for row in range(N)], rtol=1e-5)


def test_the_chances_of_a_visit_add_up_to_a_basket():
    ask = asked(ranker(3.0), History.empty(), "s0", 8)
    share = np.exp(ask.log_popularity.astype(np.float64))
    np.testing.assert_allclose(sigmoid(start(ask)), 3.0 * share, rtol=1e-5)


def test_a_larger_basket_raises_all_alike_in_order():
    small, large = (start(asked(ranker(size), History.empty(), "s1", 20)) for size in (1.0, 4.0))
    assert (large > small).all()
    np.testing.assert_array_equal(top_k(small, N), top_k(large, N))


def test_nothing_is_certain():
    chain = ARRAYS["popularity_global"].copy()
    chain[3] = 0.0
    found = start(asked(ranker(5.0, popularity_global=chain), History.empty()))
    assert sigmoid(found[3]) == pytest.approx(0.99, abs=1e-6)
    assert np.isfinite(found).all()


def test_who_asks_makes_no_difference():
    one, other = (asked(ranker(), past, "s0", 8, 10**6) for past in (History.empty(), lived([["x1"], ["x2"]])))
    np.testing.assert_array_equal(start(one), start(other))


def test_what_sells_there_and_then_comes_first():
    for store, colour in (("s0", 0), ("s1", 1)):
        best = top_k(start(asked(ranker(), History.empty(), store, 8)), 3)
        assert {row % 2 for row in best.tolist()} == {colour}


@pytest.mark.parametrize("bought", [4, 7, 11, 15])
def test_the_first_event_lifts_what_was_bought_and_what_goes_with_it(bought):
    known, elsewhere = ranker(), f"s{1 - bought % 2}"  # where the other colour sells, so that there is room to rise
    pasts = (History.empty(), lived([[checkerboard.product_id(bought)]]))
    cold, first = (scored(known, past, elsewhere, 8) for past in pasts)
    before, after = (np.argsort(np.argsort(-score, kind="stable")) for score in (cold, first))
    assert np.isfinite(first).all()
    assert after[bought] == 0
    together = [(bought + step) % checkerboard.N_PRODUCTS for step in (2, 4, 14)]
    others = [row for row in range(N) if row % 2 != bought % 2]
    assert after[together].mean() < before[together].mean(), "what lies in one basket with it rises"
    assert after[others].mean() > before[others].mean(), "and the other colour sinks"


def test_a_second_event_moves_the_answer_on_from_the_first():
    known = ranker()
    one, two = (scored(known, lived(visits), "s0", 8) for visits in ([["p04"]], [["p04"], ["p07"]]))
    assert two[7] > one[7] + 1
    assert two[9] > one[9], "p09 goes with p07"
    assert not np.array_equal(one, two)


def test_a_first_event_of_something_unknown_is_no_history_yet():
    known = ranker()
    np.testing.assert_array_equal(scored(known, lived([["x1"]]), "s0", 8), scored(known, History.empty(), "s0", 8))
