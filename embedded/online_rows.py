"""Rows of the online store by entity, found by the key that Feast gives them and without importing it.

The key: docs/specs/online_store_format.md of Feast; a test holds the two together. Deleting one deletes all that any view says.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from embedded.feast_config import repo_config
from embedded.lease import BULK_TIMEOUT_S, OnlineStore, connect
from settings import Settings

_STRING = struct.pack("<I", 2)
_ONE = struct.pack("<I", 1)
_BATCH = 10_000
_LENGTH = 4
"""Bytes before a value that say how long it is."""


def entity_key(project: str, key: str, value: str) -> bytes:
    """The Redis key of the entity whose `key` (`user_id`) is `value`, in version 3 of the serialisation."""
    name, said = key.encode(), value.encode()
    lengths = (struct.pack("<I", len(text)) for text in (name, said))
    return _ONE + b"".join(_STRING + n + text for n, text in zip(lengths, (name, said), strict=True)) + project.encode()


def ids_of(settings: Settings, store: OnlineStore, key: str) -> set[str]:
    """Every entity of this key (`user_id`) of which any view says something. Raises redis.RedisError."""
    project = str(repo_config(settings, "localhost:0")["project"])
    start, end = entity_key("", key, "")[:-_LENGTH], project.encode()
    with connect(store.url, BULK_TIMEOUT_S) as client:
        found = [one for one in client.scan_iter(match=start + b"*", count=_BATCH) if one.endswith(end)]
    return {one[len(start) + _LENGTH : -len(end)].decode() for one in found}


def delete_rows(settings: Settings, store: OnlineStore, key: str, values: Sequence[str]) -> int:
    """Delete all that is online about these entities; how many had something. An embedded store begins to save itself, so that
    a crash brings nothing back. Raises redis.RedisError."""
    project, n_gone = str(repo_config(settings, "localhost:0")["project"]), 0
    keys = [entity_key(project, key, value) for value in values]
    with connect(store.url, BULK_TIMEOUT_S) as client:
        for start in range(0, len(keys), _BATCH):
            n_gone += int(client.delete(*keys[start : start + _BATCH]))
        if n_gone and not settings.redis_url:
            client.bgsave(schedule=True)
    return n_gone
