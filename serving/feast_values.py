"""What Feast's protocol buffers mean here, read without importing them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.message import DecodeError
from google.protobuf.timestamp_pb2 import Timestamp

from models.history import LATEST_S


def plain(value: Any) -> Any:
    """A Feast value as Python has it; None for one that is not set."""
    kind = value.WhichOneof("val")
    if kind is None:
        return None
    content = getattr(value, kind)
    return list(content.val) if kind.endswith("_list_val") else content


def moment_of(stamp: Any) -> datetime | None:
    """None for zero: on Redis Feast reports an entity without a row as present, true in 1970. Raises ValueError for a moment
    that no calendar has: what Python raises, an OSError, would be taken for a store that is down."""
    if not (stamp.seconds or stamp.nanos):
        return None
    if not 0 <= stamp.seconds <= LATEST_S:
        raise ValueError("a moment that no calendar has")
    return datetime.fromtimestamp(stamp.seconds, UTC) + timedelta(microseconds=stamp.nanos // 1000)


def stamped(raw: bytes | None) -> datetime | None:
    """The moment that stands as a view's stamp; None where none does. Raises ValueError for what Feast didn't write."""
    try:
        return None if raw is None else moment_of(Timestamp.FromString(raw))
    except DecodeError:
        raise ValueError("a moment that Feast didn't write") from None


def row_moment(stamp: bytes | None, values: Sequence[bytes | None]) -> datetime | None:
    """When a view's row was true; None where there is none. Raises ValueError as `stamped`, and for values that lost theirs:
    they are of somebody of whom something is known, and no stranger."""
    if stamp is None and any(value is not None for value in values):
        raise ValueError("values without the moment at which they were true")
    return stamped(stamp)
