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
from settings import Settings
from training.answers import known_answers, read_answers
from training.assortment import assortments
from training.errors import FeatureError
from training.feast_store import declare, join, load, open_store
from training.histories import build_histories
from training.lake import read_events, read_table
from training.profiles import profiles
from training.responses import response_rows
from training.rhythm import rhythms
from training.sales import CANCELS, coded, sales
from training.snapshots import VIEWS, history_rows, latest, replace_snapshot
from training.untouched import untouched
from training.visit_log import visit_log, visit_rows
from training.visits import visits_of

Progress = Callable[[str, int, int], None] | None

# Nobody answered an offer yet, a chain states no price: that is known, and nothing to bring online.
_MAY_BE_EMPTY = ("user_responses", "store_assortment")
_IDS = ("event_id", "user_id", "product_id", "store_id", "order_id")
COLUMNS = (*_IDS, "event_type", "occurred_at", "channel", "quantity", "unit_price_cents", "discount_cents")


@dataclass(frozen=True)
class FeatureReport:
    """What `compute` wrote."""

    snapshots: tuple[datetime, ...]
    rows: dict[str, int] = field(default_factory=dict)
    """Rows by view, over these snapshots."""
    n_unpriced: int = 0
    """Assortment lines left out because no price is known."""
    seconds: float = 0.0


def compute(
    settings: Settings,
    through: datetime,
    snapshots: Sequence[datetime] = (),
    progress: Progress = None,
    views: Sequence[str] = tuple(VIEWS),
) -> FeatureReport:
    """Write `views` as known at each of `snapshots` (default: `through`), replacing rows of the same moment.

    A row for every user with a purchase that stands (`user_responses`: an answer), every store that sells; none for anonymous
    tickets. FeatureError when a snapshot is naive or later than `through`, DataError when the lake cannot be read.
    """
    began, rows, n_unpriced = time.monotonic(), dict.fromkeys(views, 0), 0
    moments = sorted({_moment(at, through) for at in snapshots or (through,)})
    for n_done, at in enumerate(moments):
        frames, unpriced = _snapshot(settings, at, views)
        n_unpriced += unpriced
        for n_view, view in enumerate(views):
            replace_snapshot(settings.features / f"{view}.parquet", frames[view], VIEWS[view], at)
            rows[view] += len(frames[view])
            if progress:
                progress("features", n_done * len(views) + n_view + 1, len(moments) * len(views))
    return FeatureReport(tuple(moments), rows, n_unpriced, time.monotonic() - began)


def apply(settings: Settings) -> None:
    """Declare entities, views and services in the registry, as `feature_repo/views.py` states them."""
    with lease_online_store(settings) as online:
        declare(open_store(settings, online), settings)


def materialise(settings: Settings, through: datetime, progress: Progress = None) -> dict[str, int]:
    """Bring the latest snapshot at or before `through` online; rows by view. Pushes made later than it stay.

    Raises FeatureError when there is no such snapshot, or when rows are missing online afterwards.
    """
    counts = {}
    with lease_online_store(settings) as online:
        store = open_store(settings, online)
        for n_done, (view, key) in enumerate(VIEWS.items(), 1):
            source = settings.features / f"{view}.parquet"
            at, ids = latest(source, key, through, view in _MAY_BE_EMPTY)
            counts[view] = load(store, online, view, key, ids, at) if ids else 0
            if counts[view] != len(ids):
                raise FeatureError(
                    f"{view}: {counts[view]} of {len(ids)} rows are online; run `daypart features` again"
                )
            if progress:
                progress("online store", n_done, len(VIEWS))
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


def _snapshot(settings: Settings, at: datetime, views: Sequence[str]) -> tuple[dict[str, pl.DataFrame], int]:
    lake = settings.lake
    stores, products, stated = (read_table(lake, name) for name in ("stores", "products", "assortment"))
    # Read once: every view is made of it.
    events = read_events(lake, at, types=("purchase", *CANCELS), columns=COLUMNS).collect().lazy()
    bought = sales(events, stores)
    made: dict[str, Callable[[], pl.DataFrame]] = {
        "user_profile": lambda: profiles(events, bought, at),
        "user_history": lambda: history_rows(build_histories(visits_of(coded(bought)), settings.history_limit)),
        "user_rhythm": lambda: rhythms(bought),
        "user_visits": lambda: visit_rows(visit_log(untouched(bought, read_answers(lake), at))),
        "user_responses": lambda: response_rows(known_answers(read_answers(lake), bought, at)),
    }
    frames, n_unpriced = {view: made[view]() for view in views if view in made}, 0
    if "store_assortment" in views:
        frames["store_assortment"], n_unpriced = assortments(stated, events, products, at)
    return frames, n_unpriced
