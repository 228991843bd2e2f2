from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import ArtifactError
from models.packed import LONGEST, Packed
from models.vocabulary import Vocabulary

IDS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6), unique=True).map(sorted)


@given(IDS)
def test_what_is_encoded_is_read_back(ids):
    arrays = Vocabulary.encode(ids)
    back = Vocabulary.from_arrays(arrays["products_text"], arrays["products_offsets"])
    assert back.ids == ids
    assert len(back) == len(ids)
    assert back.row == {name: row for row, name in enumerate(ids)}


def test_rows_of_the_known_ones():
    positions, rows = Vocabulary(["a", "b", "c"]).rows(["x", "c", "a", "y"])
    assert (positions.tolist(), rows.tolist()) == ([1, 2], [2, 0])
    assert (positions.dtype, rows.dtype) == (np.int64, np.int32)


def test_rows_of_nothing():
    positions, rows = Vocabulary(["a"]).rows([])
    assert (positions.shape, rows.shape) == ((0,), (0,))
    assert (positions.dtype, rows.dtype) == (np.int64, np.int32)


@given(IDS, st.lists(st.lists(st.text(max_size=2), max_size=6), max_size=4), st.data())
def test_rows_of_each_are_those_of_each_alone(ids, asked, data):
    vocabulary = Vocabulary(ids)
    asked = (
        [data.draw(st.permutations([*new, *data.draw(st.sets(st.sampled_from(ids)))])) for new in asked]
        if ids
        else asked
    )
    kinds = [
        data.draw(st.sampled_from([kind for kind in (tuple(each), Packed.of(each)) if kind is not None]))
        for each in asked
    ]
    alone = [vocabulary.rows(kind) for kind in kinds]
    for each, mine, theirs in zip(asked, vocabulary.rows_of_each(kinds), alone, strict=True):
        for positions, rows in (mine, theirs):
            assert (positions.dtype, rows.dtype) == (np.int64, np.int32)
            assert rows.tolist() == [vocabulary.row[each[place]] for place in positions.tolist()]
            assert positions.tolist() == [place for place, name in enumerate(each) if name in vocabulary.row]


def test_a_vocabulary_with_an_odd_id_knows_packed_ones_too():
    vocabulary = Vocabulary(["a", "b" * (LONGEST + 1), "c"])
    assert [each.tolist() for each in vocabulary.rows(Packed.of(["c", "x", "a"]))] == [[0, 2], [2, 0]]
    assert [rows.tolist() for _, rows in vocabulary.rows_of_each([Packed.of(["c"]), ("b" * (LONGEST + 1),)])] == [
        [2],
        [1],
    ]


def test_the_arrays_carry_the_given_name():
    arrays = Vocabulary.encode(["é", "日"], "stores")
    assert arrays["stores_text"].tobytes().decode() == "é日"
    assert arrays["stores_offsets"].tolist() == [0, 2, 5]


@pytest.mark.parametrize(
    ("ids", "message"),
    [(["b", "a"], "'a' follows 'b'"), (["a", "a"], "'a' follows 'a'"), ([""], "empty"), ([1], "not text"),
     (["\ud800"], "not valid text")],
)  # fmt: skip
def test_ids_out_of_order_repeated_or_empty_are_refused(ids, message):
    with pytest.raises(ArtifactError, match=message):
        Vocabulary.encode(ids)


@pytest.mark.parametrize(
    ("text", "offsets"),
    [(b"ab", [0, 1]), (b"ab", [1, 2]), (b"ab", [0, 2, 1, 2]), (b"ab", []), (b"\xff", [0, 1]), (b"ab", [0, 3])],
    ids=["short", "not from zero", "falling", "none", "not UTF-8", "beyond the end"],
)
def test_damaged_arrays_are_refused(text, offsets):
    with pytest.raises(ArtifactError, match="stores: text and offsets do not fit"):
        Vocabulary.from_arrays(np.frombuffer(text, np.uint8), np.array(offsets, np.int64), "stores")


def test_wrong_dtypes_are_refused():
    with pytest.raises(ArtifactError, match="do not fit"):
        Vocabulary.from_arrays(np.zeros(1, np.int8), np.array([0, 1]), "stores")
