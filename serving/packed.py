"""Lists of Feast's values as arrays, straight from their bytes: in Python's own numbers 10,000 products take milliseconds.

A list stands as serialisers write it (protobuf.dev, encoding): the tag of its field in `Value` and a length, within them the tag
of `val` and a length, then the items end to end. Whatever stands otherwise is left to the library.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from serving.feast_messages import list_field, value_class

_VAL = 0x0A
"""Field 1, length-delimited."""
_KINDS = ("int64", "bool", "float")


def numbers(raw: bytes, kind: str) -> np.ndarray:
    """int64[n], bool[n] or float32[n] of a list of `kind` (`int64`, `bool`, `float`). Raises ValueError, or the library's
    DecodeError, for what is none."""
    items = _items(raw, list_field(kind))
    if items is not None:
        if kind == "float" and not len(items) % 4:
            return np.frombuffer(items, "<f4")
        if kind == "bool" and not len(items.translate(None, b"\x00\x01")):
            return np.frombuffer(items, np.bool_)
        if kind == "int64" and (told := _varints(np.frombuffer(items, np.uint8))) is not None:
            return told
    value = value_class().FromString(raw)
    if value.WhichOneof("val") != f"{kind}_list_val":
        raise ValueError(f"no list of {kind}")
    read: Any = getattr(value, f"{kind}_list_val").val
    return np.array(read, dtype={"int64": np.int64, "bool": np.bool_, "float": np.float32}[kind])


def _items(raw: bytes, field: int) -> bytes | None:
    """The packed items; None when they stand in another way."""
    tag = _varint_of(field << 3 | 2)
    if not raw.startswith(tag):
        return None
    outer, start = _length(raw, len(tag))
    if start + outer != len(raw) or raw[start : start + 1] != bytes([_VAL]):
        return None
    inner, start = _length(raw, start + 1)
    return raw[start:] if start + inner == len(raw) else None


def _length(raw: bytes, at: int) -> tuple[int, int]:
    """(the varint that stands at `at`, -1 when it is cut short; where it ends)."""
    number = 0
    for place, byte in enumerate(raw[at : at + 10]):
        number |= (byte & 127) << 7 * place
        if byte < 128:
            return number, at + place + 1
    return -1, len(raw)


def _varint_of(number: int) -> bytes:
    low, high = number & 127, number >> 7
    return bytes([low | 128]) + _varint_of(high) if high else bytes([low])


def _varints(raw: np.ndarray) -> np.ndarray | None:
    """int64[n] of uint8[bytes]: seven bits a byte, the lowest first, the eighth says that more follow. None for one cut short
    or too long."""
    ends = np.flatnonzero(raw < 128)
    if not len(ends) or ends[-1] != len(raw) - 1:
        return None
    sizes = np.diff(ends, prepend=-1)
    starts = ends - sizes + 1
    told = (raw[starts] & 127).astype(np.uint64)
    longest = int(sizes.max())
    if longest > 10:
        return None
    for place in range(1, longest):
        longer = np.flatnonzero(sizes > place)
        told[longer] |= (raw[starts[longer] + place] & 127).astype(np.uint64) << np.uint64(7 * place)
    return told.view(np.int64)
