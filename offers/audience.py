"""Who could get an offer: every user's latest features at or before a moment, streamed from the views' parquet files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from models.history import History
from models.timing import WEEK
from offers.errors import PlanError
from offers.snapshots import newest, rows_of

_HISTORY = ("product_ids", "counts", "decayed", "last_visit", "last_at_s")


@dataclass(frozen=True)
class Person:
    """One user as the planner sees them. `rhythm` float32[168]: orders by hour of the store-local week; `basket_cents`: paid for
    an order, on average."""

    user_id: str
    history: History
    rhythm: np.ndarray
    store_id: str | None
    as_of: datetime
    basket_cents: float = 0.0


@dataclass(frozen=True)
class Audience:
    """The users of the feature files as of a moment.

    Iterating streams the histories, in memory bounded by a batch of them; store and rhythm (672 bytes) are kept a user.
    """

    folder: Path
    snapshots: dict[str, int]
    """user_id to the microseconds of their latest history."""
    stores: dict[str, str | None]
    baskets: dict[str, float]
    """user_id to cents paid for an order, on average."""
    rhythm_rows: dict[str, int]
    rhythms: np.ndarray
    """float32[n, 168], row by `rhythm_rows`."""

    def __len__(self) -> int:
        """Number of users."""
        return len(self.snapshots)

    def usual(self, without: set[str]) -> dict[str, str | None]:
        """The usual store of every user but those of `without`."""
        return {user: self.stores.get(user) for user in self.snapshots if user not in without}

    def people(self, without: set[str]) -> Iterator[Person]:
        """Users in the file's order, each once, but those of `without`."""
        silent = np.zeros(WEEK, dtype=np.float32)
        wanted = {user: at for user, at in self.snapshots.items() if user not in without}
        for row in rows_of(self.folder / "user_history.parquet", "user_id", wanted, [*_HISTORY, "n_visits"]):
            user = row["user_id"]
            place = self.rhythm_rows.get(user)
            rhythm = silent if place is None else self.rhythms[place]
            store, basket = self.stores.get(user), self.baskets.get(user, 0.0)
            yield Person(user, _history(row, self.folder), rhythm, store, row["event_timestamp"], basket)


def everybody(user_id: str) -> bool:
    """Nobody has said no."""
    return True


def read_audience(folder: Path, now: datetime) -> Audience:
    """The audience of `folder` (Settings.features) at or before `now`. Raises PlanError when a file isn't usable."""
    profile, rhythm = folder / "user_profile.parquet", folder / "user_rhythm.parquet"
    chosen = newest(profile, "user_id", now)
    stores, baskets = dict[str, str | None](), dict[str, float]()
    for row in rows_of(profile, "user_id", chosen, ["usual_store_id", "mean_basket_cents"]):
        stores[row["user_id"]] = row["usual_store_id"]
        baskets[row["user_id"]] = max(0.0, float(row["mean_basket_cents"] or 0))
    weeks = newest(rhythm, "user_id", now)
    rhythms, places = np.zeros((len(weeks), WEEK), dtype=np.float32), dict[str, int]()
    for row in rows_of(rhythm, "user_id", weeks, ["hour_of_week"]):
        if row["hour_of_week"] is not None and len(row["hour_of_week"]) == WEEK:
            places[row["user_id"]] = len(places)
            rhythms[places[row["user_id"]]] = row["hour_of_week"]
    return Audience(folder, newest(folder / "user_history.parquet", "user_id", now), stores, baskets, places, rhythms)


def _history(row: dict[str, Any], folder: Path) -> History:
    product_ids, counts, decayed, last_visit, last_at_s = (row[name] or () for name in _HISTORY)
    try:
        return History.of(product_ids, counts, decayed, last_visit, last_at_s, row["n_visits"] or 0)
    except ValueError as error:
        file = folder / "user_history.parquet"
        raise PlanError(f"{file}: user {row['user_id']}: {error}; run daypart features again") from None
