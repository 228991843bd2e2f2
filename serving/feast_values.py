"""What Feast's protocol buffers mean here, read without importing them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any


def plain(value: Any) -> Any:
    """A Feast value as Python has it; None for one that is not set."""
    kind = value.WhichOneof("val")
    if kind is None:
        return None
    content = getattr(value, kind)
    return list(content.val) if kind.endswith("_list_val") else content


def moment_of(stamp: Any) -> datetime | None:
    """None for zero: on Redis Feast reports an entity without a row as present, true in 1970."""
    if not (stamp.seconds or stamp.nanos):
        return None
    return datetime.fromtimestamp(stamp.seconds, UTC) + timedelta(microseconds=stamp.nanos // 1000)
