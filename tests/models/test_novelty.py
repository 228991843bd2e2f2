from __future__ import annotations

import numpy as np
import pytest

from models.novelty import dialled, with_quota

SCORE = np.array([5.0, 4.0, 3.0, 2.0, 1.0, 0.0], np.float32)
UNSOLD = np.array([False, False, False, False, True, True])


@pytest.mark.parametrize("novelty", [None, 0.5])
def test_the_dial_in_the_middle_moves_nothing(novelty):
    score = np.array([0.3, -1.0, 2.0, 0.0], np.float32)
    moved = dialled(score, np.array([0, 2]), novelty)
    assert np.argsort(moved).tolist() == np.argsort(score).tolist()
    assert moved is not score


@pytest.mark.parametrize(("novelty", "first"), [(0.0, {0, 2}), (1.0, {1, 3})])
def test_the_ends_of_the_dial_put_one_kind_first_and_keep_its_order(novelty, first):
    score = np.array([-9.0, 5.0, -8.0, 4.0], np.float32)
    order = np.argsort(-dialled(score, np.array([0, 2]), novelty)).tolist()
    assert set(order[:2]) == first
    assert order.index(2) < order.index(0)
    assert order.index(1) < order.index(3)


def test_the_dial_moves_by_its_odds():
    moved = dialled(np.zeros(2, np.float32), np.array([0]), 0.8)
    assert moved[1] - moved[0] == pytest.approx(np.log(0.8 / 0.2), abs=1e-6)


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
