"""Feast's values as Python has them."""

from datetime import UTC, datetime

import pytest
from feast.protos.feast.types.Value_pb2 import FloatList, StringList, Value
from google.protobuf.timestamp_pb2 import Timestamp

from serving.feast_values import moment, plain


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (Value(), None), (Value(int64_val=0), 0), (Value(string_val=""), ""), (Value(float_val=0.5), 0.5),
        (Value(string_list_val=StringList(val=["a", "b"])), ["a", "b"]), (Value(float_list_val=FloatList()), []),
    ],
    ids=["not set", "zero", "empty text", "a number", "a list", "an empty list"],
)  # fmt: skip
def test_plain(value, told):
    assert plain(value) == told


def test_a_moment_of_zero_is_none():
    assert moment(Timestamp()) is None
    assert moment(Timestamp(nanos=1000)) == datetime(1970, 1, 1, microsecond=1, tzinfo=UTC)
    assert moment(Timestamp(seconds=5)) == datetime(1970, 1, 1, second=5, tzinfo=UTC)
