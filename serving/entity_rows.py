"""Rows of Feast's on Redis as they stand, without Feast: all that some views say of one entity, in one HMGET.

The layout is Feast's documented one (docs/specs/online_store_format.md there); a property test holds this reader and the SDK
together.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import NamedTuple

import mmh3
import redis

from embedded.online_rows import entity_key
from serving.feast_values import row_moment

NO_ROW = "WRONGTYPE"
"""What the store answers where something else than a row stands under the key."""


class Stands(NamedTuple):
    """One feature of one entity."""

    raw: bytes | None
    """A `Value` of Feast's; None (or nothing) where it has none."""
    at: datetime | None
    """When its view was true of the entity; None where the view has no row."""


class EntityRows:
    """Entities of one kind in one project. Raises what `client` raises (`embedded.connect`), ValueError for what no row is."""

    def __init__(self, client: redis.Redis, project: str, key: str, views: Mapping[str, tuple[str, ...]]) -> None:
        """key: the entity's join key. views: the features of each view."""
        self._client, self._project, self._key, self._views = client, project, key, views
        self._fields: list[bytes | str] = []
        for view, names in views.items():
            self._fields += [f"_ts:{view}".encode(), *(hashed(view, name) for name in names)]

    def raw(self, entity: str) -> list[bytes | None]:
        """The bytes of each view's stamp and features, in turn."""
        try:
            found = self._client.hmget(entity_key(self._project, self._key, entity), self._fields)
        except redis.ResponseError as error:
            if not str(error).startswith(NO_ROW):
                raise
            raise ValueError(f"{self._key}: {error}") from None
        answer: list[bytes | None] = found  # type: ignore[assignment]
        return answer

    def read(self, entity: str) -> dict[str, Stands]:
        """What stands of the entity, by feature. Raises ValueError for a view's row without its stamp too."""
        return self.told(self.raw(entity))

    def told(self, raw: list[bytes | None]) -> dict[str, Stands]:
        """The same of what `raw` gave."""
        told, place = dict[str, Stands](), iter(raw)
        for names in self._views.values():
            stamp, *values = islice(place, 1 + len(names))
            at = row_moment(stamp, values)
            told |= {name: Stands(value, at) for name, value in zip(names, values, strict=True)}
        return told


def hashed(view: str, name: str) -> bytes:
    """The name of a view's feature in the hash: its MurmurHash3, little-endian."""
    return struct.pack("<I", mmh3.hash(f"{view}:{name}", signed=False))
