"""A purchase a moment ago changes the next answer: accepted purchases are added to the online history at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo

from embedded import OnlineStoreError
from models.history import History, add_visit
from serving.episode import Episode
from serving.events import Record
from serving.online_port import OnlineFeatures


class Visits:
    """Adds purchases to histories, those of a batch in one round trip; what another process adds at the same moment stays.
    Adding a purchase twice is adding it once, as a visit has a product or has it not, unless a later day came between: then it
    is one of the past.

    lost: what was last known of somebody whose row was lost with the store, None for everybody else.
    """

    def __init__(
        self,
        online: OnlineFeatures,
        zones: Mapping[str, tzinfo],
        history_limit: int,
        lost: Callable[[str], History | None] = lambda user_id: None,
    ) -> None:
        self._online, self._zones, self._limit, self._lost = online, zones, history_limit, lost
        self._down = Episode("online store down, purchases wait until it is back", "purchases reach histories again")
        self.n_missed = 0
        """Batches that could not be added."""
        self.others_miss = False
        """Whether another worker's last could not be (`elsewhere`)."""

    @property
    def are_missed(self) -> bool:
        """Whether the last could not be added."""
        return self._down.is_on

    def add(self, records: Sequence[Record]) -> int:
        """Add the purchases among `records`; returns how many users' histories changed. Blocking, never raises for a
        store that is down: the events are safe in the inbox.
        """
        by_user: dict[str, list[Record]] = defaultdict(list)
        for record in records:
            if record["event_type"] == "purchase" and record["user_id"] is not None:
                by_user[record["user_id"]].append(record)
        if not by_user:
            return 0
        try:
            n_changed = self._online.change(sorted(by_user), self._on(by_user))
        except OnlineStoreError as error:
            self._down.begin(error)
            self.n_missed += 1
            return 0
        self._down.end()
        return n_changed

    def _on(self, by_user: Mapping[str, Sequence[Record]]) -> Callable[[str, History], History]:
        def how(user_id: str, history: History) -> History:
            before = history if len(history) else self._lost(user_id) or history
            return self._with(before, by_user[user_id])

        return how

    def _with(self, history: History, records: Sequence[Record]) -> History:
        days: dict[tuple[date, str], list[tuple[str, datetime]]] = defaultdict(list)
        for record in records:
            at, store_id = datetime.fromisoformat(record["occurred_at"]), record["store_id"] or ""
            days[self._local(at, store_id), store_id].append((record["product_id"], at))
        for (day, store_id), bought in sorted(days.items(), key=lambda pair: pair[0]):
            history = self._with_day(history, day, store_id, bought)
        return history

    def _with_day(self, history: History, day: date, store_id: str, bought: Sequence[tuple[str, datetime]]) -> History:
        last_day = (
            self._local(datetime.fromtimestamp(int(history.last_at_s.max()), UTC), store_id) if len(history) else None
        )
        if last_day is not None and day < last_day:
            return history  # a visit of the past has its place among the others: only a full reckoning can give it
        at_s = int(max(at for _, at in bought).timestamp())
        ids = [product_id for product_id, _ in bought]
        return add_visit(history, ids, at_s, new_visit=day != last_day, limit=self._limit)

    def _local(self, moment: datetime, store_id: str) -> date:
        return moment.astimezone(self._zones.get(store_id, UTC)).date()
