"""The messages of Feast that serving reads, declared here in a pool of our own: importing Feast costs seconds and 145 MiB.

Of each only the fields that are needed, under their numbers in protos/feast of Feast; a test holds them together with Feast's.
What is not declared is passed over.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

_PACKAGE = "daypart.feast"
_ONE, _MANY = FieldDescriptorProto.LABEL_OPTIONAL, FieldDescriptorProto.LABEL_REPEATED
_SCALARS = {
    "bytes": FieldDescriptorProto.TYPE_BYTES,
    "string": FieldDescriptorProto.TYPE_STRING,
    "int32": FieldDescriptorProto.TYPE_INT32,
    "int64": FieldDescriptorProto.TYPE_INT64,
    "double": FieldDescriptorProto.TYPE_DOUBLE,
    "float": FieldDescriptorProto.TYPE_FLOAT,
    "bool": FieldDescriptorProto.TYPE_BOOL,
    "unix_timestamp": FieldDescriptorProto.TYPE_INT64,
}
"""In the order of Feast's numbers: a value of one kind is field 1 and on of `Value`, a list of it field 11 and on."""
FIRST_LIST = 11
_NESTED = {
    "FeatureSpecV2": (("name", 1, None),),
    "FeatureViewProjection": (("feature_view_name", 1, None), ("feature_columns", 2, "FeatureSpecV2")),
    "FeatureServiceSpec": (("name", 1, None), ("project", 2, None), ("features", 3, "FeatureViewProjection")),
}
"""(field, number, message of its items or None for one text) of each message of protos/feast/core."""


@cache
def value_class() -> Any:
    """`Value`: protos/feast/types/Value.proto, its plain kinds and lists of them."""
    return GetMessageClass(_pool().FindMessageTypeByName(f"{_PACKAGE}.Value"))


@cache
def service_class() -> Any:
    """`FeatureService`: which features of which views are read under one name."""
    return GetMessageClass(_pool().FindMessageTypeByName(f"{_PACKAGE}.FeatureService"))


@cache
def registry_class() -> Any:
    """`Registry`: of all that a registry in a file holds, its feature services."""
    return GetMessageClass(_pool().FindMessageTypeByName(f"{_PACKAGE}.Registry"))


def list_field(kind: str) -> int:
    """The number in `Value` of a list of `kind`, as int64."""
    return FIRST_LIST + list(_SCALARS).index(kind)


@cache
def _pool() -> DescriptorPool:
    file = FileDescriptorProto(name="daypart/feast.proto", package=_PACKAGE, syntax="proto3")
    value = file.message_type.add(name="Value")
    value.oneof_decl.add(name="val")
    for number, (kind, type_) in enumerate(_SCALARS.items(), 1):
        value.field.add(name=f"{kind}_val", number=number, type=type_, label=_ONE, oneof_index=0)
        name = f"{kind}_list"
        file.message_type.add(name=name).field.add(name="val", number=1, type=type_, label=_MANY)
        _refer(value, f"{name}_val", list_field(kind), name, is_repeated=False).oneof_index = 0
    for name, fields in _NESTED.items():
        message = file.message_type.add(name=name)
        for field, number, of in fields:
            if of is None:
                message.field.add(name=field, number=number, type=_SCALARS["string"], label=_ONE)
            else:
                _refer(message, field, number, of, is_repeated=True)
    service = file.message_type.add(name="FeatureService")
    _refer(service, "spec", 1, "FeatureServiceSpec", is_repeated=False)
    registry = file.message_type.add(name="Registry")
    _refer(registry, "feature_services", 7, "FeatureService", is_repeated=True)
    pool = DescriptorPool()
    pool.Add(file)
    return pool


def _refer(message: DescriptorProto, name: str, number: int, of: str, *, is_repeated: bool) -> FieldDescriptorProto:
    return message.field.add(
        name=name, number=number, type=FieldDescriptorProto.TYPE_MESSAGE, type_name=f".{_PACKAGE}.{of}",
        label=_MANY if is_repeated else _ONE,
    )  # fmt: skip
