"""Thrift's compact protocol, both ways, without knowing the structs: parquet writes its footer in it.

https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md. What is read is written back byte for byte,
changed or not. Maps are not read: a footer has none.
"""

from __future__ import annotations

import struct
from typing import Any

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, _MAP, STRUCT = range(1, 13)
_VARINT_BITS = 70
Struct = dict[int, tuple[int, Any]]
"""(type, value) by field, in the order of the fields; the value of a list is (type of its elements, elements)."""


def decode(data: bytes) -> Struct:
    """The struct that `data` begins with. Raises ValueError where it is none."""
    return decode_at(data)[0]


def decode_at(data: bytes) -> tuple[Struct, int]:
    """The same, and how many bytes it takes."""
    try:
        return _struct(data, 0)
    except (IndexError, struct.error):
        raise ValueError("a struct that is cut short") from None


def encode(fields: Struct) -> bytes:
    """The bytes of a struct."""
    out = bytearray()
    _write_struct(out, fields)
    return bytes(out)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift >= _VARINT_BITS:
            raise ValueError("a number that doesn't end")


def _struct(data: bytes, at: int) -> tuple[Struct, int]:
    fields, last = Struct(), 0
    while head := data[at]:
        kind, at = head & 0x0F, at + 1
        if head >> 4:
            last += head >> 4
        else:
            number, at = _varint(data, at)
            last = (number >> 1) ^ -(number & 1)
        # A field's header says which of both a truth is; in a list it takes a byte.
        value, at = (None, at) if kind in (TRUE, FALSE) else _value(data, at, kind)
        fields[last] = kind, value
    return fields, at + 1


def _value(data: bytes, at: int, kind: int) -> tuple[Any, int]:
    if kind in (I16, I32, I64):
        number, at = _varint(data, at)
        return (number >> 1) ^ -(number & 1), at
    if kind == BINARY:
        length, at = _varint(data, at)
        if at + length > len(data):
            raise ValueError("a text that is cut short")
        return data[at : at + length], at + length
    if kind == STRUCT:
        return _struct(data, at)
    if kind in (LIST, SET):
        inner, n, at = data[at] & 0x0F, data[at] >> 4, at + 1
        if n == 15:
            n, at = _varint(data, at)
        values = []
        for _ in range(n):
            value, at = _value(data, at, inner)
            values.append(value)
        return (inner, values), at
    if kind == DOUBLE:
        return struct.unpack_from("<d", data, at)[0], at + 8
    if kind in (TRUE, FALSE, BYTE):
        return data[at], at + 1
    raise ValueError(f"a value of type {kind}")


def _write_varint(out: bytearray, value: int) -> None:
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def _write_struct(out: bytearray, fields: Struct) -> None:
    last = 0
    for number, (kind, value) in fields.items():
        if 0 < number - last <= 15:
            out.append((number - last) << 4 | kind)
        else:
            out.append(kind)
            _write_varint(out, number << 1 if number >= 0 else ~(number << 1))
        last = number
        if kind not in (TRUE, FALSE):
            _write_value(out, kind, value)
    out.append(0)


def _write_value(out: bytearray, kind: int, value: Any) -> None:
    if kind in (I16, I32, I64):
        _write_varint(out, value << 1 if value >= 0 else ~(value << 1))
    elif kind == BINARY:
        _write_varint(out, len(value))
        out += value
    elif kind == STRUCT:
        _write_struct(out, value)
    elif kind in (LIST, SET):
        inner, values = value
        out.append(min(len(values), 15) << 4 | inner)
        if len(values) >= 15:
            _write_varint(out, len(values))
        for one in values:
            _write_value(out, inner, one)
    elif kind == DOUBLE:
        out += struct.pack("<d", value)
    else:
        out.append(value)
