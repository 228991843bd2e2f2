"""What Feast's protocol buffers mean here, read without importing them: `parse` is `Value.FromString`, bytes to a message."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from sys import intern
from typing import Any

import numpy as np

from models.history import History

Parse = Callable[[Any], Any]
_FLOATS = b"\x82\x01"
"""Field 16 of `Value`, length-delimited: float_list_val."""


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


def history_of(values: Sequence[bytes | None], parse: Parse) -> History:
    """A history of its features as they stand in the store. ValueError when one is missing or they are no history."""
    if None in values:
        raise ValueError("history: a feature is missing")
    ids, counts, decayed, visits, times, n_visits = values
    return History.of(
        # What many bought is one string in all the histories that are kept (`last_known`), and is hashed once.
        tuple(map(intern, parse(ids).string_list_val.val)),
        _floats(counts, parse),
        _floats(decayed, parse),
        parse(visits).int64_list_val.val,
        parse(times).int64_list_val.val,
        parse(n_visits).int64_val,
    )


def _floats(raw: Any, parse: Parse) -> np.ndarray:
    """float32[n] of a list as serialisers pack it: two tags and two lengths, then the numbers themselves."""
    if raw[:2] == _FLOATS:
        outer, start = _varint(raw, 2)
        if start + outer == len(raw) and raw[start : start + 1] == b"\x0a":
            inner, start = _varint(raw, start + 1)
            if start + inner == len(raw) and not inner % 4:
                return np.frombuffer(raw, "<f4", offset=start)
    return np.array(parse(raw).float_list_val.val, dtype=np.float32)


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = raw[at]
        number |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return number, at
