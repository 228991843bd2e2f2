from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.block import Block
from models.history import History
from models.ragged import Ragged
from models.ranker import Ranker
from models.reasons import Splits, _figure, explain
from tests.models import checkerboard
from tests.models.asked import HOUR, STORE, VISITS, asked, lived, split_of
from tests.models.test_linear import RANKER

EVEN = History.of(
    ["p00", "p02", "p04", "p07"], [7, 3, 1, 1], [6.0, 2.8, 0.8, 0.9], [20, 10, 9, 17], [20, 10, 9, 17], 20
)


PART_OF = {
    "bought_before": "usual", "due_again": "timing", "bought_recently": "timing", "similar_to_usual": "similar",
    "popular": "popular",
}  # fmt: skip
"""Code to the part of the score that it tells of; all others are of what is local."""


def only(**weights: float) -> Ranker:
    """A ranker whose blend is these terms alone."""
    arrays = {**checkerboard.arrays(), "blend_weights": np.array(list(weights.values()), np.float32)}
    return Ranker.from_arrays(arrays, checkerboard.parameters(blend_terms=list(weights)))


def reasons(ranker, row, history=EVEN, store=None, hour=None):
    return ranker.score(history, store_id=store, hour_of_week=hour).reasons(row)


@given(VISITS, STORE, HOUR, st.integers(0, 16))
def test_the_parts_add_up_to_the_score(visits, store, hour, row):
    scores = RANKER.score(lived(visits), store_id=store, hour_of_week=hour)
    split = split_of(scores, row)
    base, usual, timing, similar, popular, local, _ = split
    total = base + usual + timing + similar + popular + local
    assert total == pytest.approx(float(scores.score[row]), abs=5e-5)


@given(VISITS, STORE, HOUR, st.integers(0, 16))
def test_reasons_are_the_true_parts_above_zero_in_order(visits, store, hour, row):
    history = lived(visits)
    scores = RANKER.score(history, store_id=store, hour_of_week=hour)
    found = scores.reasons(row)
    split = split_of(scores, row)
    sizes = [getattr(split, PART_OF.get(code, "local")) for code, _ in found if code != "new_product"]
    assert all(size > 0 for size in sizes)
    assert sizes == sorted(sizes, reverse=True)
    assert len({code for code, _ in found}) == len(found)
    bought = f"p{row:02d}" in history.product_ids
    for code, detail in found:
        assert bought or code not in {"bought_before", "bought_recently", "due_again"}
        assert code != "similar_to_usual" or (detail in history.product_ids and detail != f"p{row:02d}")
        assert ("here" in code) <= (store in {"s0", "s1"})
        assert ("now" in code) <= (hour is not None)
        assert (code == "new_product") <= (row == 16)


def test_bought_before_counts_visits():
    assert reasons(only(seen=1.0), 0) == [("bought_before", "7 of your last 20 visits")]
    assert reasons(only(seen=1.0), 6) == []
    once = History.of(["p00"], [1], [1], [1], [0], 1)
    assert reasons(only(seen=1.0), 0, once) == [("bought_before", "on your only visit")]


def test_a_history_term_that_lowers_the_score_is_no_reason():
    assert reasons(only(seen=-1.0), 0) == []


def test_due_again_when_a_usual_gap_has_passed():
    assert reasons(only(due=1.0, seen=0.0), 2) == [
        ("due_again", "usually every 6.7 visits, last 10 visits before the last"),
        ("bought_before", "3 of your last 20 visits"),
    ]


def test_due_again_on_both_sides_of_the_edge():
    """Usual gap 5: five visits since is due, four is not."""
    history = History.of(["p00", "p02", "p04"], [2, 2, 1], [1.7, 1.7, 1], [5, 6, 10], [5, 6, 10], 10)
    ranker = only(due=1.0, seen=9.0)
    assert [code for code, _ in reasons(ranker, 0, history)] == ["bought_before", "due_again"]
    assert [code for code, _ in reasons(ranker, 2, history)] == ["bought_before"]


def test_bought_recently_when_that_is_what_counts():
    found = reasons(only(recency=-1.0, seen=9.0), 0)
    assert found[1] == ("bought_recently", "on your last visit")
    found = reasons(only(recency=-1.0, seen=9.0), 7)
    assert found[1] == ("bought_recently", "3 visits before the last")
    assert [code for code, _ in reasons(only(recency=-1.0, seen=9.0), 4)] == ["bought_before"]


def test_one_visit_is_one_visit():
    history = History.of(["p00", "p02"], [1, 1], [1, 1], [4, 1], [0, 0], 5)
    assert ("bought_recently", "1 visit before the last") in reasons(only(recency=-1.0, seen=9.0), 0, history)


def test_similar_to_usual_names_the_product_that_adds_most():
    arrays = checkerboard.arrays()
    scores = only(als=1.0).score(EVEN, store_id=None, hour_of_week=None)
    added = {}
    for drop in range(len(EVEN)):
        gone = scores.ask.confidence.copy()
        gone[drop] = 0.0
        right = gone @ arrays["als_factors"][scores.ask.rows]
        added[EVEN.product_ids[drop]] = float(
            scores.score[6] - arrays["als_factors"][6] @ np.linalg.solve(scores.ask.normal, right)
        )
    assert scores.reasons(6) == [("similar_to_usual", max(added, key=added.__getitem__))]


def test_similar_to_usual_holds_for_a_new_product_through_its_description():
    assert reasons(only(als=1.0, cold=1.0), 16, lived([["p04"], ["p07"], ["p10"]])) == [
        ("similar_to_usual", "p10"),
        ("new_product", "nobody had bought it when the model was trained"),
    ]


def test_a_product_is_never_similar_to_itself():
    itself = History.of(["p06"], [5], [4.5], [9], [0], 9)
    assert [code for code, _ in reasons(only(als=1.0), 6, itself)] == ["bought_before"]


def test_popular_needs_more_than_an_even_share():
    chain = checkerboard.arrays()["popularity_global"]
    ranker = only(popularity=1.0)
    assert reasons(ranker, 2) == [("popular", "number 1 of 17 in the chain")]
    assert chain[0] < -np.log(17)
    assert reasons(ranker, 0) == []


@pytest.mark.parametrize(
    ("row", "store", "hour", "reason"),
    [
        (2, "s0", 8, ("popular_here_now", "18.8% of sales here in the morning")),
        (2, "s0", None, ("popular_here", "18.8% of sales here")),
        (3, None, 8, ("popular_now", "10.0% of sales in the morning")),
    ],
)
def test_popular_here_and_now_says_what_was_known(row, store, hour, reason):
    assert reason in reasons(only(popularity=1.0), row, store=store, hour=hour)


def test_what_does_not_sell_here_is_not_popular_here():
    codes = [code for code, _ in reasons(only(popularity=1.0), 2, store="s1", hour=8)]
    assert codes == ["popular"]


def test_what_sells_less_than_an_even_share_is_popular_nowhere():
    # 5.0% of the morning's sales and 4.0% of the chain's; of 17 products an even share is 5.9%.
    assert words(row=9, hour=8, local=1.0) == {}
    assert words(row=3, hour=8, local=1.0) == {"popular_now": "10.0% of sales in the morning"}


@pytest.mark.parametrize(
    ("percent", "told"),
    [(100.0, "100.0"), (18.75, "18.8"), (0.25, "0.2"), (0.0951, "0.1"), (0.0949, "0.09"), (0.04, "0.04"), (0.0123, "0.01"),
     (0.0096, "0.01"), (0.0094, "0.009"), (0.001, "0.001"), (0.000031, "0.00003")],
)  # fmt: skip
def test_a_share_is_never_told_as_nought(percent, told):
    assert _figure(percent) == told


def test_a_share_is_told_by_that_figure(monkeypatch):
    monkeypatch.setattr("models.reasons._figure", lambda percent: f"<{percent:.0f}>")
    assert words(row=3, hour=8, local=1.0) == {"popular_now": "<10>% of sales in the morning"}


def test_one_at_a_time_or_all_on_the_same_grounds():
    scores = RANKER.score(EVEN, store_id="s0", hour_of_week=8)
    each = [scores.reasons(row) for row in range(17)]
    assert scores.reasons_of(np.arange(17)) == each
    assert scores.reasons_of([16, 2]) == [each[16], each[2]]
    (grounds, _), *_ = RANKER.blend.answered([scores.ask])
    assert explain(grounds, Ragged.of_each([np.arange(17)])) == each
    assert [scores.reasons(np.int64(row)) for row in range(17)] == each


class Stated:
    """Grounds of one question whose parts are stated, the same of every row."""

    def __init__(self, ask, **parts: float):
        self.block = Block.of([ask])
        self.parts = {**dict.fromkeys(Splits._fields, 0.0), "base": -9.0, "like": -1, **parts}

    def splits(self, told, places):
        return Splits(**{name: np.full(len(places), value) for name, value in self.parts.items()})


def told_of(ask, row: int, **parts: float) -> list[tuple[str, str]]:
    return explain(Stated(ask, **parts), Ragged.of_each([np.array([row])]))[0]


def words(ranker=RANKER, row=0, history=EVEN, store=None, hour=None, **parts: float) -> dict[str, str]:
    """Code to detail, in order, of what is told of a score whose parts are these and no other."""
    ask = asked(ranker, history, store, hour)
    return dict(told_of(ask, row, **parts))


EACH = {"usual": 1.0, "timing": 2.0, "similar": 3.0, "popular": 4.0, "local": 5.0, "like": 1}


def test_each_part_is_told_under_its_own_code_greatest_first():
    found = words(row=2, store="s0", hour=8, **EACH)
    assert list(found) == ["popular_here_now", "popular", "similar_to_usual", "due_again", "bought_before"]
    assert found["similar_to_usual"] == "p02"
    assert list(words(row=7, **EACH)) == ["popular", "similar_to_usual", "bought_recently", "bought_before"]
    assert set(words(row=6, store="s0", **EACH)) <= {"similar_to_usual", "popular", "popular_here"}, "not bought"


@pytest.mark.parametrize("part", ["usual", "timing", "similar", "popular", "local"])
def test_a_part_that_does_not_raise_the_score_is_not_told(part):
    whole = words(row=2, store="s0", hour=8, **EACH)
    for size in (0.0, -1.0):
        left = words(row=2, store="s0", hour=8, **{**EACH, part: size})
        gone = set(whole) - set(left)
        assert [PART_OF.get(code, "local") for code in gone] == [part]


def test_words_that_do_not_hold_are_not_told():
    assert not words(similar=1.0), "no product to name"
    assert words(similar=1.0, like=0) == {"similar_to_usual": "p00"}
    assert not words(row=0, store="s0", popular=1.0), "sells less than an even share"
    assert set(words(row=2, store="s0", popular=1.0)) == {"popular"}
    assert set(words(row=2, store="s0", local=1.0)) == {"popular_here"}
    assert not words(row=2, store="s1", local=1.0)
    assert not words(row=2, local=1.0), "nowhere in particular"
    assert not words(row=4, timing=1.0), "longer ago than most"
    assert set(words(row=7, timing=1.0)) == {"bought_recently"}


def test_the_parts_above_nought_whose_words_hold_are_kept_in_order():
    ask = asked(RANKER, EVEN, "s0", 8)
    parts = {"base": 7.0, "usual": 1.0, "timing": 0.0, "similar": 2.0, "popular": -1.0, "local": 1.0, "like": 2}
    assert [code for code, _ in told_of(ask, 2, **parts)] == [
        "similar_to_usual", "bought_before", "popular_here_now",
    ]  # fmt: skip
    assert told_of(ask, 2, base=7.0, similar=1.0) == [], "nothing to name, nothing above nought"
    assert told_of(ask, 16, base=7.0) == [("new_product", "nobody had bought it when the model was trained")]
