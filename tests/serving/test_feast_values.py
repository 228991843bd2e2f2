from datetime import UTC, datetime

import pytest
from feast.protos.feast.types.Value_pb2 import StringList, Value
from google.protobuf.timestamp_pb2 import Timestamp

from models.history import LATEST_S
from serving.feast_values import moment_of, plain, row_moment, stamped


def test_a_list_and_a_number():
    assert plain(Value(string_list_val=StringList(val=["a", "bé"]))) == ["a", "bé"]
    assert plain(Value(float_val=0.5)) == 0.5


def test_what_is_not_set_is_none():
    assert plain(Value()) is None
    assert plain(Value(int64_val=0)) == 0


def test_the_moment_of_nobody_is_none():
    assert moment_of(Timestamp()) is None
    assert moment_of(Timestamp(seconds=1, nanos=2_000)) == datetime(1970, 1, 1, 0, 0, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize("seconds", [-1, LATEST_S + 1, 2**62, -(2**62)])
def test_a_moment_that_no_calendar_has_is_a_row_that_feast_did_not_write(seconds):
    with pytest.raises(ValueError, match="no calendar"):
        stamped(Timestamp(seconds=seconds).SerializeToString())


def test_a_stamp_is_a_moment_or_none_or_noise():
    assert stamped(Timestamp(seconds=LATEST_S).SerializeToString()) == datetime.fromtimestamp(LATEST_S, UTC)
    assert stamped(None) is None
    with pytest.raises(ValueError, match="Feast didn't write"):
        stamped(b"\xff")


def test_values_without_their_moment_are_damaged_and_a_row_of_nothing_is_nobodys():
    stamp = Timestamp(seconds=1).SerializeToString()
    assert row_moment(stamp, [None, b"x"]) == row_moment(stamp, [None]) == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
    assert row_moment(None, [None, None]) is row_moment(b"", [b"x"]) is None
    for values in ([None, b"x"], [b"", None]):
        with pytest.raises(ValueError, match="without the moment"):
            row_moment(None, values)
