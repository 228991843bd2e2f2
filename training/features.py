"""EVENTS → FEATURES: snapshots of what was known, Feast's registry, the online store, joins in time.

A snapshot at T knows events strictly before T and carries T as its `event_timestamp`; a join takes the latest snapshot at
or before the moment it asks for, so no row ever holds what happened at or after that moment.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import polars as pl

from embedded import lease_online_store
from embedded.filled import filling
from feature_repo.events import MAX_SKEW
from settings import Settings
from training.errors import FeatureError
from training.feast_store import declare, join, load, open_store
from training.known import known
from training.snapshots import VIEWS, latest, replace_snapshot

Progress = Callable[[str, int, int], None] | None

# Nobody answered an offer or judged a product yet, a chain states no price: that is known, and nothing to bring online.
_MAY_BE_EMPTY = ("user_responses", "user_reviews", "store_assortment")


@dataclass(frozen=True)
class FeatureReport:
    """What `compute` wrote."""

    snapshots: tuple[datetime, ...]
    rows: dict[str, int] = field(default_factory=dict)
    """Rows by view, over these snapshots."""
    n_unpriced: int = 0
    """Assortment lines left out because no price is known."""
    n_untaken: int = 0
    """Refunds and voids, as of the last snapshot, that found less to take back than they say: another store's order, say."""
    seconds: float = 0.0


def compute(
    settings: Settings,
    through: datetime,
    snapshots: Sequence[datetime] = (),
    progress: Progress = None,
    views: Sequence[str] = tuple(VIEWS),
) -> FeatureReport:
    """Write `views` as known at each of `snapshots` (default: `through`), replacing rows of the same moment.

    A row for every user who bought (one that says nothing where no purchase stands), answered or reviewed, by view; every store
    that sells; none for anonymous tickets. FeatureError when a snapshot is naive or later than `through`, DataError when the lake
    cannot be read.
    """
    began, rows, n_unpriced, n_untaken = time.monotonic(), dict.fromkeys(views, 0), 0, 0
    moments = sorted({_moment(at, through) for at in snapshots or (through,)})
    for n_done, at in enumerate(moments):
        frames, unpriced, n_untaken = known(settings, at, views)
        n_unpriced += unpriced
        for n_view, view in enumerate(views):
            replace_snapshot(settings.features / f"{view}.parquet", frames[view], VIEWS[view], at)
            rows[view] += len(frames[view])
            if progress:
                progress("features", n_done * len(views) + n_view + 1, len(moments) * len(views))
    return FeatureReport(tuple(moments), rows, n_unpriced, n_untaken, time.monotonic() - began)


def apply(settings: Settings) -> None:
    """Declare entities, views and services in the registry, as `feature_repo/views.py` states them."""
    with lease_online_store(settings) as online:
        declare(open_store(settings, online), settings)


def materialise(
    settings: Settings, through: datetime, progress: Progress = None, now: datetime | None = None
) -> dict[str, int]:
    """Bring the latest snapshot at or before `through` online; rows by view. Pushes made later than it stay, but for those that
    a wrong clock put further ahead of `now` than clocks differ (None: nobody knows the time).

    Raises FeatureError when there is no such snapshot, or when rows are missing online afterwards.
    """
    counts, latest_at = {}, None if now is None else max(now, through) + MAX_SKEW
    with lease_online_store(settings) as online:
        store, whole, known_at = open_store(settings, online), filling(settings, online), through
        whole.begin()
        for n_done, (view, key) in enumerate(VIEWS.items(), 1):
            source = settings.features / f"{view}.parquet"
            at, ids = latest(source, key, through, view in _MAY_BE_EMPTY)
            known_at = at if view == "user_history" else known_at
            counts[view] = load(store, online, view, key, ids, at, latest_at) if ids else 0
            if counts[view] != len(ids):
                raise FeatureError(
                    f"{view}: {counts[view]} of {len(ids)} rows are online; run `daypart features` again"
                )
            if progress:
                progress("online store", n_done, len(VIEWS))
        if not whole.end(known_at):
            raise FeatureError("the online store was emptied meanwhile; run `daypart features` again")
    return counts


def historical(settings: Settings, entity: pl.DataFrame, service: str) -> pl.DataFrame:
    """Features of `service` as known at each row's moment, rows and their order kept; null where nothing was known.

    entity: user_id text (store_id for `store_v1`), event_timestamp with a zone. Raises FeatureError when a row has no moment,
    or when the join loses or multiplies rows.
    """
    zone = getattr(entity.schema["event_timestamp"], "time_zone", None)
    if zone is None or entity["event_timestamp"].null_count():
        raise FeatureError("historical features: every event_timestamp must be a time with a zone")
    moment = pl.col.event_timestamp.dt.convert_time_zone("UTC").dt.cast_time_unit("us")
    asked = entity.with_columns(moment).with_row_index("row_asked")
    joined = join(open_store(settings), asked, service)
    if joined["row_asked"].sort().to_list() != asked["row_asked"].to_list():
        raise FeatureError(f"{service}: the join in time gave {len(joined)} rows for {len(asked)}; not used")
    return joined.sort("row_asked").drop("row_asked")


def _moment(at: datetime, through: datetime) -> datetime:
    if at.utcoffset() is None or through.utcoffset() is None:
        raise FeatureError(f"snapshot {at}: give its offset, as in 2025-01-31T00:00:00Z")
    if at > through:
        raise FeatureError(f"snapshot {at.isoformat()} is later than the events used, {through.isoformat()}")
    return at.astimezone(UTC)
