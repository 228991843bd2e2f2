"""The moments at which rows of the online store were true, as Feast stamps them: read and replaced many at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import redis
from google.protobuf.timestamp_pb2 import Timestamp

BATCH = 10_000
# Compare and set: where the stamp is exactly the one that is to be replaced, put another.
_REPLACE = """
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) end
"""


def stamp_of(at: datetime) -> bytes:
    """As Feast writes it."""
    stamp = Timestamp()
    stamp.FromDatetime(at)
    return bytes(stamp.SerializeToString())


def order(stamp: bytes) -> tuple[int, int]:
    """(seconds, nanoseconds): sorts as moments do."""
    found = Timestamp.FromString(stamp)
    return found.seconds, found.nanos


def replace_stamps(client: redis.Redis, field: str, stand: Mapping[bytes, bytes], by: bytes) -> None:
    """Put `by` where what `stand` says by key still stands in `field`."""
    script = client.register_script(_REPLACE)
    for part in batches([*stand]):
        with client.pipeline(transaction=False) as pipe:
            for key in part:
                script(keys=[key], args=[field, stand[key], by], client=pipe)
            pipe.execute()


def stamps(client: redis.Redis, field: str, keys: list[bytes]) -> dict[bytes, bytes]:
    """What stands in `field`, by key; nothing of a key without it."""
    found = dict[bytes, bytes | None]()
    for part in batches(keys):
        with client.pipeline(transaction=False) as pipe:
            for key in part:
                pipe.hget(key, field)
            found |= zip(part, pipe.execute(), strict=True)
    return {key: stamp for key, stamp in found.items() if stamp is not None}


def batches(keys: list[bytes]) -> Iterator[list[bytes]]:
    """As many as one pipeline takes."""
    for first in range(0, len(keys), BATCH):
        yield keys[first : first + BATCH]
