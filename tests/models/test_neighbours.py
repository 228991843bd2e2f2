from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.neighbours import Links, Neighbours, sharpened
from models.ragged import Ragged

N, M = 7, 3
TABLE = st.builds(
    Neighbours,
    arrays(np.int32, (N, M), elements=st.integers(0, N - 1)),
    arrays(np.float32, (N, M), elements=st.sampled_from([0.0, 0.125, 0.5, 1.0])),
)
OWNED = st.lists(st.integers(0, N - 1), unique=True, max_size=N).map(lambda rows: np.array(rows, np.int32))
WEIGHT = arrays(np.float32, N, elements=st.sampled_from([0.0, 0.25, 1.0, 3.0]))


def linked(table: Neighbours, owned: np.ndarray, weight: np.ndarray) -> Links:
    """Of one question."""
    return table.links(Ragged.of_each([owned]), weight)


@given(TABLE, OWNED, WEIGHT)
def test_reach_is_the_loop_over_every_pair(table, owned, weight):
    dense = np.zeros(N)
    for place, row in enumerate(owned.tolist()):
        for neighbour, value in zip(table.rows[row].tolist(), table.values[row].tolist(), strict=True):
            dense[neighbour] += weight[place] * value
    reach = linked(table, owned, weight[: len(owned)]).reach()[0]
    assert reach.dtype == np.float32
    np.testing.assert_allclose(reach, dense, rtol=1e-6)


@given(TABLE, OWNED, WEIGHT)
def test_what_each_reaches_adds_up_to_the_reach(table, owned, weight):
    links = linked(table, owned, weight[: len(owned)])
    at, _, values = links.onto(np.ones(N, bool))
    each = np.zeros(N)
    np.add.at(each, at, values)
    np.testing.assert_allclose(each, links.reach()[0], rtol=1e-6)
    few = links.onto(np.arange(N) == 3)
    assert set(few[0].tolist()) <= {3}


def test_one_product_reaches_its_neighbours_and_no_other():
    rows = np.array([[1, 2], [0, 0], [2, 2]], np.int32)
    values = np.array([[0.5, 0.25], [0.125, 0.0], [0.0, 0.0]], np.float32)
    table = Neighbours(rows, values)
    assert linked(table, np.array([0], np.int32), np.array([2], np.float32)).reach()[0].tolist() == [0.0, 1.0, 0.5]
    assert linked(table, np.array([1, 0], np.int32), np.array([8, 2], np.float32)).reach()[0].tolist() == [
        1.0,
        1.0,
        0.5,
    ]
    both = np.array([1, 0], np.int32)
    _, by, reach = linked(table, both, np.ones(2, np.float32)).onto(np.array([True, False, False]))
    assert {(place, value) for place, value in zip(by.tolist(), reach.tolist(), strict=True) if value} == {(0, 0.125)}
    padded = linked(table, np.array([2], np.int32), np.array([9], np.float32))
    assert not padded.reach()[0].any(), "padding is nobody's neighbour"


@given(TABLE, st.lists(OWNED, min_size=1, max_size=3))
def test_each_of_several_questions_reaches_its_own(table, several):
    weight = np.arange(1, 1 + sum(map(len, several)), dtype=np.float32)
    links = table.links(Ragged.of_each(several), weight)
    reach, ends = links.reach(), np.cumsum([len(owned) for owned in several])
    for number, (owned, end) in enumerate(zip(several, ends.tolist(), strict=True)):
        alone = linked(table, owned, weight[end - len(owned) : end])
        np.testing.assert_array_equal(reach[number], alone.reach()[0])
        marked = np.zeros(reach.size, bool)
        marked[number * N + 3] = True
        assert [len(part) for part in links.onto(marked)] == [len(part) for part in alone.onto(np.arange(N) == 3)]
        assert set(links.onto(marked)[1].tolist()) <= set(range(end - len(owned), end))


def test_nobody_and_no_neighbours_reach_nothing():
    table = Neighbours(np.zeros((3, 2), np.int32), np.ones((3, 2), np.float32))
    nobody = linked(table, np.empty(0, np.int32), np.empty(0, np.float32)).reach()[0]
    assert nobody.tolist() == [0.0, 0.0, 0.0]
    bare = Neighbours(np.empty((3, 0), np.int32), np.empty((3, 0), np.float32))
    links = linked(bare, np.array([0, 1], np.int32), np.ones(2, np.float32))
    assert links.reach()[0].tolist() == [0.0, 0.0, 0.0]
    assert [len(part) for part in links.onto(np.ones(3, bool))] == [0, 0, 0]


def test_sharpened_is_nought_for_nothing_and_the_logarithm_of_the_rest():
    reach = np.array([[0.0, 1e-6, 0.05], [0.5, 2.0, 1e3]], np.float32)
    wanted = np.log1p(20.0 * reach.astype(np.float64))
    found = sharpened(reach)
    assert found.dtype == np.float32
    assert found[0, 0] == 0.0
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-7)
    assert reach[0, 2] == np.float32(0.05), "the reach is left as it was"


def test_more_reach_is_never_less():
    found = sharpened(np.linspace(0.0, 4.0, 4001, dtype=np.float32))
    assert (np.diff(found) >= 0).all()
    assert found[1] > 0
