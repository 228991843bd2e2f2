import numpy as np

from models.block import Block
from models.history import History
from models.pace import pace_of
from models.ragged import Ragged
from models.ranker import Ranker
from tests.models import checkerboard
from tests.models.asked import asked

RANKER = Ranker.from_arrays(checkerboard.form_arrays(), checkerboard.form_parameters())
PAST = History.of(["p00", "p01", "p02"], [4, 1, 2], [3, 1, 1], [8, 3, 7], [8, 3, 7], 8)
ONCE = History.of(["p05"], [1], [1], [1], [1], 1)


def pace(*asked_for: tuple[History, list[int]]):
    block = Block.of([asked(RANKER, past) for past, _ in asked_for])
    told = Ragged.of_each([np.array(rows, np.int64) for _, rows in asked_for])
    return pace_of(block, told, block.places(told))


def test_histories_in_numbers():
    found = pace((PAST, [2, 0]), (ONCE, [5]))
    assert (found.counts.tolist(), found.n_visits.tolist()) == ([2, 4, 1], [8, 8, 1])
    assert (found.gap.tolist(), found.since.tolist(), found.mean_since.tolist()) == ([4, 2, 1], [1, 0, 0], [2, 2, 0])


def test_who_owns_nothing_has_no_pace():
    found = pace((History.empty(), [2, 0]))
    assert [len(column) for column in found] == [2] * 5


def test_words():
    found = pace((PAST, [0, 1, 2]), (ONCE, [5]))
    often = [f"{n} of your last 8 visits" for n in (4, 1, 2)]
    assert list(found.often(np.arange(4))) == [("bought_before", words) for words in [*often, "on your only visit"]]
    last = ["on your last visit", "5 visits before the last", "1 visit before the last"]
    assert list(found.recently(np.array([0, 1, 2]))) == [("bought_recently", words) for words in last]
    assert list(found.again(np.array([2, 1]))) == [
        ("due_again", "usually every 4.0 visits, last 1 visit before the last"),
        ("due_again", "usually every 8.0 visits, last 5 visits before the last"),
    ]
    assert list(found.often(np.array([], np.int64))) == []
