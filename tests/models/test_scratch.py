import numpy as np

from models.scratch import Scratch


def test_the_same_memory_until_it_must_grow():
    scratch = Scratch()
    first = scratch.array("a", (4, 5), np.float32)
    assert np.shares_memory(first, scratch.array("a", (2, 3), np.float32))
    assert scratch.array("a", (2, 3), np.float32).flags.c_contiguous
    grown = scratch.array("a", (5, 5), np.float32)
    assert not np.shares_memory(first, grown)
    assert np.shares_memory(grown, scratch.array("a", (25,), np.float32))


def test_names_and_types_have_their_own():
    scratch = Scratch()
    one = scratch.array("a", (3,), np.float32)
    assert not np.shares_memory(one, scratch.array("b", (3,), np.float32))
    assert scratch.array("a", (3,), np.int64).dtype == np.int64
