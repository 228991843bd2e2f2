"""A user's history as it is read while somebody waits: one HMGET on a connection of its own, a seventh of the SDK's time.

The rows are those of `history_rows.py`; a property test holds this reader and the SDK together.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any

import redis
from google.protobuf.timestamp_pb2 import Timestamp

from embedded.online_rows import entity_key
from models.history import History
from serving.feast_values import moment_of
from serving.history_rows import STAMP, Kind, field
from serving.online_port import Past


class HistoryRead:
    """One connection of its own, used in turn. Raises redis.RedisError or OSError when the store doesn't answer."""

    def __init__(self, client: redis.Redis, project: str, kind: Kind) -> None:
        self._client, self._project, self._kind = client, project, kind
        self._asked = b"".join(map(_bulk, [*map(field, kind.names), STAMP.encode()]))
        self._head = b"*%d\r\n%s" % (len(kind.names) + 3, _bulk(b"HMGET"))
        self._connection: Any = None
        self._turn = Lock()

    def read(self, user_id: str) -> Past:
        """What is known of the user's purchases; an empty history and no moment where nothing is. ValueError: a damaged row."""
        key = entity_key(self._project, "user_id", user_id)
        *values, stamp = self._answer(self._head + _bulk(key) + self._asked)
        moment = None if stamp is None else moment_of(Timestamp.FromString(stamp))
        return Past(History.empty(), None) if moment is None else Past(self._kind.from_bytes(values), moment)

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
