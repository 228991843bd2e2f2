"""The reasons of two forms: the parts add up, and every word is true."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.form_grounds import KINDS, FormGrounds
from models.history import History
from models.ranker import Ranker
from models.start import StartGrounds, start
from models.term_names import NEW_TERMS, USER_TERMS, USUAL_TERMS
from tests.models import checkerboard
from tests.models.asked import (
    AT_S,
    HOUR,
    STORE,
    VISITS,
    N,
    asked,
    lived,
    signals_alone,
    split_of,
    splits_of,
    values_alone,
)
from tests.models.some_forms import chosen, weighed
from tests.models.test_reasons import PART_OF

DAY_S = checkerboard.DAY_S
ARRAYS = checkerboard.form_arrays()
RANKER = Ranker.from_arrays(ARRAYS, checkerboard.form_parameters())
ROW = st.integers(0, N - 1)
EVEN = History.of(
    ["p00", "p02", "p04", "p07"], [7, 3, 1, 1], [6.0, 2.8, 0.8, 0.9], [20, 10, 9, 17], [20, 10, 9, 17], 20
)


def scores(ranker, history, store=None, hour=None, at_s=None):
    return ranker.score(history, store_id=store, hour_of_week=hour, at_s=at_s)


def reasons(ranker, row, history=EVEN, **question):
    return scores(ranker, history, **question).reasons(row)


@given(VISITS, STORE, HOUR, AT_S)
def test_the_parts_add_up_to_the_score(visits, store, hour, at_s):
    found = scores(RANKER, lived(visits), store, hour, at_s)
    assert isinstance(found.grounds, FormGrounds if len(found.ask.rows) else StartGrounds)
    for row in range(N):
        base, usual, timing, similar, popular, local, _ = split_of(found, row)
        total = base + usual + timing + similar + popular + local
        assert total == pytest.approx(float(found.score[row]), abs=5e-5)


@given(VISITS, STORE, HOUR, AT_S, ROW)
def test_each_part_is_the_shares_of_its_terms(visits, store, hour, at_s, row):
    found = scores(RANKER, lived(visits), store, hour, at_s)
    rows = found.ask.rows.tolist()
    if not rows:
        return
    form = RANKER.blend.usual if row in rows else RANKER.blend.new.form
    told = values_alone(form.terms, signals_alone(found.ask), found.ask.rows if row in rows else np.array([row]))
    shares = dict(zip(form.terms, form.shares(told)[rows.index(row) if row in rows else 0], strict=True))
    split = split_of(found, row)
    wanted = {kind: sum(shares.get(name, 0.0) for name in names) for kind, names in KINDS.items()}
    if row not in rows:
        wanted["popular"] += wanted.pop("usual")
        assert split.usual == split.timing == 0.0
    base, person = float(RANKER.blend.new.form.matrix[-1, -1]), sum(shares[name] for name in USER_TERMS)
    if row in rows:
        wanted["usual"] += float(form.matrix[-1, -1]) + person - base
    for kind, value in wanted.items():
        assert getattr(split, kind) == pytest.approx(value, abs=1e-6), kind
    assert split.base == pytest.approx(base + (0.0 if row in rows else person), abs=1e-6)


@given(VISITS, STORE, HOUR, AT_S)
def test_a_slate_is_split_as_its_products_one_by_one(visits, store, hour, at_s):
    found, rows = scores(RANKER, lived(visits), store, hour, at_s), [16, 3, 0, 7, 2, 9]
    for whole, row in zip(splits_of(found, rows), rows, strict=True):
        assert whole == pytest.approx(split_of(found, row), abs=1e-6), row


def test_of_nothing_there_is_nothing_to_tell():
    for history in (EVEN, lived([["x1"]])):
        assert scores(RANKER, history, "s0", 8).reasons_of(np.empty(0, np.int64)) == []


def test_every_term_belongs_to_one_part_or_to_the_user():
    parted = [name for names in KINDS.values() for name in names]
    assert sorted([*parted, *USER_TERMS]) == sorted({*USUAL_TERMS, *NEW_TERMS})


@given(VISITS, STORE, HOUR, AT_S, ROW)
def test_reasons_are_the_true_parts_above_nought_in_order(visits, store, hour, at_s, row):
    history = lived(visits)
    found = scores(RANKER, history, store, hour, at_s)
    given_reasons, ask = found.reasons(row), found.ask
    product, chain = f"p{row:02d}", ARRAYS["popularity_global"]
    split = split_of(found, row)
    sizes = [getattr(split, PART_OF.get(code, "local")) for code, _ in given_reasons if code != "new_product"]
    assert all(size > 0 for size in sizes)
    assert sizes == sorted(sizes, reverse=True)
    assert len({code for code, _ in given_reasons}) == len(given_reasons)
    for code, detail in given_reasons:
        if code in {"bought_before", "bought_recently", "due_again"}:
            assert product in history.product_ids
            true_of_the_past(code, detail, ask.known, ask.known.product_ids.index(product))
        elif code == "similar_to_usual":
            assert detail in history.product_ids
            assert detail != product
        elif code == "popular":
            place = 1 + int((chain > chain[row]).sum())
            assert detail == f"number {place} of {N} in the chain"
            assert chain[row] > -np.log(N)
        elif code == "new_product":
            assert row == N - 1
        else:
            assert code == "_".join(["popular", *["here"] * (store in {"s0", "s1"}), *["now"] * (hour is not None)])
            sold = dict(zip(ask.cell.rows.tolist(), ask.cell.counts.tolist(), strict=True))
            assert float(detail.split("%")[0]) == pytest.approx(100 * sold[row] / ask.cell.total, abs=0.051)


def true_of_the_past(code: str, detail: str, history: History, place: int) -> None:
    numbers = [float(number) for number in re.findall(r"[\d.]+", detail)]
    count, since = float(history.counts[place]), int(history.visits_since[place])
    gap = max(history.n_visits / count, 1.0)
    if code == "bought_before":
        assert numbers == ([count, history.n_visits] if history.n_visits > 1 else [])
    elif code == "due_again":
        assert since >= gap
        assert numbers == [pytest.approx(gap, abs=0.051), *([since] if since else [])]
    else:
        assert since < gap
        assert since <= history.visits_since.mean()
        assert numbers == ([since] if since else [])


@given(VISITS, STORE, HOUR, AT_S, ROW)
def test_the_likest_is_the_product_owned_that_reaches_most(visits, store, hour, at_s, row):
    found = scores(RANKER, lived(visits), store, hour, at_s)
    signals, like = signals_alone(found.ask), split_of(found, row).like
    from_each = np.zeros(len(found.ask.rows))
    for name, table in RANKER.parts.neighbours.items():
        weight = signals.faded[0.5 if name == "next" else 0.9]
        _, owned, values = table.links(signals.block.owned, weight).onto(np.arange(N) == row)
        np.add.at(from_each, owned, values)
    from_each[found.ask.rows == row] = -1.0
    if like < 0:
        assert not (from_each > 0).any()
    else:
        assert from_each[like] == from_each.max() > 0


def test_bought_before_counts_visits():
    ranker = weighed({"habit": 1.0, "count": 3.0}, {"popularity": 1.0})
    assert ("bought_before", "7 of your last 20 visits") in reasons(ranker, 0)
    assert "bought_before" not in dict(reasons(ranker, 6))
    once = History.of(["p00"], [1], [1], [1], [0], 1)
    assert reasons(weighed({"rebuy": -1.0}, {}), 0, once) == [("bought_before", "on your only visit")]


def test_what_lowers_the_score_is_no_reason():
    assert reasons(weighed({"count": -1.0}, {}), 0) == []
    assert reasons(weighed({"recency": -1.0}, {}), 2) == []


def test_due_again_and_bought_recently():
    due = weighed({"recency": 1.0}, {})
    assert reasons(due, 2) == [("due_again", "usually every 6.7 visits, last 10 visits before the last")]
    fresh = weighed({"ready": -1.0}, {})
    assert reasons(fresh, 0) == [("bought_recently", "on your last visit")]
    assert reasons(fresh, 7) == [("bought_recently", "3 visits before the last")]


def test_similar_to_usual_names_the_neighbour_and_needs_one():
    ranker = weighed({"together": 1.0}, {"together": 1.0})
    past = History.of(["p00", "p02", "p09"], [1, 5, 9], [0.7, 4.5, 8.0], [2, 20, 20], [2, 20, 20], 20)
    assert reasons(ranker, 4, past) == [("similar_to_usual", "p02")], "p00 reaches it too, long ago"
    assert reasons(ranker, 2, past) == [("similar_to_usual", "p00")], "not itself"
    assert reasons(ranker, 7, past) == [("similar_to_usual", "p09")]
    assert reasons(ranker, 16, past) == [("new_product", "nobody had bought it when the model was trained")]
    factors = weighed({"als": 1.0}, {"als": 1.0})  # they say that something is like it, not what
    assert all("similar_to_usual" not in dict(reasons(factors, row, past)) for row in range(N)), "no neighbour to name"


def test_a_product_that_reaches_itself_is_not_like_itself():
    arrays, parameters = chosen(["together"], ["together"])
    arrays["together_rows"][2, 0], arrays["together_values"][2, 0] = 2, 8.0
    past = History.of(["p00", "p02"], [1, 5], [0.7, 4.5], [2, 20], [2, 20], 20)
    split = split_of(scores(Ranker.from_arrays(arrays, parameters), past), 2)
    assert past.product_ids[split.like] == "p00"
    alone = History.of(["p02"], [5], [4.5], [20], [20], 20)
    assert split_of(scores(Ranker.from_arrays(arrays, parameters), alone), 2).like == -1


def test_popular_needs_more_than_an_even_share_and_a_part_of_the_score():
    chain = ARRAYS["popularity_global"]
    ranker = weighed({"habit": 1.0}, {"month": 1.0, "week": 1.0})
    raised = {row for row in range(N) if split_of(scores(ranker, EVEN), row).popular > 0} - {0, 2, 4, 7}
    popular = {row for row in range(N) if "popular" in dict(reasons(ranker, row))}
    assert popular == {row for row in raised if chain[row] > -np.log(N)}
    assert popular < raised
    assert dict(reasons(ranker, 5))["popular"] == "number 1 of 17 in the chain"


@pytest.mark.parametrize(
    ("row", "store", "hour", "reason"),
    [
        (6, "s0", 8, ("popular_here_now", "18.8% of sales here in the morning")),
        (6, "s0", None, ("popular_here", "18.8% of sales here")),
        (3, None, 8, ("popular_now", "10.0% of sales in the morning")),
    ],
)
def test_popular_here_and_now_says_what_was_known(row, store, hour, reason):
    assert reasons(weighed({"habit": 1.0}, {"here": 1.0}), row, store=store, hour=hour) == [reason]


def test_what_does_not_sell_here_is_not_popular_here():
    assert reasons(weighed({"habit": 1.0}, {"here": 1.0}), 6, store="s1", hour=8) == []
    assert reasons(weighed({"habit": 1.0}, {"here": 1.0}), 6) == []


def test_somebody_unknown_is_told_what_sells():
    """All of the score is what sells: the chain's share, and the place's above it."""
    stranger = lived([["x1"]])
    split = split_of(scores(RANKER, stranger, "s0", 8), 2)
    assert (split.usual, split.timing, split.similar, split.like) == (0.0, 0.0, 0.0, -1)
    chain = float(ARRAYS["popularity_global"][2])
    assert split.popular == pytest.approx(chain + np.log(N))
    assert split.local == pytest.approx(float(asked(RANKER, stranger, "s0", 8).log_popularity[2]) - chain)
    assert reasons(RANKER, 2, stranger, store="s0", hour=8) == [
        ("popular_here_now", "18.8% of sales here in the morning"),
        ("popular", "number 1 of 17 in the chain"),
    ]


def test_a_row_may_be_any_whole_number():
    found = scores(RANKER, EVEN, "s0", 8, 30 * DAY_S)
    assert all(found.reasons(row) == found.reasons(np.int64(row)) for row in range(N))


def test_what_sells_is_reckoned_once_for_all_that_is_told(monkeypatch):
    asked_for = []
    monkeypatch.setattr("models.start.start", lambda ask: asked_for.append(ask) or start(ask))
    found = scores(RANKER, lived([["x1"]]), "s0", 8)
    assert len(found.reasons_of(range(N))) == N
    assert len(asked_for) == 1
