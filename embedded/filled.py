"""Whether the online store holds all that belongs there: marks beside Feast's rows, which are gone with them when it comes back
empty. Who fills it begins with a pledge, and what is pledged is marked only if the pledge still stands: a store that was emptied
meanwhile stays unmarked.

Marks are fields of one hash, and every key ends in the project's name as Feast's do: the rights of docs/security.md suffice.
"""

from __future__ import annotations

from collections.abc import Sequence
from secrets import token_hex
from typing import NamedTuple

import redis

from embedded.feast_config import repo_config
from embedded.lease import BULK_TIMEOUT_S, OnlineStore, connect
from settings import Settings

PLEDGE_S = 6 * 3600
"""Longer than filling takes; one that somebody left behind goes by itself."""
# The store runs a script alone: nobody empties it between its look and its writing.
_MARK = """
if redis.call('DEL', KEYS[1]) == 0 then return 0 end
for _, name in ipairs(ARGV) do redis.call('HSET', KEYS[2], name, '1') end
return 1
"""


class Filled(NamedTuple):
    """What stands whole."""

    histories: bool
    others: bool
    """What stores sell, and what is told of people besides: `daypart features` alone brings it."""

    @staticmethod
    def of(marks: Sequence[bytes | None]) -> Filled:
        """As HMGET of the fields answers."""
        return Filled(*(mark is not None for mark in marks))


WHOLE = Filled(True, True)


def mark_key(project: str) -> bytes:
    """Of the hash whose fields are `Filled`'s."""
    return f"filled:{project}".encode()


class Filling:
    """The marks of one project for who fills the store. Raises what `client` raises (`embedded.connect`)."""

    def __init__(self, client: redis.Redis, project: str) -> None:
        self._client, self._mark = client, mark_key(project)
        self._pledge = f"filling:{token_hex(8)}:{project}".encode()

    def stands(self) -> Filled:
        """What is whole now."""
        answer: list[bytes | None] = self._client.hmget(self._mark, list(Filled._fields))  # type: ignore[assignment]
        return Filled.of(answer)

    def begin(self) -> None:
        """From now on it is filled."""
        self._client.hset(self._pledge, "since", b"1")
        self._client.expire(self._pledge, PLEDGE_S)

    def end(self, others: bool = True) -> bool:
        """It is filled, with the `others` too; False (and no mark) when it was emptied since `begin`."""
        fields = Filled._fields if others else Filled._fields[:1]
        return bool(self._client.eval(_MARK, 2, self._pledge, self._mark, *fields))


def filling(settings: Settings, store: OnlineStore, timeout_s: float = BULK_TIMEOUT_S) -> Filling:
    """For one who fills this store."""
    return Filling(connect(store.url, timeout_s), str(repo_config(settings, "localhost:0")["project"]))
