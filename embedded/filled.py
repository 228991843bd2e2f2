"""Whether the online store holds all that belongs there: marks beside Feast's rows, which are gone with them when it comes back
empty. Who fills it begins with a pledge, and what is pledged is marked only if the pledge still stands: a store that was emptied
meanwhile stays unmarked.
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
for place = 2, #KEYS do redis.call('SET', KEYS[place], '1') end
return 1
"""


class Filled(NamedTuple):
    """What stands whole."""

    histories: bool
    others: bool
    """What stores sell, and what is told of people besides: `daypart features` alone brings it."""

    @staticmethod
    def of(marks: Sequence[bytes | None]) -> Filled:
        """As MGET of `marks` answers."""
        return Filled(*(mark is not None for mark in marks))


WHOLE = Filled(True, True)


def marks(project: str) -> list[bytes]:
    """The keys, in the order of `Filled`."""
    return [f"{project}:daypart:filled:{name}".encode() for name in Filled._fields]


class Filling:
    """The marks of one project for who fills the store. Raises what `client` raises (`embedded.connect`)."""

    def __init__(self, client: redis.Redis, project: str) -> None:
        self._client, self._marks = client, marks(project)
        self._pledge = f"{project}:daypart:filling:{token_hex(8)}".encode()

    def stands(self) -> Filled:
        """What is whole now."""
        answer: list[bytes | None] = self._client.mget(self._marks)  # type: ignore[assignment]
        return Filled.of(answer)

    def begin(self) -> None:
        """From now on it is filled."""
        self._client.set(self._pledge, b"1", ex=PLEDGE_S)

    def end(self, others: bool = True) -> bool:
        """It is filled, with the `others` too; False (and no mark) when it was emptied since `begin`."""
        chosen = self._marks if others else self._marks[:1]
        return bool(self._client.eval(_MARK, 1 + len(chosen), self._pledge, *chosen))


def filling(settings: Settings, store: OnlineStore) -> Filling:
    """For one who fills this store."""
    return Filling(connect(store.url, BULK_TIMEOUT_S), str(repo_config(settings, "localhost:0")["project"]))
