"""Ids in words beside the texts they were made of."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.packed import LONGEST, WORD, Packed, taken, words_for

WORDY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=LONGEST // 4)
IDS = st.lists(WORDY, max_size=12)
LIKE = st.text("ab", min_size=1, max_size=20)
"""Ids that differ late."""


@given(IDS)
def test_it_is_the_sequence_of_texts_that_was_packed(ids):
    packed = Packed.of(ids)
    assert (list(packed), len(packed), list(reversed(packed))) == (ids, len(ids), ids[::-1])
    assert [packed[at] for at in range(-len(ids), len(ids))] == ids * 2
    assert packed[1:3] == tuple(ids[1:3])
    assert packed == tuple(ids) == packed
    assert packed == Packed.of(tuple(ids))
    assert Packed.of(packed) is packed
    assert all(name in packed for name in ids)


def test_it_differs_from_other_ids_and_other_kinds():
    packed = Packed.of(["a", "b"])
    for other in (("a",), ("a", "c"), ("b", "a"), Packed.of(["a", "b", "c"]), ["a", "b"], "ab", None):
        assert packed != other
    assert repr(packed) == "Packed(('a', 'b'))"
    with pytest.raises(IndexError):
        packed[2]


@pytest.mark.parametrize("odd", ["", "\0", "a\0", "a\0b", "\ud800", "a" * (LONGEST + 1), "é" * (LONGEST // 2) + "a"])
def test_an_odd_id_is_not_packed(odd):
    assert Packed.of(["a", odd, "b"]) is None


@pytest.mark.parametrize("n_bytes", [1, WORD - 1, WORD, WORD + 1, LONGEST - 1, LONGEST])
def test_an_id_of_any_other_length_is(n_bytes):
    packed = Packed.of(["a", "x" * n_bytes])
    assert packed.words.shape == (words_for(n_bytes), 2)
    assert packed == ("a", "x" * n_bytes)


@given(st.lists(st.one_of(LIKE, WORDY), min_size=1, max_size=12))
def test_ids_ascend_where_their_texts_do(ids):
    packed = Packed.of(ids)
    assert packed.ascends.tolist() == [True, *(before < after for before, after in pairwise(ids))]


@given(st.lists(IDS, max_size=4))
def test_joined_are_all_end_to_end(several):
    joined = Packed.joined([Packed.of(ids) for ids in several])
    assert list(joined) == [name for ids in several for name in ids]


def test_a_part_holds_no_more_than_it_needs():
    packed = Packed.of(["a", "b", "c" * 20])
    part = packed.part(0, 2, 1)
    assert part == ("a", "b")
    assert (part.words.shape, part.words.base) == ((1, 2), None)


@given(IDS)
def test_what_is_taken_is_of_the_same_kind(ids):
    places = np.arange(len(ids))[::2]
    assert taken(Packed.of(ids), places) == tuple(ids[::2])
    assert taken(tuple(ids), places) == tuple(ids[::2])
    assert isinstance(taken(Packed.of(ids), places), Packed)


def test_ids_are_cut_from_a_text():
    assert Packed.cut(b"?latte??tea", np.array([1, 8, 1]), np.array([5, 3, 4])) == ("latte", "tea", "latt")
