"""Online rows that nobody can read or replace: Feast compares stamps before it writes, and ends at the first that is none, so one
person's damaged row would keep everybody's features of last night."""

from __future__ import annotations

from collections.abc import Sequence

import redis
from google.protobuf.message import DecodeError
from google.protobuf.timestamp_pb2 import Timestamp

from models.history import LATEST_S

NO_ROW = "WRONGTYPE"
"""What the store answers where something else than a row stands under the key."""


def take_out(client: redis.Redis, keys: Sequence[bytes], field: str) -> int:
    """Take out what stands under `field` of `keys` and is no moment of a calendar, and keys under which no row stands; how many.
    Raises redis.RedisError."""
    with client.pipeline(transaction=False) as asked:
        for key in keys:
            asked.hget(key, field)
        found = asked.execute(raise_on_error=False)
    n_out = 0
    for key, stamp in zip(keys, found, strict=True):
        if isinstance(stamp, redis.ResponseError) and str(stamp).startswith(NO_ROW):
            n_out += int(client.delete(key))
        elif isinstance(stamp, Exception):
            raise stamp
        elif stamp is not None and not _is_moment(stamp):
            n_out += int(client.hdel(key, field))
    return n_out


def _is_moment(stamp: bytes) -> bool:
    try:
        return 0 <= Timestamp.FromString(stamp).seconds <= LATEST_S
    except DecodeError:
        return False
