"""A user's history straight from the rows that Feast writes on Redis: one HMGET, no SDK, a fifth of its time.

The layout is Feast's own (docs/specs/online_store_format.md there): the hash of an entity holds, for each feature, the murmur3 of
`view:feature` in four bytes → a serialised `Value`, and `_ts:view` → a serialised `Timestamp`. A property test holds this reader
and the SDK together (`tests/serving/test_history_rows.py`).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

import mmh3
import numpy as np
import redis

from embedded.online_rows import entity_key
from models.history import History
from serving.feast_values import moment_of
from serving.online_port import Past

_VIEW, _KEY = "user_history", "user_id"
_FEATURES = ("product_ids", "counts", "decayed", "last_visit", "last_at_s", "n_visits")
_FLOATS = b"\x82\x01"
"""Field 16 of `Value`, length-delimited: float_list_val."""


Parse = Callable[[Any], Any]
"""`Value.FromString` and `Timestamp.FromString` of Feast's protocol buffers: bytes to a message."""


class HistoryRows:
    """One connection of its own, used in turn. Raises redis.RedisError or OSError when the store doesn't answer."""

    def __init__(self, client: redis.Redis, project: str, value: Parse, moment: Parse) -> None:
        self._client, self._project, self._value, self._moment = client, project, value, moment
        fields = [struct.pack("<I", mmh3.hash(f"{_VIEW}:{name}", signed=False)) for name in _FEATURES]
        self._asked = b"".join(map(_bulk, [*fields, f"_ts:{_VIEW}".encode()]))
        self._head = b"*%d\r\n%s" % (len(fields) + 3, _bulk(b"HMGET"))
        self._connection: Any = None
        self._turn = Lock()

    def read(self, user_id: str) -> Past:
        """What is known of the user's purchases; an empty history and no moment where nothing is. ValueError: a damaged row."""
        key = entity_key(self._project, _KEY, user_id)
        *row, stamp = self._answer(self._head + _bulk(key) + self._asked)
        moment = None if stamp is None else moment_of(self._moment(stamp))
        if moment is None:
            return Past(History.empty(), None)
        try:
            ids, counts, decayed, visits, times, n_visits = row
            values = self._value
            return Past(
                History.of(
                    values(ids).string_list_val.val,
                    _floats(counts, values),
                    _floats(decayed, values),
                    values(visits).int64_list_val.val,
                    values(times).int64_list_val.val,
                    values(n_visits).int64_val,
                ),
                moment,
            )
        except (TypeError, struct.error) as error:
            raise ValueError(f"history: a row is not whole ({error})") from None

    def close(self) -> None:
        """Let the connection go."""
        with self._turn:
            self._drop()

    def _answer(self, command: bytes) -> Sequence[bytes | None]:
        with self._turn:
            try:
                return self._ask(command)
            except redis.TimeoutError:
                self._drop()
                raise
            except (redis.ConnectionError, OSError):
                # The server may have closed a connection that waited, or have been started anew: a read may be asked again.
                self._drop()
            try:
                return self._ask(command)
            except BaseException:
                self._drop()
                raise

    def _ask(self, command: bytes) -> Sequence[bytes | None]:
        if self._connection is None:
            self._connection = self._client.connection_pool.get_connection()
        self._connection.send_packed_command([command], check_health=False)
        answer: Sequence[bytes | None] = self._connection.read_response(disable_decoding=True)
        return answer

    def _drop(self) -> None:
        """An answer that came late must not be taken for the next one's."""
        if self._connection is not None:
            self._connection.disconnect()
            self._client.connection_pool.release(self._connection)
            self._connection = None


def _bulk(text: bytes) -> bytes:
    return b"$%d\r\n%s\r\n" % (len(text), text)


def _floats(raw: Any, value: Parse) -> np.ndarray:
    """float32[n] of a list as serialisers pack it: two tags and two lengths, then the numbers themselves."""
    if raw[:2] == _FLOATS:
        outer, start = _varint(raw, 2)
        if start + outer == len(raw) and raw[start : start + 1] == b"\x0a":
            inner, start = _varint(raw, start + 1)
            if start + inner == len(raw) and not inner % 4:
                return np.frombuffer(raw, "<f4", offset=start)
    return np.array(value(raw).float_list_val.val, dtype=np.float32)


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = raw[at]
        number |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return number, at
