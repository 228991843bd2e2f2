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


@given(st.lists(FEW, min_size=1, max_size=40), st.integers(0, 12), st.data())
def test_of_two_halves_the_best_are_those_of_the_whole(scores, k, data):
    n = len(scores)
    first = data.draw(st.lists(st.integers(0, n - 1), unique=True))
    rest = [row for row in range(n) if row not in first and scores[row] == scores[row]]
    best = best_of(np.array(first, np.int64), np.array([scores[row] for row in first], np.float32), k)
    if len(best.rows) < k:
        return
    found = better(best, np.array(rest, np.int64), np.array([scores[row] for row in rest], np.float32)) if k else best
    assert told(found) == sorted_best(range(n), scores, k)


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
