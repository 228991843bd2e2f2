"""A member named twice in one JSON object. RFC 8259 leaves open which one counts, so two readers may take two: it is refused.

msgspec takes the last and says nothing, so this is looked at after it has found everything else right.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import msgspec

_QUOTE = b'"'


class _Repeated(Exception):
    pass


def repeats(text: bytes | msgspec.Raw) -> bool:
    """Whether any object of a JSON text that has been decoded as one of our structs names a member twice.

    A JSON text without escapes has two quotation marks for each name and each string in it. What is read of it and written again
    has the same number, unless a name was read twice. A text with escapes is read again, object by object.
    """
    body = bytes(text)
    if b"\\" not in body:
        return body.count(_QUOTE) != msgspec.json.encode(msgspec.json.decode(body)).count(_QUOTE)
    try:
        _EACH.decode(body.decode())
    except _Repeated:
        return True
    return False


def list_repeats(text: bytes, rows: Iterable[msgspec.Raw]) -> bool:
    """The same of an object whose one member is a list: `rows`, whatever stands in them, and the member's name have all its
    quotation marks, unless it stands there twice."""
    return text.count(_QUOTE) != 2 + sum(bytes(row).count(_QUOTE) for row in rows)


def _refuse(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) != len(pairs):
        raise _Repeated


_EACH = json.JSONDecoder(object_pairs_hook=_refuse, strict=False)
