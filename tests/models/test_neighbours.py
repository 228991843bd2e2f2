from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.neighbours import Neighbours, sharpened

N, M = 7, 3
TABLE = st.builds(
    Neighbours,
    arrays(np.int32, (N, M), elements=st.integers(0, N - 1)),
    arrays(np.float32, (N, M), elements=st.sampled_from([0.0, 0.125, 0.5, 1.0])),
)
OWNED = st.lists(st.integers(0, N - 1), unique=True, max_size=N).map(lambda rows: np.array(rows, np.int32))
WEIGHT = arrays(np.float32, N, elements=st.sampled_from([0.0, 0.25, 1.0, 3.0]))


@given(TABLE, OWNED, WEIGHT)
def test_reach_is_the_loop_over_every_pair(table, owned, weight):
    dense = np.zeros(N)
    for place, row in enumerate(owned.tolist()):
        for neighbour, value in zip(table.rows[row].tolist(), table.values[row].tolist(), strict=True):
            dense[neighbour] += weight[place] * value
    reach = table.links(owned, weight[: len(owned)]).reach()
    assert reach.dtype == np.float32
    np.testing.assert_allclose(reach, dense, rtol=1e-6)


@given(TABLE, OWNED, WEIGHT)
def test_what_each_reaches_adds_up_to_the_reach(table, owned, weight):
    links = table.links(owned, weight[: len(owned)])
    at, _, values = links.onto(np.ones(N, bool))
    each = np.zeros(N)
    np.add.at(each, at, values)
    np.testing.assert_allclose(each, links.reach(), rtol=1e-6)
    few = links.onto(np.arange(N) == 3)
    assert set(few[0].tolist()) <= {3}


def test_one_product_reaches_its_neighbours_and_no_other():
    rows = np.array([[1, 2], [0, 0], [2, 2]], np.int32)
    values = np.array([[0.5, 0.25], [0.125, 0.0], [0.0, 0.0]], np.float32)
    table = Neighbours(rows, values)
    assert table.links(np.array([0], np.int32), np.array([2], np.float32)).reach().tolist() == [0.0, 1.0, 0.5]
    assert table.links(np.array([1, 0], np.int32), np.array([8, 2], np.float32)).reach().tolist() == [1.0, 1.0, 0.5]
    both = np.array([1, 0], np.int32)
    _, by, reach = table.links(both, np.ones(2, np.float32)).onto(np.array([True, False, False]))
    assert {(place, value) for place, value in zip(by.tolist(), reach.tolist(), strict=True) if value} == {(0, 0.125)}
    padded = table.links(np.array([2], np.int32), np.array([9], np.float32))
    assert not padded.reach().any(), "padding is nobody's neighbour"


def test_nobody_and_no_neighbours_reach_nothing():
    table = Neighbours(np.zeros((3, 2), np.int32), np.ones((3, 2), np.float32))
    nobody = table.links(np.empty(0, np.int32), np.empty(0, np.float32)).reach()
    assert nobody.tolist() == [0.0, 0.0, 0.0]
    bare = Neighbours(np.empty((3, 0), np.int32), np.empty((3, 0), np.float32))
    links = bare.links(np.array([0, 1], np.int32), np.ones(2, np.float32))
    assert links.reach().tolist() == [0.0, 0.0, 0.0]
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
