"""An online store that was emptied is filled again with everybody's history, without anybody's doing: who is to be reckoned."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from offers.database import transaction
from people.directory import claimed, resolved
from serving.episode import Episode

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from embedded.filled import Filling
    from river.stock import Stock


class Refill:
    """Of one follower. Several may refill at once, and `daypart features` beside them: all write the same."""

    def __init__(self, filling: Filling) -> None:
        self._filling = filling
        self._since: datetime | None = None
        self._emptied = Episode("online store was emptied", "everybody's history is in the online store again")

    def is_due(self, now: datetime) -> bool:
        """Whether everybody is to be reckoned, of what is known `now`. Says so, and pledges it, until `done`. Raises
        redis.RedisError."""
        if self._filling.stands().histories:
            self._emptied.end()
            return False
        self._emptied.begin("everybody's history is reckoned again")
        self._filling.begin()
        self._since = now
        return True

    def done(self) -> None:
        """Everybody was reckoned since; if the store was emptied again meanwhile, it is due again. Raises redis.RedisError."""
        if self._since is not None and self._filling.end(self._since, others=False):
            self._emptied.end()


def everybody(engine: Engine, stock: Stock) -> set[str]:
    """Ids of all who may have a history: who is named by a line, and who bears an id or ticket. Raises LedgerError."""
    with transaction(engine, write=False) as connection:
        known = resolved(connection)
        theirs = {one.person for one in claimed(connection)}
    named = set(stock.lines.bought["user_id"].drop_nulls().unique())
    return named | set(known) | set(known.values()) | theirs
