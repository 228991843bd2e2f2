"""Rows of any kind, written by Feast's own writer: what a parity test lets a reader read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from feast.protos.feast.types.EntityKey_pb2 import EntityKey
from feast.protos.feast.types.Value_pb2 import BoolList, FloatList, Int64List, StringList, Value
from hypothesis import strategies as st

_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
_INT = st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(0, 1000))
_FLOAT = st.floats(width=32, allow_nan=False)
_OF = {
    "String": _TEXT.map(lambda one: Value(string_val=one)),
    "Int64": _INT.map(lambda one: Value(int64_val=one)),
    "Float32": _FLOAT.map(lambda one: Value(float_val=one)),
    "Array(String)": st.lists(_TEXT, max_size=9).map(lambda some: Value(string_list_val=StringList(val=some))),
    "Array(Int64)": st.lists(_INT, max_size=9).map(lambda some: Value(int64_list_val=Int64List(val=some))),
    "Array(Float32)": st.lists(_FLOAT, max_size=9).map(lambda some: Value(float_list_val=FloatList(val=some))),
    "Array(Bool)": st.lists(st.booleans(), max_size=9).map(lambda some: Value(bool_list_val=BoolList(val=some))),
}


def values_of(view: Any, *, nulls: bool = True) -> st.SearchStrategy[Mapping[str, Value]]:
    """Values by feature of a view: of its type, left out, or null if there may be nulls."""
    null = st.just(Value()) if nulls else st.nothing()
    kinds = {field.name: _OF[str(field.dtype)] | null for field in view.features}
    return st.fixed_dictionaries({}, optional=kinds)


def write(feast: Any, view: Any, entity: str, values: Mapping[str, Value], at: datetime) -> None:
    """By the provider of the SDK, whatever an earlier row said."""
    (key,) = view.join_keys
    row = (EntityKey(join_keys=[key], entity_values=[Value(string_val=entity)]), dict(values), at, None)
    feast._get_provider().online_write_batch(feast.config, view, [row], None)
