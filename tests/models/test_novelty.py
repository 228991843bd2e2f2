from __future__ import annotations

import numpy as np
import pytest

from models.novelty import dialled, with_quota

SCORE = np.array([5.0, 4.0, 3.0, 2.0, 1.0, 0.0], np.float32)
UNSOLD = np.array([False, False, False, False, True, True])


KNOWN = np.array([0, 2, 4])


@pytest.mark.parametrize(
    ("novelty", "slate"),
    [
        (None, [0, 1, 2, 3]), (0.0, [0, 2, 4, 1]), (0.1, [0, 2, 4, 1]), (0.25, [0, 1, 2, 4]), (0.5, [0, 1, 2, 3]),
        (0.75, [0, 1, 3, 5]), (0.9, [0, 1, 3, 5]), (1.0, [0, 1, 3, 5]),
    ],
)  # fmt: skip
def test_the_dial_is_the_share_of_places_for_new_products(novelty, slate):
    """Three of six are known, so four places always hold a new one, and three at most."""
    assert sorted(dialled(SCORE, KNOWN, novelty, 4).tolist()) == sorted(slate)


@pytest.mark.parametrize("novelty", [None, 0.0, 0.3, 0.5, 1.0])
def test_the_greatest_score_comes_first_and_nothing_twice(novelty):
    rows = dialled(SCORE, KNOWN, novelty, 5)
    assert (np.diff(SCORE[rows]) < 0).all()
    assert len(rows) == 5


def test_where_one_kind_runs_out_the_other_fills_its_places():
    assert dialled(SCORE, np.array([0]), 0.0, 3).tolist() == [0, 1, 2]
    assert dialled(SCORE, np.arange(6), 1.0, 3).tolist() == [0, 1, 2]
    assert dialled(SCORE, np.empty(0, np.int64), 0.0, 9).tolist() == [0, 1, 2, 3, 4, 5]


def test_what_may_not_be_shown_is_in_no_slate():
    ranking = np.where(np.arange(6) == 0, np.float32(np.nan), SCORE)
    for novelty in (None, 0.0, 0.5, 1.0):
        assert 0 not in dialled(ranking, KNOWN, novelty, 6).tolist()
    assert dialled(ranking, KNOWN, 0.0, 2).tolist() == [2, 4]


def test_half_a_place_goes_to_the_new():
    assert dialled(SCORE, KNOWN, 0.5, 1).tolist() == [1]
    assert dialled(SCORE, KNOWN, 0.49, 1).tolist() == [0]


@pytest.mark.parametrize("novelty", [-0.1, 1.1, float("nan")])
def test_a_dial_beyond_its_ends_is_refused(novelty):
    with pytest.raises(ValueError, match="is not 0 to 1"):
        dialled(SCORE, KNOWN, novelty, 3)


def test_ties_are_settled_by_row():
    assert dialled(np.zeros(4, np.float32), np.array([1]), 0.5, 2).tolist() == [0, 1]
    assert dialled(np.zeros(4, np.float32), np.array([1]), 1.0, 2).tolist() == [0, 2]


def quota(rows, share, ranking=SCORE, unsold=UNSOLD):
    return with_quota(np.array(rows, dtype=np.int64), ranking, unsold, share).tolist()


@pytest.mark.parametrize(
    ("share", "slate"),
    [(0.0, [0, 1, 2, 3]), (0.24, [0, 1, 2, 3]), (0.25, [0, 1, 2, 4]), (0.5, [0, 1, 4, 5]), (1.0, [0, 1, 4, 5])],
)
def test_the_quota_takes_the_last_places_and_the_best_guess_first(share, slate):
    assert quota([0, 1, 2, 3], share) == slate


def test_unsold_products_that_earned_their_place_fill_the_quota():
    ranking = np.array([5.0, 4.0, 3.0, 2.0, 4.5, 0.0], np.float32)
    assert quota([0, 4, 1, 2], 0.25, ranking) == [0, 4, 1, 2]
    assert quota([0, 4, 1, 2], 0.5, ranking) == [0, 4, 1, 5]


def test_what_may_not_be_shown_is_no_guest():
    ranking = np.where(UNSOLD, np.float32(np.nan), SCORE)
    assert quota([0, 1, 2, 3], 0.5, ranking) == [0, 1, 2, 3]
    ranking[5] = 0.0
    assert quota([0, 1, 2, 3], 0.5, ranking) == [0, 1, 2, 5]


def test_an_empty_slate_stays_empty():
    assert quota([], 1.0) == []
