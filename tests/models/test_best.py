"""The best of what may be shown: what sorting all would give, however little is scored."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import form_grounds
from models.best import Best, Sought, best_of, best_of_all, better
from models.ranker import Question
from models.scores import best_together
from models.scoring import top_k
from tests.models import checkerboard
from tests.models.asked import AT_S, HOUR, STORE, VISITS, N, lived
from tests.models.test_ranker import RANKERS

NAN = float("nan")
FEW = st.sampled_from([NAN, -1.0, 0.0, 0.5, 2.0])
QUESTION = st.builds(Question, VISITS.map(lived), STORE, HOUR, AT_S)
STRUCK = st.lists(st.booleans(), min_size=N, max_size=N).map(
    lambda gone: np.where(gone, np.float32(NAN), np.float32(0))
)


def told(best: Best) -> list[tuple[int, float]]:
    return list(zip(best.rows.tolist(), best.scores.tolist(), strict=True))


def sorted_best(rows, scores, k):
    pairs = [(row, score) for row, score in zip(rows, scores, strict=True) if score == score]
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:k]


@given(st.lists(st.tuples(st.integers(0, 40), FEW), unique_by=lambda pair: pair[0]), st.integers(0, 12))
def test_of_some_rows_the_best_are_what_sorting_gives(pairs, k):
    rows, scores = [row for row, _ in pairs], [score for _, score in pairs]
    found = best_of(np.array(rows, np.int64), np.array(scores, np.float32), k)
    assert told(found) == sorted_best(rows, scores, k)


@given(st.lists(FEW, min_size=1, max_size=12), st.data())
def test_of_two_halves_the_best_are_those_of_the_whole(scores, data):
    rows = [row for row, score in enumerate(scores) if score == score]
    first = data.draw(st.lists(st.sampled_from(rows), unique=True)) if rows else []
    rest = [row for row in rows if row not in first]
    k = data.draw(st.integers(0, len(first)))
    halves = ((np.array(half, np.int64), np.array([scores[row] for row in half], np.float32)) for half in (first, rest))
    best = best_of(*next(halves), k)
    assert told(better(best, *next(halves)) if k else best) == sorted_best(range(len(scores)), scores, k)


def test_what_ties_with_the_last_comes_in_by_its_row():
    best = Best(np.array([2, 5]), np.array([3.0, 1.0], np.float32))
    assert told(better(best, np.array([4]), np.ones(1, np.float32))) == [(2, 3.0), (4, 1.0)]
    assert told(better(best, np.array([6]), np.ones(1, np.float32))) == [(2, 3.0), (5, 1.0)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(QUESTION, STRUCK, st.integers(0, 6)), max_size=5))
def test_the_best_of_a_block_are_those_of_all_scores(asked):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(form_grounds, "FEW", 0)
        patch.setattr(form_grounds, "MANY", 1)
        for ranker in RANKERS.values():
            scores = ranker.score_together([question for question, _, _ in asked])
            found = best_together(scores, [Sought(k, struck) for _, struck, k in asked])
            for one, best, (_, struck, k) in zip(scores, found, asked, strict=True):
                rows = top_k(one.score + struck, k)
                assert best.rows.tolist() == rows.tolist()
                np.testing.assert_array_equal(best.scores, one.score[rows])


def test_not_all_of_a_block_may_be_asked(monkeypatch):
    monkeypatch.setattr(form_grounds, "FEW", 0)
    for ranker in RANKERS.values():
        scores = ranker.score_together([Question(checkerboard.history(user), "s0", 8) for user in range(3)])
        sought = Sought(4, np.zeros(N, np.float32))
        (last, first) = best_together([scores[2], scores[0]], [sought, sought])
        for best, one in ((first, scores[0]), (last, scores[2])):
            assert told(best) == told(best_of_all(one.score, *sought))
        assert best_together([], []) == []
        with pytest.raises(ValueError, match="the same scores come twice"):
            best_together([scores[0], scores[0]], [sought, sought])
