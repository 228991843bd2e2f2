"""Lists read many at once beside a parser that reads one after another."""

from itertools import pairwise

import numpy as np
import pytest
from feast.protos.feast.types.Value_pb2 import FloatList, Int64List, StringList, Value
from hypothesis import given
from hypothesis import strategies as st

from models.packed import LONGEST
from serving.packed_lists import entries, head, numbers, varint

TEXTS, INTS, FLOATS = (b"\x62",), (b"\x72", b"\x0a"), (b"\x82\x01", b"\x0a")
SMALL = 2**56
"""What eight bytes of seven bits hold, and one more."""
NUMBERS = st.lists(st.one_of(st.integers(0, 300), st.integers(0, SMALL - 1)), min_size=1, max_size=9)
WORD = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\n"), min_size=1, max_size=12)
WORDS = st.lists(WORD, min_size=1, max_size=9)


def packed(values) -> bytes:
    return b"".join(map(varint, values))


def listed(texts) -> bytes:
    return StringList(val=texts).SerializeToString()


@pytest.mark.parametrize(
    "n", [*range(1, 5), *range(20, 70), *range(120, 140), *range(4090, 4100), 16_370, 16_384, 70_000]
)
def test_a_list_begins_as_the_serialiser_begins_it(n):
    for tags, value, content in (
        (TEXTS, Value(string_list_val=StringList(val=["x" * n])), listed(["x" * n])),
        (INTS, Value(int64_list_val=Int64List(val=[1] * n)), b"\1" * n),
        (FLOATS, Value(float_list_val=FloatList(val=[1.0] * n)), np.ones(n, "<f4").tobytes()),
    ):
        told = value.SerializeToString()
        assert told == head(tags, len(told)) + content


def test_some_sizes_no_list_has():
    assert [size for size in range(140) if head((b"\x62",), size) is None] == [0, 1, 130]


@given(st.lists(NUMBERS, max_size=5))
def test_numbers_are_read_part_by_part(parts):
    values, bounds, odd = numbers([packed(part) for part in parts])
    assert values.dtype == np.int64
    assert [values[a:b].tolist() for a, b in pairwise(bounds)] == parts
    assert not odd


@pytest.mark.parametrize(
    "body",
    [b"", b"\x80", b"\1\xff", packed([SMALL]), packed([1, 2**63, 1]), b"\x80" * 9 + b"\1", b"\xff" * 9 + b"\1"],
    ids=["empty", "begun", "torn", "nine bytes", "ten bytes", "ten bytes of nothing", "below zero"],
)
def test_a_part_that_must_be_parsed_is_told_apart(body):
    fine = packed([1, SMALL - 1, 0])
    assert numbers([fine, fine]).odd == set()
    assert numbers([fine, body, fine, body]).odd >= {1, 3}
    assert numbers([fine, fine, body]).odd == {2}


def test_a_number_may_be_longer_than_it_must():
    assert numbers([b"\x81\x00\x83\x80\x00"]).values.tolist() == [1, 3]


@given(st.lists(WORDS, max_size=5))
def test_texts_are_read_part_by_part(parts):
    told = entries([listed(part) for part in parts])
    assert not told.odd
    assert list(told.ids) == [text for part in parts for text in part]
    assert told.lengths.tolist() == [len(text.encode()) for part in parts for text in part]
    assert np.diff(told.bounds).tolist() == [len(part) for part in parts]


@given(st.lists(st.lists(st.text("a\n\0é", max_size=12), max_size=4), max_size=4))
def test_texts_that_are_read_are_the_ones_that_stand_there(parts):
    told = entries([listed(part) for part in parts])
    rest = [part for number, part in enumerate(parts) if number not in told.odd]
    again = entries([listed(part) for part in rest])
    assert not again.odd
    assert list(again.ids) == [text for part in rest for text in part]


@pytest.mark.parametrize(
    "body",
    [b"", b"\x0a", b"\x0a\x05ab", b"\x0a\x01ab", b"\x12\x01a", b"\x0a\x00", b"\x0a\x01\xff", b"\x0a\x01\0",
     b"\x0a\x02\xc3\x0a\x01\xa9", b"\x0a\x81\x00a", listed(["a" * (LONGEST + 1)]), listed(["a" * 200]), listed(["a\n\1b"])],
)  # fmt: skip
def test_a_part_of_other_texts_is_told_apart(body):
    fine = listed(["a", "b" * 10, "c" * LONGEST])
    assert entries([fine, fine]).odd == set()
    assert entries([fine, body, fine, body]).odd >= {1, 3}
    assert entries([fine, fine, body]).odd >= {2}
