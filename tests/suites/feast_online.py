"""Feast's SDK behind the port `serving.online_port`: the reference that `serving.online` is held to, and the only importer of
Feast online."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import numpy as np
import redis

from embedded import READ_TIMEOUT_S, OnlineStore, OnlineStoreError, connect
from embedded.feast_config import repo_config, unreachable_registry
from embedded.filled import Filled
from models.history import History
from serving.feast_values import moment_of, plain
from serving.history_kind import NAMES, WRITE_TIMEOUT_S, history_kind
from serving.history_read import HistoryRead
from serving.history_rows import HistoryRows
from serving.online_port import Assortment, OnlineUnavailable, Past, Portrait, UserFeatures, narrowed
from settings import Settings

HOURS, STORE_CACHE_S = 168, 60.0


class FeastOnline:
    """The port over Feast, histories written as everywhere. Raises OnlineStoreError when the registry does not know the services.
    `clock` is monotonic."""

    def __init__(self, settings: Settings, store: OnlineStore, clock: Callable[[], float] = time.monotonic) -> None:
        from feast import FeatureStore, RepoConfig
        from feast.errors import FeastObjectNotFoundException
        from sqlalchemy.exc import SQLAlchemyError

        self._feast = FeatureStore(config=RepoConfig(**repo_config(settings, store.connection_string)))
        try:
            # Objects, not names: looking a service up costs milliseconds a request.
            self._user_service = self._feast.get_feature_service("recommendations_v1")
            self._store_service = self._feast.get_feature_service("store_v1")
            profile = self._feast.get_feature_view("user_profile")
        except (FeastObjectNotFoundException, FileNotFoundError) as error:
            raise OnlineStoreError(f"the feature registry is not filled ({error}); run `daypart features`") from None
        except SQLAlchemyError as error:
            raise OnlineStoreError(unreachable_registry(settings, error)) from None
        self._profile_names = tuple(f.name for f in profile.features)
        kind, project = history_kind(), self._feast.config.project
        self._rows = HistoryRows(connect(store.url, WRITE_TIMEOUT_S), project, kind)
        self._reading = HistoryRead(connect(store.url, READ_TIMEOUT_S), project, kind)
        self._clock = clock
        self._stores: dict[str, tuple[float, Assortment | None]] = {}

    def user(self, user_id: str) -> UserFeatures:
        """See OnlineFeatures."""
        read = self._read(self._user_service, "user_id", user_id)
        profile = {name: read[name][0] for name in self._profile_names if read[name][1]}
        week = read["hour_of_week"][0]
        rhythm = np.zeros(HOURS, dtype=np.float32) if week is None else np.array(week, dtype=np.float32)
        as_of = read["n_visits"][1]
        history = History.of(*(read[name][0] for name in NAMES)) if as_of else History.empty()
        return UserFeatures(history, profile, rhythm, as_of)

    def pasts(self, user_ids: Sequence[str]) -> list[Past | ValueError]:
        """See OnlineFeatures."""
        with _answering():
            return self._reading.read(user_ids)

    @property
    def filled(self) -> Filled:
        """See OnlineFeatures."""
        return self._reading.filled

    @property
    def n_connected(self) -> int:
        """See OnlineFeatures."""
        return self._reading.n_connected

    def portrait(self, user_id: str) -> Portrait:
        """See OnlineFeatures."""
        from feast.errors import FeatureServiceNotFoundException

        try:
            service = self._feast.get_feature_service("portrait_v1")
        except FeatureServiceNotFoundException:
            # The registry is of an earlier version, and stays so until `daypart features` runs.
            return Portrait({}, None)
        read = self._read(service, "user_id", user_id)
        as_of = max((at for _, at in read.values() if at), default=None)
        return Portrait({name: value for name, (value, at) in read.items() if at}, as_of)

    def store(self, store_id: str) -> Assortment | None:
        """See OnlineFeatures."""
        now = self._clock()
        expires, found = self._stores.get(store_id, (now, None))
        if now >= expires:
            found = assortment_of(self._read(self._store_service, "store_id", store_id))
            self._stores[store_id] = (now + STORE_CACHE_S, found)
        return found

    def push_visit(self, user_id: str, history: History, at: datetime | None = None) -> None:
        """See OnlineFeatures."""
        with _answering():
            self._rows.change([user_id], lambda _, before: history, at)

    def change(self, user_ids: Sequence[str], how: Callable[[str, History], History]) -> int:
        """See OnlineFeatures."""
        with _answering():
            return self._rows.change(user_ids, how)

    def _read(self, service: Any, key: str, value: str) -> dict[str, tuple[Any, datetime | None]]:
        """(value, moment) by feature name: both None where the entity has no row, the value alone where it is null."""
        with _answering():
            answer = self._feast.get_online_features(features=service, entity_rows=[{key: value}]).proto
        vectors = zip(answer.metadata.feature_names.val, answer.results, strict=True)
        return {name: (plain(v.values[0]), moment_of(v.event_timestamps[0])) for name, v in vectors}


def assortment_of(read: Mapping[str, tuple[Any, datetime | None]]) -> Assortment | None:
    """What a store sells, of (value, moment) by feature; None where the store has no row."""
    ids, as_of = read["product_ids"]
    if as_of is None:
        return None
    return Assortment(
        product_ids=tuple(ids),
        price_cents=narrowed(np.array(read["price_cents"][0], dtype=np.int64)),
        stock_units=narrowed(np.array(read["stock_units"][0], dtype=np.int64)),
        stock_known=np.array(read["stock_known"][0], dtype=bool),
        as_of=as_of,
    )


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (redis.RedisError, OSError) as error:
        raise OnlineUnavailable(f"the online store does not answer ({type(error).__name__})") from error
