"""Whether the online store holds all that belongs there, and as of when: marks beside Feast's rows, gone with them when it comes
back empty. Who fills it begins with a pledge, and what is pledged is marked only if the pledge still stands: a store that was
emptied meanwhile stays unmarked.

A mark says until which moment everything was known then. A row's own stamp can't: it is that of the person's last purchase where
a push or a follower wrote it, though they were known not to have bought since.

Marks are fields of one hash, and every key ends in the project's name as Feast's do: the rights of docs/security.md suffice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from secrets import token_hex
from typing import NamedTuple

import redis

from embedded.feast_config import repo_config
from embedded.lease import BULK_TIMEOUT_S, OnlineStore, connect
from settings import Settings

PARTS = ("histories", "others")
PLEDGE_S = 6 * 3600
"""Longer than filling takes; one that somebody left behind goes by itself."""
# The store runs a script alone: nobody empties it between its look and its writing.
_MARK = """
if redis.call('DEL', KEYS[1]) == 0 then return 0 end
for n = 2, #ARGV do redis.call('HSET', KEYS[2], ARGV[n], ARGV[1]) end
return 1
"""


class Filled(NamedTuple):
    """What stands whole."""

    histories: bool
    others: bool
    """What stores sell, and what is told of people besides: `daypart features` alone brings it."""
    histories_at: datetime | None = None
    """Until when the histories were known as they were filled in; None where nobody said (a version before this did not)."""
    others_at: datetime | None = None
    """The same of the others: the snapshot of the last features run."""

    @staticmethod
    def of(marks: Sequence[bytes | None]) -> Filled:
        """As HMGET of PARTS answers."""
        histories, others = marks
        return Filled(histories is not None, others is not None, _moment(histories), _moment(others))

    def true_at(self, stamp: datetime) -> datetime:
        """Until when a row of this stamp is known to tell all: where all were whole later than it was written, it was too."""
        return stamp if self.histories_at is None else max(stamp, self.histories_at)


WHOLE = Filled(True, True)


def mark_key(project: str) -> bytes:
    """Of the hash whose fields are PARTS."""
    return f"filled:{project}".encode()


class Filling:
    """The marks of one project for who fills the store. Raises what `client` raises (`embedded.connect`)."""

    def __init__(self, client: redis.Redis, project: str) -> None:
        self._client, self._mark = client, mark_key(project)
        self._pledge = f"filling:{token_hex(8)}:{project}".encode()

    def stands(self) -> Filled:
        """What is whole now."""
        answer: list[bytes | None] = self._client.hmget(self._mark, list(PARTS))  # type: ignore[assignment]
        return Filled.of(answer)

    def begin(self) -> None:
        """From now on it is filled."""
        self._client.hset(self._pledge, "since", b"1")
        self._client.expire(self._pledge, PLEDGE_S)

    def end(self, at: datetime, others: bool = True) -> bool:
        """It is filled with all that was known until `at`, with the `others` too; False (and no mark) when it was emptied since
        `begin`."""
        fields = PARTS if others else PARTS[:1]
        return bool(self._client.eval(_MARK, 2, self._pledge, self._mark, at.isoformat(), *fields))


def filling(settings: Settings, store: OnlineStore, timeout_s: float = BULK_TIMEOUT_S) -> Filling:
    """For one who fills this store."""
    return Filling(connect(store.url, timeout_s), str(repo_config(settings, "localhost:0")["project"]))


def _moment(mark: bytes | None) -> datetime | None:
    try:
        at = None if mark is None else datetime.fromisoformat(mark.decode("ascii"))
    except ValueError:
        return None
    return at if at is not None and at.utcoffset() is not None else None
