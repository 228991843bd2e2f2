"""Query strings become checked values, or a 400 that names the parameter."""

from __future__ import annotations

import re
from typing import TypeVar
from urllib.parse import parse_qsl

import msgspec

from serving.door import KIB, fault_of
from serving.problems import malformed
from serving.wire import Ask

T = TypeVar("T")
MAX_QUERY = 4 * KIB
# `+` of an offset arrives as a space when a client forgets to percent-encode it.
_LOST_PLUS = re.compile(r"(?<=\d) (?=\d{2}:\d{2}$)")


class Nothing(Ask, frozen=True):
    """Query of a call that takes none."""


def query_of(raw: bytes, kind: type[T] | None) -> T | None:
    """The query string of a call that takes `kind`. One that takes none (None) refuses parameters as a body refuses fields that
    it hasn't got: a misspelt one must not be passed over in silence. Raises Problem 400."""
    if kind is not None:
        return read_query(raw, kind)
    if raw:
        read_query(raw, Nothing)
    return None


def read_query(raw: bytes, kind: type[T]) -> T:
    """The query string as `kind`; every name must be a field of it and appear once. Raises Problem 400."""
    if len(raw) > MAX_QUERY:
        raise malformed(f"the query is over {MAX_QUERY} bytes", "query")
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise malformed("the query is not percent-encoded UTF-8", "query") from None
    values = {name: _LOST_PLUS.sub("+", value) for name, value in pairs}
    if len(values) != len(pairs):
        raise malformed("a query parameter is given twice", "query")
    try:
        return msgspec.convert(values, type=kind, strict=False)
    except msgspec.ValidationError as error:
        fault = fault_of(error)
        raise malformed(f"query{fault.pointer}: {fault.detail}", f"query{fault.pointer}") from None
