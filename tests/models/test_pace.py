import numpy as np

from models.history import History
from models.pace import pace_of

PAST = History.of(["a", "b", "c"], [4, 1, 2], [3, 1, 1], [8, 3, 7], [8, 3, 7], 8)


def test_a_history_in_plain_numbers():
    pace = pace_of(PAST, np.arange(3))
    assert (pace.counts, pace.gap, pace.since) == ([4.0, 1.0, 2.0], [2.0, 8.0, 4.0], [0, 5, 1])
    assert (pace.mean_since, pace.n_visits) == (2.0, 8)
    few = pace_of(PAST, np.array([2, 0]))
    assert (few.counts, few.gap, few.since, few.mean_since) == ([2.0, 4.0], [4.0, 2.0], [1, 0], 2.0)


def test_words():
    pace = pace_of(PAST, np.arange(3))
    assert [pace.often(place) for place in range(3)] == [f"{n} of your last 8 visits" for n in (4, 1, 2)]
    assert pace.last(0) == "on your last visit"
    assert [pace.last(place) for place in (1, 2)] == ["5 visits before the last", "1 visit before the last"]
    assert pace_of(History.of(["a"], [1], [1], [1], [1], 1), np.array([0])).often(0) == "on your only visit"
