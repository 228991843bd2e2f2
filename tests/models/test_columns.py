"""Each term is what the table of `columns.py` says: against plain Python, and by hand where the numbers are plain."""

from __future__ import annotations

from math import log, log1p

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import signals as signals_module
from models.habit import fading
from models.history import History
from models.neighbours import sharpened
from models.ranker import Ranker
from models.signals import user_term
from models.term_names import GOODS_TERMS, NEAR_TERMS, NEW_TERMS, OWN_TERMS, USER_TERMS, USUAL_TERMS, WIDE_TERMS
from models.wide import wide_term
from tests.models import checkerboard
from tests.models.asked import AT_S, HOUR, STORE, VISITS, N, asked, lived, signals_alone, values_alone
from tests.models.naive_forms import Naive
from tests.models.some_forms import chosen

DAY_S = checkerboard.DAY_S
ARRAYS = checkerboard.form_arrays()
RANKER = Ranker.from_arrays(ARRAYS, checkerboard.form_parameters())
NAIVE = Naive(ARRAYS, checkerboard.form_parameters())
ROWS = np.arange(N)
# Four visits on days 0, 1, 2 and 3: p00 on all, p03 on the first and third, p06 and an unknown product on the last.
PAST = lived([["p00", "p03"], ["p00"], ["p00", "p03"], ["p00", "p06", "x1"]])


def new(history: History, name: str, rows=ROWS, **question) -> np.ndarray:
    return values_alone((name,), signals_alone(asked(RANKER, history, **question)), np.asarray(rows))[:, 0]


def own(history: History, name: str, **question) -> dict[str, float]:
    ask = asked(RANKER, history, **question)
    return dict(
        zip(ask.known.product_ids, values_alone((name,), signals_alone(ask), ask.rows)[:, 0].tolist(), strict=True)
    )


@settings(max_examples=40, deadline=None)
@given(VISITS, STORE, HOUR, AT_S)
def test_every_term_of_every_product_is_what_plain_python_gives(visits, store, hour, at_s):
    history = lived(visits)
    ask = asked(RANKER, history, store, hour, at_s)
    signals = signals_alone(ask)
    usual, new = values_alone(USUAL_TERMS, signals, ask.rows), values_alone(NEW_TERMS, signals, ROWS)
    assert usual.dtype == new.dtype == np.float32
    if not len(ask.rows):
        return
    for row in range(N):
        half, wanted = NAIVE.values(history, store, hour, at_s, row)
        found = usual[ask.rows.tolist().index(row)] if half == "usual" else new[row]
        np.testing.assert_allclose(found, list(wanted.values()), rtol=2e-4, atol=2e-5, err_msg=f"{half} {list(wanted)}")


def test_every_term_has_a_column_that_speaks():
    """Asked of the checkerboard's users, each term takes more than one value."""
    seen: dict[str, set[float]] = {}
    for user in range(4):
        for number, past in enumerate((checkerboard.history(user), lived([["p00", "p01"]] * 3 + [["p02"]] * user))):
            ask = asked(RANKER, past, "s0", 8, (20 + 3 * number) * DAY_S)
            for terms, rows in ((USUAL_TERMS, ask.rows), (NEW_TERMS, ROWS)):
                for name, column in zip(terms, values_alone(terms, signals_alone(ask), rows).T, strict=True):
                    seen.setdefault(name, set()).update(column.tolist())
    assert {name: len(found) > 1 for name, found in seen.items()} == dict.fromkeys(USUAL_TERMS, True)


def user_terms(ask) -> dict[str, float]:
    return {name: user_term(ask, name) for name in USER_TERMS}


def test_what_the_user_is():
    found = user_terms(asked(RANKER, PAST, at_s=5 * DAY_S))
    assert list(found) == list(USER_TERMS)
    wanted = {"visits": log(4), "basket": log(8 / 4), "kinds": log(4), "last_basket": log(3), "away": log1p(2)}
    assert found == pytest.approx(wanted), "unknown products are part of what the user is"
    for name, value in wanted.items():
        np.testing.assert_allclose(new(PAST, name, at_s=5 * DAY_S), np.full(N, value), rtol=1e-6)


def test_a_user_without_a_visit_is_nothing():
    assert user_terms(asked(RANKER, History.empty(), at_s=DAY_S)) == dict.fromkeys(USER_TERMS, 0.0)


def test_a_user_of_one_visit_and_one_product_is_nothing_but_away():
    once = lived([["p00"]])
    assert user_terms(asked(RANKER, once)) == dict.fromkeys(USER_TERMS, 0.0)
    assert user_terms(asked(RANKER, once, at_s=DAY_S)) == {**dict.fromkeys(USER_TERMS, 0.0), "away": log(2)}


def test_away_is_never_below_nought():
    assert user_terms(asked(RANKER, PAST, at_s=0))["away"] == 0.0, "asked before the last visit"
    assert user_terms(asked(RANKER, PAST, at_s=3 * DAY_S))["away"] == 0.0
    assert user_terms(asked(RANKER, PAST))["away"] == 0.0
    assert user_terms(asked(RANKER, PAST, at_s=3 * DAY_S + 1))["away"] > 0.0


def test_a_last_visit_whose_products_were_forgotten_counts_as_one():
    """A history bounded to its dearest products may have lost those of the last visit."""
    past = History.of(["p00"], [3], [2.5], [4], [4 * DAY_S], 6)
    assert user_terms(asked(RANKER, past))["last_basket"] == 0.0
    assert user_terms(asked(RANKER, past))["basket"] == pytest.approx(log(3 / 6))


def test_what_the_history_says_of_the_products_in_it():
    shares = {decay: sum(decay**age for age in range(4)) for decay in (0.98, 0.9, 0.8)}
    assert own(PAST, "count") == pytest.approx({"p00": log(4), "p03": log(2), "p06": 0.0})
    assert own(PAST, "recency") == pytest.approx({"p00": 0.0, "p03": log(2), "p06": 0.0})
    assert own(PAST, "ready") == pytest.approx({"p00": log(0.5), "p03": log(0.75), "p06": log(0.5 / 4)})
    assert own(PAST, "days", at_s=5 * DAY_S) == pytest.approx({"p00": log1p(2), "p03": log1p(3), "p06": log1p(2)})
    assert own(PAST, "days") == pytest.approx({"p00": 0.0, "p03": log1p(1), "p06": 0.0})
    habit = {"p00": 0.0, "p03": log((0.98**3 + 0.98) / shares[0.98]), "p06": log(1 / shares[0.98])}
    assert own(PAST, "habit") == pytest.approx(habit, abs=1e-6)
    for name, decay in (("lately", 0.9), ("latest", 0.8)):
        wanted = {"p00": log(1.01), "p03": log((decay**3 + decay) / shares[decay] + 0.01)}
        assert own(PAST, name) == pytest.approx({**wanted, "p06": log(1 / shares[decay] + 0.01)}, abs=0.02), name


def test_what_every_product_has_whoever_asks():
    for past in (PAST, lived([["p05"]])):
        np.testing.assert_array_equal(new(past, "popularity"), ARRAYS["popularity_global"])
        np.testing.assert_allclose(new(past, "rebuy"), np.log(ARRAYS["rebuy_rate"]))
        for place, name in enumerate(GOODS_TERMS):
            np.testing.assert_array_equal(new(past, name), ARRAYS["goods"][:, place])


def test_goods_are_found_by_name_whatever_their_order():
    order = list(reversed(GOODS_TERMS))
    arrays = {**ARRAYS, "goods": np.ascontiguousarray(ARRAYS["goods"][:, ::-1])}
    turned = Ranker.from_arrays(arrays, checkerboard.form_parameters(goods_terms=order))
    one, other = (values_alone(NEW_TERMS, signals_alone(asked(ranker, PAST)), ROWS) for ranker in (RANKER, turned))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", NEAR_TERMS)
def test_what_the_products_owned_reach(name):
    weights = fading(PAST, 0.5 if name == "next" else 0.9)[0]
    reach = np.zeros(N)
    for product, weight in zip(PAST.product_ids[:3], weights[:3], strict=True):
        row = RANKER.product_ids.row[product]
        np.add.at(reach, ARRAYS[f"{name}_rows"][row], weight * ARRAYS[f"{name}_values"][row])
    signals = signals_alone(asked(RANKER, PAST))
    np.testing.assert_allclose(signals.near[name][0], reach, rtol=1e-5)
    np.testing.assert_allclose(new(PAST, name), np.log1p(20 * reach), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(new(PAST, name), sharpened(signals.near[name][0]))
    assert (reach > 0).any()
    assert new(PAST, name)[16] == 0.0, "nothing reaches the new product"


def test_what_sold_there_and_then():
    here = new(PAST, "here", store="s0", hour=8)
    expected = 8.0 * np.exp(ARRAYS["popularity_global"].astype(np.float64))
    counts = np.where(np.arange(N) % 2, 0.0, 1.0 + np.arange(N) % 4)
    counts[-1] = 0.0
    np.testing.assert_allclose(here, np.log1p(counts / expected), rtol=1e-6)
    assert not new(PAST, "here").any(), "nothing is known of no place and no time"
    assert not new(PAST, "here", store="s0", hour=12).any(), "nothing sold there at midday"


def test_the_factors_say():
    ask = asked(RANKER, PAST)
    np.testing.assert_allclose(new(PAST, "als"), ARRAYS["als_factors"] @ ask.als_user, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(new(PAST, "cold"), ARRAYS["cold_factors"] @ ask.cold_user, rtol=1e-5, atol=1e-6)
    assert all(wide_term(ask, name).dtype == np.float32 for name in WIDE_TERMS)


@settings(deadline=None)
@given(VISITS, st.permutations(USUAL_TERMS), st.lists(st.integers(0, N - 1), max_size=6))
def test_some_terms_of_some_rows_are_that_part_of_the_whole(visits, order, rows):
    ask = asked(RANKER, lived(visits), "s1", 20, 30 * DAY_S)
    signals, terms = signals_alone(ask), tuple(order[:9])
    whole = values_alone(USUAL_TERMS, signals, ask.rows)
    np.testing.assert_array_equal(
        values_alone(terms, signals, ask.rows), whole[:, [USUAL_TERMS.index(name) for name in terms]]
    )
    fit = tuple(name for name in terms if name not in OWN_TERMS)
    some = values_alone(fit, signals, np.array(rows, np.int64))
    np.testing.assert_array_equal(some, values_alone(fit, signals, ROWS)[rows])


def test_only_what_a_form_reads_is_gathered():
    ranker = Ranker.from_arrays(*chosen(["habit"], ["alike", "here"]))
    signals = signals_alone(asked(ranker, PAST))
    assert (set(signals.near), set(signals.wide)) == ({"alike"}, {"here"})


def test_only_the_products_of_greatest_weight_reach_others(monkeypatch):
    past = lived([["p00"], ["p01"], ["p00", "p02"], ["p02"], ["p01"]])
    whole = signals_alone(asked(RANKER, past))
    monkeypatch.setattr(signals_module, "REACHING", 2)
    few = signals_alone(asked(RANKER, past))
    for name in NEAR_TERMS:
        weight = whole.faded[0.5 if name == "next" else 0.9].astype(np.float32)
        order = np.argsort(-weight, kind="stable")[:2]
        assert few.links[name][0].tolist() == order.tolist()
        table = RANKER.parts.neighbours[name]
        reach = table.links(whole.block.owned.kept(order), weight[order]).reach()[0]
        np.testing.assert_allclose(few.near[name][0], reach, rtol=1e-6)
        assert not np.array_equal(few.near[name][0], whole.near[name][0])
