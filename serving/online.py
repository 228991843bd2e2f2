"""The port `serving.online_port` over Feast, whose only online importer this is.

Feast is imported when the adapter is built, not with this page: it costs seconds and carries pandas.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import redis

from embedded import OnlineStore, OnlineStoreError
from embedded.feast_config import serving_config, unreachable_registry
from models.history import History
from serving.online_port import Assortment, OnlineFeatures, OnlineUnavailable, UserFeatures
from settings import Settings

__all__ = ["Assortment", "FeastOnline", "OnlineFeatures", "OnlineUnavailable", "UserFeatures"]

HOURS = 168
STORE_CACHE_S = 60.0
MAX_CACHED_STORES = 4096
_HISTORY = ("product_ids", "counts", "decayed", "last_visit", "last_at_s", "n_visits")
_TICK = timedelta(microseconds=1)


class FeastOnline:
    """The port over Feast. Raises OnlineStoreError when the registry does not know the services. `clock` is monotonic."""

    def __init__(self, settings: Settings, store: OnlineStore, clock: Callable[[], float] = time.monotonic) -> None:
        from feast import FeatureStore, RepoConfig
        from feast.errors import FeastObjectNotFoundException
        from feast.infra.provider import get_provider
        from sqlalchemy.exc import SQLAlchemyError

        self._feast = FeatureStore(config=RepoConfig(**serving_config(settings, store.connection_string)))
        try:
            # Objects, not names: looking a service up costs milliseconds a request.
            self._user_service = self._feast.get_feature_service("recommendations_v1")
            self._store_service = self._feast.get_feature_service("store_v1")
            self._history = (self._feast.config, self._feast.get_feature_view("user_history"))
            profile = self._feast.get_feature_view("user_profile")
        except (FeastObjectNotFoundException, FileNotFoundError) as error:
            raise OnlineStoreError(f"the feature registry is not filled ({error}); run `daypart features`") from None
        except SQLAlchemyError as error:
            raise OnlineStoreError(unreachable_registry(settings, error)) from None
        self._profile_names = tuple(f.name for f in profile.features)
        self._provider = get_provider(self._feast.config)
        self._clock = clock
        self._stores: dict[str, tuple[float, Assortment | None]] = {}

    def user(self, user_id: str) -> UserFeatures:
        """See OnlineFeatures."""
        read = self._read(self._user_service, "user_id", user_id)
        profile = {name: read[name][0] for name in self._profile_names if read[name][1]}
        week = read["hour_of_week"][0]
        rhythm = np.zeros(HOURS, dtype=np.float32) if week is None else np.array(week, dtype=np.float32)
        as_of = read["n_visits"][1]
        history = History.of(*(read[name][0] for name in _HISTORY)) if as_of else History.empty()
        return UserFeatures(history, profile, rhythm, as_of)

    def store(self, store_id: str) -> Assortment | None:
        """See OnlineFeatures."""
        now = self._clock()
        expires, found = self._stores.get(store_id, (now, None))
        if now < expires:
            return found
        found = _assortment(self._read(self._store_service, "store_id", store_id))
        # Oldest first, so that made-up ids cannot grow it without end.
        self._stores.pop(store_id, None)
        if len(self._stores) >= MAX_CACHED_STORES:
            self._stores.pop(next(iter(self._stores)), None)
        self._stores[store_id] = (now + STORE_CACHE_S, found)
        return found

    def push_visit(self, user_id: str, history: History, at: datetime | None = None) -> None:
        """See OnlineFeatures."""
        from feast.protos.feast.types.EntityKey_pb2 import EntityKey
        from feast.protos.feast.types.Value_pb2 import Value

        key = EntityKey(join_keys=["user_id"], entity_values=[Value(string_val=user_id)])
        true_at = at or datetime.fromtimestamp(int(history.last_at_s.max()), UTC)
        with _answering():
            # Feast on Redis drops a row that is not newer than the one that stands (1970 where none does).
            stands = self._provider.online_read(*self._history, [key], ["n_visits"])[0][0] or true_at
            row = (key, _values(history), max(true_at, stands + _TICK), None)
            self._provider.online_write_batch(*self._history, [row], None)

    def _read(self, service: Any, key: str, value: str) -> dict[str, tuple[Any, datetime | None]]:
        """(value, moment) by feature name: both None where the entity has no row, the value alone where it is null."""
        with _answering():
            answer = self._feast.get_online_features(features=service, entity_rows=[{key: value}]).proto
        vectors = zip(answer.metadata.feature_names.val, answer.results, strict=True)
        return {name: (_plain(v.values[0]), _moment(v.event_timestamps[0])) for name, v in vectors}


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (redis.RedisError, OSError) as error:
        raise OnlineUnavailable(f"the online store does not answer ({type(error).__name__})") from error


def _assortment(read: Mapping[str, tuple[Any, datetime | None]]) -> Assortment | None:
    ids, as_of = read["product_ids"]
    if as_of is None:
        return None
    return Assortment(
        product_ids=tuple(ids),
        price_cents=np.array(read["price_cents"][0], dtype=np.int64),
        stock_units=np.array(read["stock_units"][0], dtype=np.int64),
        stock_known=np.array(read["stock_known"][0], dtype=bool),
        as_of=as_of,
    )


def _values(history: History) -> dict[str, Any]:
    """Every feature of the view: a row is written whole or not at all."""
    from feast.protos.feast.types.Value_pb2 import FloatList, Int64List, StringList, Value

    return {
        "product_ids": Value(string_list_val=StringList(val=history.product_ids)),
        "counts": Value(float_list_val=FloatList(val=history.counts.tolist())),
        "decayed": Value(float_list_val=FloatList(val=history.decayed.tolist())),
        "last_visit": Value(int64_list_val=Int64List(val=history.last_visit.tolist())),
        "last_at_s": Value(int64_list_val=Int64List(val=history.last_at_s.tolist())),
        "n_visits": Value(int64_val=history.n_visits),
    }


def _plain(value: Any) -> Any:
    """A Feast value as Python has it; None for one that is not set."""
    kind = value.WhichOneof("val")
    if kind is None:
        return None
    content = getattr(value, kind)
    return list(content.val) if kind.endswith("_list_val") else content


def _moment(stamp: Any) -> datetime | None:
    """None for zero: on Redis Feast reports an entity without a row as present, true in 1970."""
    if not (stamp.seconds or stamp.nanos):
        return None
    return datetime.fromtimestamp(stamp.seconds, UTC) + timedelta(microseconds=stamp.nanos // 1000)
