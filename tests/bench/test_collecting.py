"""What is frozen isn't looked at again; what is measured leaves a process as it was set."""

import gc

import pytest

from bench.collecting import measure, told
from serving.service import GC_THRESHOLD


@pytest.fixture(autouse=True)
def collector():
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_what_a_start_left_behind_is_frozen_where_it_is_set_as_ours_and_only_there():
    default = measure("default", 2)
    assert gc.get_freeze_count() == 0
    ours = measure("ours", 2)
    assert gc.get_threshold() == GC_THRESHOLD
    assert gc.get_freeze_count() > 10_000
    for found in (default, ours):
        assert found["whole"] > 0
        assert (found["n"] > 0) is (found["longest"] > 0)
    assert "watch" not in {getattr(each, "__name__", "") for each in gc.callbacks}


def test_each_figure_stands_beside_the_default():
    rows = told({"whole": 100.0, "longest": 1.0, "n": 5.0}, {"whole": 1.0, "longest": 0.0, "n": 0.0})
    assert [(row["value"], row["against_value"]) for row in rows] == [(1.0, 100.0), (0.0, 1.0), (0.0, 5.0)]
