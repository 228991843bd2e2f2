"""Lists as arrays beside Feast's own reading of the same bytes."""

import numpy as np
import pytest
from feast.protos.feast.types.Value_pb2 import BoolList, DoubleList, FloatList, Int64List, Value
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from serving import list_values
from serving.list_values import numbers

INT64 = st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(0, 300))
KINDS = {
    "int64": (lambda items: Value(int64_list_val=Int64List(val=items)), np.int64),
    "bool": (lambda items: Value(bool_list_val=BoolList(val=items)), np.bool_),
    "float": (lambda items: Value(float_list_val=FloatList(val=items)), np.float32),
}


def same(kind, items):
    value, dtype = KINDS[kind]
    raw = value(items).SerializeToString()
    told = numbers(raw, kind)
    theirs = np.array(getattr(Value.FromString(raw), f"{kind}_list_val").val, dtype)
    assert told.dtype == theirs.dtype == dtype
    np.testing.assert_array_equal(told, theirs)


@given(st.lists(INT64, max_size=300))
def test_whole_numbers(items):
    same("int64", items)


@given(st.lists(st.booleans(), max_size=300))
def test_yes_and_no(items):
    same("bool", items)


@given(st.lists(st.floats(width=32), max_size=300))
def test_floats(items):
    same("float", items)


@pytest.mark.parametrize("edge", [0, 127, 128, 2**14 - 1, 2**14, 2**63 - 1, -1, -(2**63)])
@pytest.mark.parametrize("n", [1, 2, 127, 128, 20_000])
def test_edges_of_a_number_and_of_lengths(edge, n):
    same("int64", [edge] * n + [3])


@pytest.mark.parametrize(
    ("kind", "items"), [("int64", [7, 300, 2**40]), ("bool", [True, False, True]), ("float", [0.5, -2.0, 3.25])]
)
def test_what_a_serialiser_wrote_needs_no_parser(kind, items, monkeypatch):
    raw = KINDS[kind][0](items).SerializeToString()
    monkeypatch.setattr(list_values, "value_class", None)
    assert numbers(raw, kind).tolist() == items


def test_what_stands_in_another_way_is_read_all_the_same():
    # Not packed: an item under a tag of its own, as old writers have it.
    loose = b"\x72\x05\x08\x07\x08\xac\x02"
    assert list(Value.FromString(loose).int64_list_val.val) == [7, 300]
    assert numbers(loose, "int64").tolist() == [7, 300]
    # A yes that isn't 1, and a list in two pieces.
    assert numbers(b"\x8a\x01\x04\x0a\x02\x05\x00", "bool").tolist() == [True, False]
    assert numbers(b"\x72\x06\x0a\x01\x01\x0a\x01\x02", "int64").tolist() == [1, 2]


@pytest.mark.parametrize(
    "raw",
    [b"", Value(int64_val=3).SerializeToString(), Value(double_list_val=DoubleList(val=[1.0])).SerializeToString()],
)
def test_another_value_is_refused(raw):
    with pytest.raises(ValueError, match="no list of int64"):
        numbers(raw, "int64")


@given(st.binary(max_size=40), st.sampled_from(sorted(KINDS)))
def test_noise_is_read_as_the_library_reads_it_or_refused(noise, kind):
    for raw in (noise, b"\x72" + noise, bytes([0x72, len(noise) + 2, 0x0A, len(noise)]) + noise):
        try:
            theirs = Value.FromString(raw)
        except DecodeError:
            with pytest.raises((DecodeError, ValueError)):
                numbers(raw, kind)
            continue
        if theirs.WhichOneof("val") == f"{kind}_list_val":
            np.testing.assert_array_equal(
                numbers(raw, kind), np.array(getattr(theirs, f"{kind}_list_val").val, KINDS[kind][1])
            )
        else:
            with pytest.raises(ValueError, match="no list of"):
                numbers(raw, kind)
