"""Who is asked about: each user's history and usual store as they were known at one moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

import polars as pl

from models.history import DECAY, History
from settings import Settings
from training.histories import Histories, build_histories
from training.visits import Visits, visits_of

SERVICE = "recommendations_v1"
FEATURES = ("product_ids", "counts", "decayed", "last_visit", "last_at_s", "n_visits", "usual_store_id")
"""What is read of the feature service, in the manifest's order."""
VIEWS = ("user_profile", "user_history", "user_rhythm")
"""The views of the service; a join reads the file of each."""


@dataclass(frozen=True)
class Case:
    """One user. history: empty for somebody unknown; store_id: where the user usually shops, None when not known.

    at_s: the moment that is asked about, seconds since 1970 UTC; None is right after the user's last visit.
    """

    user_id: str
    history: History
    store_id: str | None
    at_s: int | None = None


@dataclass(frozen=True)
class Known:
    """All sales lines known at one moment (as `training.sales` gives them, coded or not), and what is folded from them, once."""

    lines: pl.DataFrame

    @cached_property
    def visits(self) -> Visits:
        """Every user's."""
        return visits_of(self.lines)

    @cached_property
    def histories(self) -> Histories:
        """Every user's, unbounded."""
        return build_histories(self.visits)

    def cases(self, users: Sequence[str], limit: int | None, moment: datetime | None = None) -> list[Case]:
        """One case per user of `users`, in order; an unknown user has an empty history and no store.

        limit: most products kept of a history, those of least `decayed` forgotten as online; None keeps all. moment: aware, what
        is asked about; None is right after each user's own last visit.
        """
        at_s = None if moment is None else int(moment.timestamp())
        at = {user: index for index, user in enumerate(self.histories.users)}
        stores = _usual_stores(self.lines)
        return [
            Case(user, self.histories.of(at[user], limit) if user in at else History.empty(), stores.get(user), at_s)
            for user in users
        ]


def served(settings: Settings, users: Sequence[str], moment: datetime) -> list[Case]:
    """Of `users`, in order, by Feast's join in time: what the service would have read at `moment`.

    A snapshot of `moment` must stand (`prepare`), or the join finds an older one. Raises FeatureError.
    """
    from training import features

    stamps = pl.lit(moment, dtype=pl.Datetime("us", "UTC")).alias("event_timestamp")
    asked = pl.DataFrame({"user_id": list(users)}, schema={"user_id": pl.String}).with_columns(stamps)
    known = features.historical(settings, asked, SERVICE).select("user_id", *FEATURES)
    return [replace(_case(*row), at_s=int(moment.timestamp())) for row in known.iter_rows()]


def prepare(settings: Settings, moments: Sequence[datetime], progress: Callable[[str, int, int], None]) -> None:
    """Compute the snapshots that `served` will join, and declare the service where it is not yet."""
    from training import features
    from training.feast_store import open_store

    features.compute(settings, max(moments), moments, progress, views=VIEWS)
    if SERVICE not in {service.name for service in open_store(settings).list_feature_services()}:
        features.apply(settings)


def taken_by(targets: pl.DataFrame) -> dict[str, frozenset[str]]:
    """User to the set of target products, users ascending. targets: user_id, product_id, without nulls, text or enum."""
    grouped = targets.group_by("user_id").agg("product_id").sort("user_id")
    return {user: frozenset(products) for user, products in grouped.iter_rows()}


def _case(user: str, products: list[str] | None, *rest: object) -> Case:
    *columns, store = rest
    return Case(user, History.of(products, *columns) if products else History.empty(), store)  # type: ignore[arg-type]


def _usual_stores(lines: pl.DataFrame) -> dict[str, str]:
    """User to the store with the greatest decayed count of visits, ties by id: as `user_profile.usual_store_id`."""
    placed = lines.filter(pl.col.user_id.is_not_null())
    visit = pl.col.day.rank("dense").over("user_id")
    weight = DECAY ** (visit.max().over("user_id") - visit).cast(pl.Float64)
    best = (
        placed.with_columns(weight=weight)
        .drop_nulls("store_id")
        .unique(["user_id", "day", "store_id"])
        .group_by("user_id", "store_id")
        .agg(pl.col.weight.sum())
        .sort("user_id", "weight", "store_id", descending=[False, True, False])
        .unique("user_id", keep="first", maintain_order=True)
    )
    return dict(zip(best["user_id"], best["store_id"], strict=True))
