"""One of Feast's lists as an array, straight from its bytes: in Python's own numbers 10,000 products take milliseconds.

What doesn't stand as serialisers write it is left to the library.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from serving import packed_lists
from serving.feast_messages import list_field, value_class

_DTYPES = {"int64": np.int64, "bool": np.bool_, "float": np.float32}


def numbers(raw: bytes, kind: str) -> np.ndarray:
    """int64[n], bool[n] or float32[n] of a list of `kind` (`int64`, `bool`, `float`). Raises ValueError, or the library's
    DecodeError, for what is none."""
    start = packed_lists.head((packed_lists.varint(list_field(kind) << 3 | 2), packed_lists.ENTRY), len(raw))
    if start is not None and raw.startswith(start):
        items = raw[len(start) :]
        if kind == "float" and not len(items) % 4:
            return np.frombuffer(items, "<f4")
        if kind == "bool" and not len(items.translate(None, b"\x00\x01")):
            return np.frombuffer(items, np.bool_)
        if kind == "int64" and not (told := packed_lists.numbers([items])).odd:
            return told.values
    value = value_class().FromString(raw)
    if value.WhichOneof("val") != f"{kind}_list_val":
        raise ValueError(f"no list of {kind}")
    read: Any = getattr(value, f"{kind}_list_val").val
    return np.array(read, dtype=_DTYPES[kind])
