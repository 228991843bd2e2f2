"""The port `serving.online_port` over Redis, in the layout that Feast writes and without Feast (docs/adr/0021-without-feast.md).

Feast's SDK stands behind the same port in `tests/suites/feast_online.py`, where tests hold the two together.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import numpy as np
import redis
from google.protobuf.message import DecodeError

from embedded import READ_TIMEOUT_S, OnlineStore, connect
from embedded.feast_config import repo_config
from embedded.filled import Filled
from models.history import History
from serving.assortments import Assortments
from serving.entity_rows import EntityRows, Stands
from serving.feast_messages import value_class
from serving.feast_services import PORTRAIT, STORE, USER, feature_services
from serving.feast_values import plain
from serving.history_kind import NAMES, WRITE_TIMEOUT_S, history_kind
from serving.history_read import HistoryRead
from serving.history_rows import HistoryRows
from serving.online_port import Assortment, OnlineUnavailable, Past, Portrait, UserFeatures
from settings import Settings

T = TypeVar("T")
HOURS = 168


class RedisOnline:
    """The port over Feast's rows. Raises OnlineStoreError when the registry does not answer or know the services. `clock` is
    monotonic."""

    def __init__(self, settings: Settings, store: OnlineStore, clock: Callable[[], float] = time.monotonic) -> None:
        services = feature_services(settings)
        self._settings, self._kind = settings, history_kind()
        self._project = str(repo_config(settings, store.connection_string)["project"])
        self._client = connect(store.url, READ_TIMEOUT_S)
        self._profile_names = services[USER].get("user_profile", ())
        self._user = self._rows_of("user_id", services[USER])
        self._portrait = self._rows_of("user_id", services[PORTRAIT]) if PORTRAIT in services else None
        self._stores = Assortments(self._rows_of("store_id", services[STORE]), clock)
        self._histories = HistoryRows(connect(store.url, WRITE_TIMEOUT_S), self._project, self._kind)
        self._reading = HistoryRead(connect(store.url, READ_TIMEOUT_S), self._project, self._kind)

    def user(self, user_id: str) -> UserFeatures:
        """See OnlineFeatures."""
        read = _answered(lambda: self._user.read(user_id))
        profile = {name: _value(read[name]) for name in self._profile_names if read[name].at}
        week, as_of = _value(read["hour_of_week"]), read["n_visits"].at
        rhythm = np.zeros(HOURS, dtype=np.float32) if week is None else np.array(week, dtype=np.float32)
        history = self._history(read) if as_of else History.empty()
        return UserFeatures(history, profile, rhythm, as_of)

    def pasts(self, user_ids: Sequence[str]) -> list[Past | ValueError]:
        """See OnlineFeatures."""
        return _told(lambda: self._reading.read(user_ids))  # which asks again itself

    @property
    def n_connected(self) -> int:
        """See OnlineFeatures."""
        return self._reading.n_connected

    @property
    def filled(self) -> Filled:
        """See OnlineFeatures."""
        return self._reading.filled

    def portrait(self, user_id: str) -> Portrait:
        """See OnlineFeatures."""
        if self._portrait is None:
            # The registry was of an earlier version, and stays so until `daypart features` runs.
            views = feature_services(self._settings).get(PORTRAIT)
            if views is None:
                return Portrait({}, None)
            self._portrait = self._rows_of("user_id", views)
        portrait = self._portrait
        read = _answered(lambda: portrait.read(user_id))
        as_of = max((stands.at for stands in read.values() if stands.at), default=None)
        return Portrait({name: _value(stands) for name, stands in read.items() if stands.at}, as_of)

    def store(self, store_id: str) -> Assortment | None:
        """See OnlineFeatures."""
        return _answered(lambda: self._stores.of(store_id))

    def push_visit(self, user_id: str, history: History, at: datetime | None = None) -> None:
        """See OnlineFeatures."""
        _answered(lambda: self._histories.change([user_id], lambda _, before: history, at))

    def change(self, user_ids: Sequence[str], how: Callable[[str, History], History]) -> int:
        """See OnlineFeatures."""
        return _answered(lambda: self._histories.change(user_ids, how))

    def _rows_of(self, key: str, views: Mapping[str, tuple[str, ...]]) -> EntityRows:
        return EntityRows(self._client, self._project, key, views)

    def _history(self, read: Mapping[str, Stands]) -> History:
        (found,) = self._kind.from_bytes([[read[name].raw for name in NAMES]])
        if isinstance(found, ValueError):
            raise found
        return found


def _value(stands: Stands) -> Any:
    """As Python has it; None for one without a value. Raises ValueError for what Feast didn't write."""
    try:
        return plain(value_class().FromString(stands.raw or b""))
    except DecodeError:
        raise ValueError("a feature that Feast didn't write") from None


def _answered(ask: Callable[[], T]) -> T:
    """What the store says. It may have closed a connection that waited, or have been started anew, and is asked once more then:
    reading twice does no harm, nor does replacing what stood (`history_rows`)."""

    def twice() -> T:
        try:
            return ask()
        except redis.ConnectionError:
            return ask()

    return _told(twice)


def _told(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except (redis.RedisError, OSError) as error:
        raise OnlineUnavailable(f"the online store does not answer ({type(error).__name__})") from error
