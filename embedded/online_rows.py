"""Rows of the online store by entity, found by the key that Feast gives them and without importing it
(docs/specs/online_store_format.md of Feast; a test holds the two together). Deleting one deletes what every view says of it.
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


def entity_key(project: str, key: str, value: str) -> bytes:
    """The Redis key of the entity whose `key` (`user_id`) is `value`, in version 3 of the serialisation."""
    name, said = key.encode(), value.encode()
    lengths = (struct.pack("<I", len(text)) for text in (name, said))
    return _ONE + b"".join(_STRING + n + text for n, text in zip(lengths, (name, said), strict=True)) + project.encode()


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
