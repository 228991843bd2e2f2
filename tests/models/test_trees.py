"""Trees walked by hand: both sides of a threshold, missing numbers, leaves alone, outputs, blocks, and tables that lie."""

import numpy as np
import pytest

from models import trees as page
from models.trees import Trees


def stump_and_leaf(**changed):
    """x0 <= 1 → 10, else (x1 <= 5, missing left → 20, else 30), to output 0; a lone leaf of 7 to output 1."""
    arrays = {
        "feature": np.array([0, -1, 1, -1, -1, -1], "<i4"),
        "threshold": np.array([1.0, 0, 5.0, 0, 0, 0], "<f8"),
        "nan_left": np.array([0, 0, 1, 0, 0, 0], "|u1"),
        "left": np.array([1, 1, 3, 3, 4, 5], "<i4"),
        "right": np.array([2, 1, 4, 3, 4, 5], "<i4"),
        "value": np.array([0, 10.0, 0, 20.0, 30.0, 7.0], "<f8"),
        "root": np.array([0, 5], "<i4"),
        "output": np.array([0, 1], "<i4"),
        "base": np.array([0.5, -1.0], "<f8"),
    }
    return arrays | changed


CASES = [
    ((1.0, 9.0), 10.5),  # at the threshold is left
    ((np.nextafter(1.0, 2.0), 5.0), 20.5),
    ((2.0, 5.1), 30.5),
    ((np.nan, 5.1), 30.5),  # missing: right, as the node says nothing
    ((np.nan, np.nan), 20.5),  # missing: left, as the node says
    ((-np.inf, 0.0), 10.5),
    ((np.inf, np.inf), 30.5),
]


@pytest.mark.parametrize(("row", "expected"), CASES)
def test_a_row_ends_in_its_leaf(row, expected):
    assert Trees.of(stump_and_leaf()).sums(np.array([row])).tolist() == [[expected, 6.0]]


def test_many_rows_in_blocks_are_as_each_alone(monkeypatch):
    x = np.array([row for row, _ in CASES] * 3)
    whole = Trees.of(stump_and_leaf()).sums(x)
    monkeypatch.setattr(page, "_CELLS", 4)
    np.testing.assert_array_equal(Trees.of(stump_and_leaf()).sums(x), whole)
    assert whole[:, 0].tolist() == [expected for _, expected in CASES] * 3


def test_a_batch_equals_each_row_alone_to_the_bit():
    rng = np.random.default_rng(5)
    n = 200
    arrays = {name: np.tile(stump_and_leaf()[name], n) for name in ("feature", "nan_left")}
    arrays |= {"threshold": rng.normal(size=6 * n), "base": np.zeros(2), "value": rng.normal(size=6 * n)}
    start = np.repeat(np.arange(n, dtype="<i4") * 6, 6)
    arrays |= {name: (np.tile(stump_and_leaf()[name], n) + start).astype("<i4") for name in ("left", "right")}
    arrays |= {"root": np.arange(n, dtype="<i4") * 6, "output": np.arange(n, dtype="<i4") % 2}
    forest, x = Trees.of(arrays), rng.normal(size=(50, 2))
    np.testing.assert_array_equal(forest.sums(x), np.vstack([forest.sums(row[None]) for row in x]))


def test_no_rows_and_no_trees():
    assert Trees.of(stump_and_leaf()).sums(np.zeros((0, 2))).shape == (0, 2)
    none = {name: array[:0] for name, array in stump_and_leaf().items()} | {"base": np.array([3.0])}
    assert Trees.of(none).sums(np.zeros((2, 0))).tolist() == [[3.0], [3.0]]


def test_arrays_come_back_under_their_prefix():
    arrays = Trees.of(stump_and_leaf()).arrays("buy_")
    np.testing.assert_array_equal(Trees.of(arrays, "buy_").sums(np.zeros((1, 2))), [[10.5, 6.0]])


@pytest.mark.parametrize("x", [np.zeros((3, 1)), np.zeros(3)])
def test_too_few_columns(x):
    with pytest.raises(ValueError, match="trees need rows of 2 numbers or more"):
        Trees.of(stump_and_leaf()).sums(x)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"left": np.array([0, 1, 3, 3, 4, 5], "<i4")}, "children"),  # a ring
        ({"right": np.array([2, 1, 9, 3, 4, 5], "<i4")}, "children"),  # past the end
        ({"left": np.array([1, 0, 3, 3, 4, 5], "<i4")}, "children"),  # a leaf that leads elsewhere
        ({"root": np.array([0, 6], "<i4")}, "no node"),
        ({"root": np.array([0, -1], "<i4")}, "no node"),
        ({"output": np.array([0, 2], "<i4")}, "no output"),
        ({"root": np.array([0], "<i4")}, "differ in length"),
        ({"value": np.zeros(5)}, "differ in length"),
        ({"value": np.array([0, np.nan, 0, 0, 0, 0])}, "not finite"),
        ({"base": np.array([0.0, np.inf])}, "not finite"),
        ({"threshold": np.array([np.nan, 0, 0, 0, 0, 0])}, "not finite"),
        ({"feature": np.zeros(6, "<i8")}, "dtype <i4"),
        ({"value": np.zeros((6, 1))}, "one dimension"),
        ({"nan_left": None}, "nan_left: not an array"),
    ],
)
def test_a_table_that_lies_is_refused(changed, reason):
    with pytest.raises(ValueError, match=reason):
        Trees.of(stump_and_leaf(**changed))
