"""Histories as bytes of the online store: the part of Feast's `Value` that they need, declared here.

A process that writes histories and asks Feast nothing is spared its import, which takes seconds; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

from embedded import OnlineStore, connect
from embedded.feast_config import serving_config
from models.history import History
from serving.history_decode import histories_of
from serving.history_rows import HistoryRows, Kind
from settings import Settings

NAMES = ("product_ids", "counts", "decayed", "last_visit", "last_at_s", "n_visits")
WRITE_TIMEOUT_S = 0.25
_INT64 = FieldDescriptorProto.TYPE_INT64
# Message, the type of its `val`, its field in `Value`: protos/feast/types/Value.proto of Feast.
_LISTS = (
    ("string_list", FieldDescriptorProto.TYPE_STRING, 12),
    ("int64_list", _INT64, 14),
    ("float_list", FieldDescriptorProto.TYPE_FLOAT, 16),
)


def history_rows(settings: Settings, store: OnlineStore) -> HistoryRows:
    """The histories in the online store, for whoever writes them. Raises what `HistoryRows` raises."""
    project = str(serving_config(settings, store.connection_string)["project"])
    return HistoryRows(connect(store.url, WRITE_TIMEOUT_S), project, history_kind())


@cache
def history_kind() -> Kind:
    """Every feature of the history: a row is written whole or not at all."""
    value = _value()

    def to_bytes(history: History) -> Mapping[str, bytes]:
        values = [value(string_list_val={"val": history.product_ids})]
        values += [value(float_list_val={"val": each.tolist()}) for each in (history.counts, history.decayed)]
        values += [value(int64_list_val={"val": each.tolist()}) for each in (history.last_visit, history.last_at_s)]
        values.append(value(int64_val=history.n_visits))
        return {name: one.SerializeToString() for name, one in zip(NAMES, values, strict=True)}

    def from_bytes(rows: Sequence[Sequence[bytes | None]]) -> list[History | ValueError]:
        return histories_of(rows, value.FromString)

    return Kind(NAMES, to_bytes, from_bytes)


def _value() -> Any:
    """The class of `Value` with four of its kinds, in a pool of our own: Feast's stands in everybody's."""
    file = FileDescriptorProto(name="daypart/history.proto", package="daypart", syntax="proto3")
    whole = file.message_type.add(name="Value")
    whole.oneof_decl.add(name="val")
    optional, repeated = FieldDescriptorProto.LABEL_OPTIONAL, FieldDescriptorProto.LABEL_REPEATED
    whole.field.add(name="int64_val", number=4, type=_INT64, label=optional, oneof_index=0)
    for name, kind, number in _LISTS:
        file.message_type.add(name=name).field.add(name="val", number=1, type=kind, label=repeated)
        whole.field.add(
            name=f"{name}_val", number=number, type=FieldDescriptorProto.TYPE_MESSAGE, type_name=f".daypart.{name}",
            label=optional, oneof_index=0,
        )  # fmt: skip
    pool = DescriptorPool()
    pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName("daypart.Value"))
