"""The one place where training builds a Feast store: declare, load the online store, join in time."""

from __future__ import annotations

import contextlib
import io
import os
import runpy
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from feast import Entity, FeatureService, FeatureStore, FeatureView, RepoConfig
from feast.infra.key_encoding_utils import serialize_entity_key
from feast.protos.feast.types.EntityKey_pb2 import EntityKey
from feast.protos.feast.types.Value_pb2 import Value
from sqlalchemy.exc import SQLAlchemyError

from embedded import BULK_TIMEOUT_S, OnlineStore, connect
from embedded.feast_config import FEATURE_REPO, repo_config, unreachable_registry
from settings import Settings
from training.errors import FeatureError
from training.odd_rows import take_out
from training.stamps import batches, order, replace_stamps, stamp_of, stamps


def open_store(settings: Settings, online: OnlineStore | None = None) -> FeatureStore:
    """A store on the registry of `settings`; without `online` it reads offline only.

    Raises FeatureError when the registry cannot be reached.
    """
    (settings.home / "feast").mkdir(parents=True, exist_ok=True)
    connection = online.bulk_connection_string if online else "localhost:0"
    store = FeatureStore(config=RepoConfig(**repo_config(settings, connection)))
    try:
        store.list_entities()
    except SQLAlchemyError as error:
        raise FeatureError(unreachable_registry(settings, error)) from None
    return store


def declare(store: FeatureStore, settings: Settings) -> None:
    """Bring the registry to what `feature_repo/views.py` says; views it no longer names go, online rows included."""
    # Executed like Feast does it, never imported: the sources must name the folder of these settings.
    os.environ["DAYPART__FEATURES"] = str(settings.features)
    named = runpy.run_path(str(FEATURE_REPO / "views.py")).values()
    objects: list[Any] = [o for o in named if isinstance(o, (Entity, FeatureView, FeatureService))]
    kept = {(type(o), o.name) for o in objects}
    gone = [o for o in _registered(store) if (type(o), o.name) not in kept]
    with quiet():
        store.apply(objects, objects_to_delete=gone, partial=not gone)
        store.refresh_registry()  # type: ignore[no-untyped-call]


def load(
    store: FeatureStore, online: OnlineStore, view: str, key: str, ids: Sequence[str], at: datetime,
    latest: datetime | None = None,
) -> int:  # fmt: skip
    """Write the snapshot of `view` taken at `at` into the online store; how many of `ids` then stand at `at` or later.

    Redis rows of the same time as a stored one are ignored by Feast. A snapshot computed anew must replace its rows, and
    what serving pushed later must stay: so rows of exactly this snapshot are first made a microsecond older. Rows later than
    `latest` are of a clock that ran ahead, and would stay until it is that late: they are made as old, and replaced.
    """
    keys = [_redis_key(store, key, i) for i in ids]
    field = f"_ts:{view}"
    stamp, before = stamp_of(at), stamp_of(at - timedelta(microseconds=1))
    with connect(online.url, BULK_TIMEOUT_S) as client:
        for part in batches(keys):
            take_out(client, part, field)
        replace_stamps(client, field, dict.fromkeys(keys, stamp), before)
        with quiet():
            store.materialize(start_date=at, end_date=at, feature_views=[view])
        stand = stamps(client, field, keys)
        until = None if latest is None else order(stamp_of(latest))
        if ahead := {key: found for key, found in stand.items() if until is not None and order(found) > until}:
            replace_stamps(client, field, ahead, before)
            with quiet():
                store.materialize(start_date=at, end_date=at, feature_views=[view])
            stand = stamps(client, field, keys)
    return sum(order(found) >= order(stamp) for found in stand.values())


def remove(store: FeatureStore, online: OnlineStore, key: str, ids: Sequence[str]) -> int:
    """Delete all that is online about `ids`, in every view; how many were there."""
    n_gone = 0
    with connect(online.url, BULK_TIMEOUT_S) as client:
        for part in batches([_redis_key(store, key, i) for i in ids]):
            n_gone += int(client.delete(*part))
    return n_gone


def join(store: FeatureStore, entity: pl.DataFrame, service: str) -> pl.DataFrame:
    """`entity` with the features of `service` beside each row, as known at its `event_timestamp`, in any order."""
    with quiet():
        job = store.get_historical_features(entity_df=entity.to_pandas(), features=store.get_feature_service(service))
        joined = pl.from_arrow(job.to_arrow())
    assert isinstance(joined, pl.DataFrame)
    return joined


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep what Feast prints out of our standard output, which may be JSON for a pipe."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


def _registered(store: FeatureStore) -> list[Any]:
    return [*store.list_feature_services(), *store.list_feature_views(), *store.list_entities()]


def _redis_key(store: FeatureStore, key: str, value: str) -> bytes:
    # docs/specs/online_store_format.md of Feast: the serialised entity key, then the project.
    entity = EntityKey(join_keys=[key], entity_values=[Value(string_val=value)])
    return bytes(serialize_entity_key(entity, entity_key_serialization_version=3)) + store.project.encode()
