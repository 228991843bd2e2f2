from datetime import UTC, datetime

from feast.protos.feast.types.Value_pb2 import StringList, Value
from google.protobuf.timestamp_pb2 import Timestamp

from serving.feast_values import moment_of, plain


def test_a_list_and_a_number():
    assert plain(Value(string_list_val=StringList(val=["a", "bé"]))) == ["a", "bé"]
    assert plain(Value(float_val=0.5)) == 0.5


def test_what_is_not_set_is_none():
    assert plain(Value()) is None
    assert plain(Value(int64_val=0)) == 0


def test_the_moment_of_nobody_is_none():
    assert moment_of(Timestamp()) is None
    assert moment_of(Timestamp(seconds=1, nanos=2_000)) == datetime(1970, 1, 1, 0, 0, 1, 2, tzinfo=UTC)
