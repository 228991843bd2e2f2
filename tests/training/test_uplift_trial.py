"""What a trial may hold, and tables as numbers."""

import numpy as np
import polars as pl
import pytest

from tests.training.trial_world import trial
from training.errors import TrainingError
from training.uplift_trial import Trial, drawn_shares, encoding


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"x": np.zeros((3, 1))}, "as many rows, columns and arms"),
        ({"arms": ("nothing",), "propensity": np.ones((2, 1))}, "an arm besides nothing"),
        ({"x": np.array([[1.0], [np.nan]])}, "not finite"),
        ({"arm": np.array([0, 2])}, "none of 0 to 1"),
        ({"outcome": np.array([0.0, 1.5])}, "within 0 and 1"),
        ({"outcome": np.array([0.0, np.nan])}, "within 0 and 1"),
        ({"propensity": np.array([[0.5, 0.5], [1.0, 0.0]])}, "above 0 for the arm drawn"),
        ({"propensity": np.array([[0.5, 0.6], [0.5, 0.5]])}, "sum to 1"),
    ],
)
def test_what_a_trial_must_be(changed, reason):
    right = {
        "x": np.zeros((2, 1)),
        "columns": ("x",),
        "arm": np.array([0, 1]),
        "arms": ("nothing", "mail"),
        "propensity": np.full((2, 2), 0.5),
        "outcome": np.array([0.0, 1.0]),
    }
    Trial(**right)
    with pytest.raises(TrainingError, match=reason):
        Trial(**{**right, **changed})


def test_rows_in_the_order_asked():
    whole = trial(20)
    some = whole.rows(np.array([5, 3]))
    assert some.x.tolist() == whole.x[[5, 3]].tolist()
    assert some.arm.tolist() == whole.arm[[5, 3]].tolist()


def test_a_table_as_numbers_and_later_rows_alike():
    table = pl.DataFrame({"age": [20, None, 40], "zone": ["a", "b", None], "new": [True, False, True]})
    learned = encoding(table, ["age", "zone", "new"])
    assert learned.columns == ("age", "new", "age missing", "new missing", "zone=a", "zone=b")
    assert learned.apply(table).tolist() == [[20, 1, 0, 0, 1, 0], [30, 0, 1, 0, 0, 1], [40, 1, 0, 0, 0, 0]]
    later = pl.DataFrame({"age": [None], "zone": ["never seen"], "new": [True]}, schema_overrides={"age": pl.Int64})
    assert learned.apply(later).tolist() == [[30, 1, 1, 0, 0, 0]]


def test_only_the_commonest_values_get_a_column():
    table = pl.DataFrame({"zone": [f"z{n:03d}" for n in range(100)] + ["z099"]})
    kinds = encoding(table, ["zone"]).kinds["zone"]
    assert len(kinds) == 64
    assert "z099" in kinds
    assert "z070" not in kinds


def test_a_column_that_is_not_there():
    with pytest.raises(TrainingError, match="no column 'colour'; there are: zone"):
        encoding(pl.DataFrame({"zone": ["a"]}), ["colour"])


def test_shares_of_what_was_drawn():
    assert drawn_shares(np.array([0, 1, 1, 1]), 3)[0].tolist() == [0.25, 0.75, 0.0]
