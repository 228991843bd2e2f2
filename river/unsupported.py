"""Online histories that the features know nothing of: who bears them is reckoned anew, and what then says nothing goes.

An accepted purchase is online at once, and the lake may refuse it later: a file had its `event_id` first with other content. No
snapshot replaces the row of somebody whom it doesn't name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from embedded import lease_online_store
from settings import Settings

if TYPE_CHECKING:
    from embedded import OnlineStore

_AT_ONCE = 5_000


def unsupported(settings: Settings, through: datetime) -> set[str]:
    """Ids whose history is online and not in the last snapshot at or before `through`. Raises FeatureError, OnlineStoreError."""
    from embedded.online_rows import ids_of
    from serving.history_kind import history_rows
    from training.snapshots import latest

    _, ids = latest(settings.features / "user_history.parquet", "user_id", through)
    with _store(settings) as store:
        left = sorted(ids_of(settings, store, "user_id") - set(ids))
        rows = history_rows(settings, store)
        return {one for start in range(0, len(left), _AT_ONCE) for one in rows.told_of(left[start : start + _AT_ONCE])}


def drop_empty(settings: Settings, ids: Collection[str]) -> int:
    """Delete the histories of those of whom nothing stands; how many. Raises OnlineStoreError."""
    from serving.history_kind import history_rows

    if not ids:
        return 0
    with _store(settings) as store:
        return history_rows(settings, store).drop_empty(sorted(ids))


@contextmanager
def _store(settings: Settings) -> Iterator[OnlineStore]:
    import redis

    from embedded import OnlineStoreError

    try:
        with lease_online_store(settings) as store:
            yield store
    except redis.RedisError as error:
        raise OnlineStoreError(f"the online store does not answer ({type(error).__name__})") from None
