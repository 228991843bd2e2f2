"""A purchase a moment ago changes the next answer: accepted purchases are added to the online history at once."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from threading import Lock

from embedded import OnlineStoreError
from models.history import History, add_visit
from serving.events import Record
from serving.online_port import OnlineFeatures

log = logging.getLogger("daypart.serving")
_STRIPES = 64


class Visits:
    """Adds purchases to histories. One process adds one user's visits in turn; between processes the last write wins,
    and the next `daypart features` reckons every history from the events again.
    """

    def __init__(self, online: OnlineFeatures, zones: Mapping[str, tzinfo], history_limit: int) -> None:
        self._online, self._zones, self._limit = online, zones, history_limit
        self._turns = [Lock() for _ in range(_STRIPES)]

    def add(self, records: Sequence[Record]) -> int:
        """Add the purchases among `records`; returns how many users' histories changed. Blocking, never raises for a
        store that is down: the events are safe in the inbox.
        """
        by_user: dict[str, list[Record]] = defaultdict(list)
        for record in records:
            if record["event_type"] == "purchase" and record["user_id"] is not None:
                by_user[record["user_id"]].append(record)
        changed = 0
        for user_id in sorted(by_user):
            with self._turns[hash(user_id) % _STRIPES]:
                try:
                    changed += self._add_one(user_id, by_user[user_id])
                except OnlineStoreError as error:
                    log.warning("online store down, %d users wait for the next features run: %s", len(by_user), error)
                    return changed
                except ValueError as error:
                    log.warning("a user's features can't be read, their purchase waits for the next run: %s", error)
        return changed

    def _add_one(self, user_id: str, records: Sequence[Record]) -> int:
        history = before = self._online.user(user_id).history
        days: dict[tuple[date, str], list[Record]] = defaultdict(list)
        for record in records:
            days[self._day(record), record["store_id"] or ""].append(record)
        for (day, store_id), bought in sorted(days.items(), key=lambda pair: pair[0]):
            history = self._with_day(history, day, store_id, bought)
        if history is before:
            return 0
        self._online.push_visit(user_id, history)
        return 1

    def _with_day(self, history: History, day: date, store_id: str, bought: Sequence[Record]) -> History:
        at_s = max(int(datetime.fromisoformat(record["occurred_at"]).timestamp()) for record in bought)
        last_day = (
            self._local(datetime.fromtimestamp(int(history.last_at_s.max()), UTC), store_id) if len(history) else None
        )
        if last_day is not None and day < last_day:
            return history  # a visit of the past has its place among the others: only a full reckoning can give it
        ids = [record["product_id"] for record in bought]
        return add_visit(history, ids, at_s, new_visit=day != last_day, limit=self._limit)

    def _day(self, record: Record) -> date:
        return self._local(datetime.fromisoformat(record["occurred_at"]), record["store_id"])

    def _local(self, moment: datetime, store_id: str | None) -> date:
        return moment.astimezone(self._zones.get(store_id or "", UTC)).date()
