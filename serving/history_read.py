"""Users' histories as they are read while somebody waits: HMGETs sent together on a connection of its own, each a seventh of the
SDK's time.

The rows are those of `history_rows.py`; a property test holds this reader and the SDK together.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from threading import Lock
from typing import Any

import redis

from embedded.filled import PARTS, WHOLE, Filled, mark_key
from embedded.online_rows import entity_key
from models.history import History
from serving.entity_rows import NO_ROW
from serving.feast_values import row_moment
from serving.history_rows import STAMP, Kind, field
from serving.online_port import Past


class HistoryRead:
    """One connection of its own, used in turn. Raises redis.RedisError or OSError when the store doesn't answer."""

    def __init__(self, client: redis.Redis, project: str, kind: Kind) -> None:
        self._client, self._project, self._kind = client, project, kind
        self._asked = b"".join(map(_bulk, [*map(field, kind.names), STAMP.encode()]))
        self._head = b"*%d\r\n%s" % (len(kind.names) + 3, _bulk(b"HMGET"))
        asked = [b"HMGET", mark_key(project), *(name.encode() for name in PARTS)]
        self._marks = b"*%d\r\n%s" % (len(asked), b"".join(map(_bulk, asked)))
        self.filled: Filled = WHOLE
        """What stood whole at the last read: asked after the rows, so that what was emptied before them is known."""
        self._stood: list[bytes | None] = []  # the marks that `filled` is of
        self.n_connected = 0
        """How often it was connected: behind the same address may be another server then."""
        self._connection: Any = None
        self._turn = Lock()

    def read(self, user_ids: Sequence[str]) -> list[Past | ValueError]:
        """What is known of each user's purchases, in one round trip: an empty history and no moment where nothing is, a
        ValueError where a row is damaged."""
        keys = (entity_key(self._project, "user_id", user_id) for user_id in user_ids)
        *answers, stands = self._answers([*(self._head + _bulk(key) + self._asked for key in keys), self._marks])
        if isinstance(stands, list) and stands != self._stood:
            self.filled, self._stood = Filled.of(stands), stands
        moments = [_moment_of(answer) for answer in answers]
        told = [
            one[:-1]
            for one, at in zip(answers, moments, strict=True)
            if isinstance(at, datetime) and isinstance(one, list)
        ]
        histories = iter(self._kind.from_bytes(told))
        return [_past(at, next(histories) if isinstance(at, datetime) else History.empty()) for at in moments]

    def _answers(self, commands: Sequence[bytes]) -> list[list[bytes | None] | redis.ResponseError]:
        with self._turn:
            try:
                return self._ask(commands)
            except (redis.ConnectionError, OSError):
                # The server may have closed a connection that waited, or have been started anew: a read may be asked again.
                return self._ask(commands)

    def _ask(self, commands: Sequence[bytes]) -> list[list[bytes | None] | redis.ResponseError]:
        if self._connection is None:
            self._connection = self._client.connection_pool.get_connection()
            self.n_connected += 1
        try:
            self._connection.send_packed_command([b"".join(commands)], check_health=False)
            answers = [self._one() for _ in commands]
        except BaseException:
            # An answer that came late, or half of one, must not be taken for the next one's.
            self._drop()
            raise
        for answer in answers:
            # All are read by now: the next answer on this connection is the next question's.
            if isinstance(answer, redis.ResponseError) and not str(answer).startswith(NO_ROW):
                raise answer
        return answers

    def _one(self) -> list[bytes | None] | redis.ResponseError:
        try:
            answer: list[bytes | None] = self._connection.read_response(disable_decoding=True)
        except redis.ResponseError as error:
            return error
        return answer

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.disconnect()
            self._client.connection_pool.release(self._connection)
            self._connection = None


def _moment_of(answer: list[bytes | None] | redis.ResponseError) -> datetime | ValueError | None:
    """When what stands there was true; None where nothing does."""
    if isinstance(answer, redis.ResponseError):
        return ValueError(f"history: {answer}")
    try:
        return row_moment(answer[-1], answer[:-1])
    except ValueError as error:
        return error


def _past(at: datetime | ValueError | None, history: History | ValueError) -> Past | ValueError:
    if isinstance(at, ValueError):
        return at
    return history if isinstance(history, ValueError) else Past(history, at)


def _bulk(text: bytes) -> bytes:
    return b"$%d\r\n%s\r\n" % (len(text), text)
