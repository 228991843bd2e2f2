"""One answer or several at once: the same numbers, the same words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.ranker import Question
from models.scores import reasons_together
from models.scoring import top_k
from tests.models import checkerboard
from tests.models.asked import AT_S, HOUR, STORE, VISITS, lived
from tests.models.test_ranker import RANKERS


@pytest.fixture(params=RANKERS)
def ranker(request):
    return RANKERS[request.param]


QUESTION = st.builds(Question, VISITS.map(lived), STORE, HOUR, AT_S)


@given(st.lists(QUESTION, max_size=6))
def test_several_questions_at_once_are_answered_as_one_at_a_time(questions):
    """To the last bit, whatever stands beside it in the block; and the reasons of their slates word by word."""
    for ranker in RANKERS.values():
        together = ranker.score_together(questions)
        alone = [
            ranker.score(q.history, store_id=q.store_id, hour_of_week=q.hour_of_week, at_s=q.at_s) for q in questions
        ]
        assert len(together) == len(questions)
        for ours, one in zip(together, alone, strict=True):
            np.testing.assert_array_equal(ours.score, one.score)
            assert (ours.ask.store, ours.ask.at_s, ours.n_unknown) == (one.ask.store, one.ask.at_s, one.n_unknown)
        slates = [top_k(one.score, 1 + place) for place, one in enumerate(alone)]
        words = [one.reasons_of(rows) for one, rows in zip(alone, slates, strict=True)]
        assert reasons_together(together, slates) == words
        assert reasons_together(together[::-1], slates[::-1]) == words[::-1]
        assert reasons_together(together[1:], slates[1:]) == words[1:], "not all of a block"


def test_more_than_a_block_are_several_blocks(ranker, monkeypatch):
    asked_at_once = [Question(checkerboard.history(user), "s0", 8) for user in range(5)]
    whole = ranker.score_together(asked_at_once)
    monkeypatch.setattr("models.ranker.TOGETHER", 2)
    parted = ranker.score_together(asked_at_once)
    assert len({id(scores.grounds) for scores in whole}) == 1
    assert [scores.place for scores in parted] == [0, 1, 0, 1, 0]
    for one, other in zip(whole, parted, strict=True):
        np.testing.assert_array_equal(one.score, other.score)
    assert reasons_together(parted, [[3]] * 5) == reasons_together(whole, [[3]] * 5)


def test_of_nobody_and_of_nothing_there_is_nothing_to_tell(ranker):
    assert ranker.score_together([]) == []
    assert reasons_together([], []) == []
    scores = ranker.score_together([Question(checkerboard.history(0), "s0", 8)] * 2)
    assert reasons_together(scores, [[], [3]]) == [[], scores[1].reasons_of([3])]
    with pytest.raises(ValueError, match="the same scores come twice"):
        reasons_together([scores[0], scores[0]], [[2], [3]])


def test_probability_is_the_sigmoid_of_the_score(ranker):
    scores = ranker.score(checkerboard.history(0), store_id="s0", hour_of_week=8)
    wanted = 1 / (1 + np.exp(-scores.score[[3, 0]].astype(np.float64)))
    np.testing.assert_allclose(scores.probability([3, 0]), wanted, rtol=1e-9)
    assert scores.probability([]).shape == (0,)
    assert scores.probability([1]).dtype == np.float64
