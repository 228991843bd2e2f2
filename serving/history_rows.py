"""Histories in the online store, many at once, each replaced only if nobody replaced it since it was read.

The row is Feast's (docs/specs/online_store_format.md there): a hash under the entity's key, a field for each feature, named by
the MurmurHash3 of view and feature, and the moment it was true under `_ts:` and the view. Written as Feast writes it, so that
either reads what the other wrote; a test holds the two together. Feast itself asks for one user at a time, and would lose the
visit that another process adds between its reading and its writing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import redis
from google.protobuf.timestamp_pb2 import Timestamp

from embedded.online_rows import entity_key
from models.history import History
from serving.entity_rows import NO_ROW, hashed
from serving.episode import Signs
from serving.feast_values import row_moment

log = logging.getLogger("daypart.serving")
VIEW = "user_history"
STAMP = f"_ts:{VIEW}"
TICK = timedelta(microseconds=1)
_ODD = b"\xff"  # no stamp, in place of one that can't be asked for
_TOGETHER = 256
_TRIES = 8
# The store runs a script alone: between its look at the stamp and its writing nobody else writes.
_REPLACE = """
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], unpack(ARGV, 3))
return 1
"""
_DROP = """
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
return redis.call('HDEL', KEYS[1], unpack(ARGV, 3)) > 0
"""
Change = Callable[[str, History], History]


@dataclass(frozen=True)
class Kind:
    """What a history looks like as the store's bytes: its features in order, and both ways between."""

    names: Sequence[str]
    to_bytes: Callable[[History], Mapping[str, bytes]]
    from_bytes: Callable[[Sequence[Sequence[bytes | None]]], list[History | ValueError]]
    """Of rows of the values of `names`; a ValueError stands for what no history is."""


class HistoryRows:
    """Rows of one project. Raises what `client` raises, which never retries and waits a moment at most (`embedded.connect`)."""

    def __init__(self, client: redis.Redis, project: str, kind: Kind) -> None:
        self._client, self._project, self._kind = client, project, kind
        self._fields = {name: field(name) for name in kind.names}
        self._odd = Signs("users' features can't be read, their purchases wait for `daypart features`")

    def change(self, user_ids: Sequence[str], how: Change, at: datetime | None = None) -> int:
        """Replace each history by what `how` makes of it (the same object: it is left alone), true at `at` (default: its last
        purchase); how many were replaced."""
        changed, left = 0, list(user_ids)
        for _ in range(_TRIES):
            if not left:
                break
            some, later = left[:_TOGETHER], left[_TOGETHER:]
            n_done, overtaken = self._replace(some, how, at)
            changed, left = changed + n_done, overtaken + later
        if left:
            log.warning("%d histories were changed by others again and again; they wait for `features`", len(left))
        return changed

    def drop(self, user_ids: Sequence[str]) -> int:
        """Delete what the view says of these, whatever else is known of them; of how many it said anything."""
        with self._client.pipeline(transaction=False) as pipe:
            for user_id in user_ids:
                pipe.hdel(self._key(user_id), STAMP, *self._fields.values())
            return sum(map(bool, pipe.execute())) if user_ids else 0

    def told_of(self, user_ids: Sequence[str]) -> list[str]:
        """Those of these of whom the view says something, be it that nothing stands."""
        rows = zip(user_ids, self._read(user_ids), strict=True)
        return [user_id for user_id, row in rows if any(value is not None for value in row)]

    def drop_empty(self, user_ids: Sequence[str]) -> int:
        """Delete what the view says of those of whom it says that nothing stands, unless that changed meanwhile; how many."""
        with self._client.pipeline(transaction=False) as pipe:
            for user_id, (stamp, *values) in zip(user_ids, self._read(user_ids), strict=True):
                [history] = self._kind.from_bytes([values])
                if stamp is not None and isinstance(history, History) and not len(history):
                    pipe.eval(_DROP, 1, self._key(user_id), STAMP, stamp, STAMP, *self._fields.values())
            return sum(map(bool, pipe.execute()))

    def _replace(self, user_ids: Sequence[str], how: Change, at: datetime | None) -> tuple[int, list[str]]:
        """(how many were replaced, whose row somebody else replaced meanwhile)."""
        rows, asked = self._read(user_ids), list[str]()
        with self._client.pipeline(transaction=False) as pipe:
            for user_id, (stamp, *values) in zip(user_ids, rows, strict=True):
                try:
                    stood = row_moment(stamp, values)
                    [history] = self._kind.from_bytes([values]) if stood else [History.empty()]
                    if isinstance(history, ValueError):
                        raise history
                except ValueError as error:
                    self._odd.seen(error)
                    continue
                if (new := how(user_id, history)) is not history:
                    asked.append(user_id)
                    pipe.eval(_REPLACE, 1, self._key(user_id), STAMP, stamp or b"", *self._row(new, at, stood))
            done = pipe.execute() if asked else []
        return sum(done), [user_id for user_id, is_done in zip(asked, done, strict=True) if not is_done]

    def _read(self, user_ids: Sequence[str]) -> list[list[bytes | None]]:
        fields: list[bytes | str] = [STAMP, *self._fields.values()]
        with self._client.pipeline(transaction=False) as pipe:
            for user_id in user_ids:
                pipe.hmget(self._key(user_id), fields)
            found = pipe.execute(raise_on_error=False)
        for one in found:
            if isinstance(one, redis.RedisError) and not str(one).startswith(NO_ROW):
                raise one
        # One that is no row holds up nobody else's.
        return [[_ODD, *(None for _ in self._fields)] if isinstance(one, redis.RedisError) else one for one in found]

    def _row(self, history: History, at: datetime | None, stood: datetime | None) -> list[Any]:
        """The new stamp, then fields and values. It is later than the one that stood: Feast drops what is not newer."""
        true_at = at or datetime.fromtimestamp(int(history.last_at_s.max(initial=0)), UTC)
        if stood:
            true_at = max(true_at, stood + TICK)
        stamp = Timestamp()
        stamp.FromDatetime(true_at)
        row: list[Any] = [stamp.SerializeToString()]
        for name, value in self._kind.to_bytes(history).items():
            row += (self._fields[name], value)
        return row

    def _key(self, user_id: str) -> bytes:
        return entity_key(self._project, "user_id", user_id)


def field(name: str) -> bytes:
    """The name of a feature in the hash."""
    return hashed(VIEW, name)
