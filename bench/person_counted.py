"""Events that tills were told of, counted again: in the lake, in the features, and online before the features were reckoned.

What ought to stand is reckoned here in plain Python from the events as the tills kept them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from bench.person_tills import Event
from embedded import lease_online_store
from models.history import History
from river.steps import refresh_features
from serving.history_kind import history_rows
from settings import Settings
from training.lake import read_events


@dataclass(frozen=True)
class Counts:
    """What was answered, and what is wrong with it: nothing, if all is well."""

    n_events: int
    n_lost: int
    n_doubled: int
    off: Sequence[str]
    """Users whose sums in the features aren't those of their events."""
    behind: Sequence[str]
    """Users whose online history wasn't that of all their events, before features were reckoned."""


def counted(settings: Settings, told: Sequence[Event], zone: str) -> Counts:
    """Reckon the features and count. told: every answered event once, of users nobody knew before. zone: of their store."""
    wanted = ought(told, ZoneInfo(zone))
    late = _behind(settings, wanted)
    now = datetime.now(UTC)
    refresh_features(settings, now, now, lambda *_: None)
    columns = ["event_id", "quantity", "user_id"]
    lake = read_events(settings.lake, columns=columns).filter(pl.col.user_id.is_in(list(wanted))).collect()
    times = Counter(lake["event_id"].to_list())
    lost = sum(event["event_id"] not in times for event in told)
    doubled = sum(n - 1 for n in times.values()) + len(set(times) - {event["event_id"] for event in told})
    off = [user for user, stands in _features(settings, wanted).items() if stands != wanted[user]]
    pieces = sum(event.get("quantity", 0) for event in told)
    if not (lost or doubled) and lake["quantity"].sum() != pieces:
        off.append(f"the lake, with {lake['quantity'].sum()} pieces of {pieces}")
    return Counts(len(told), lost, doubled, off, late)


def ought(told: Sequence[Event], zone: ZoneInfo) -> dict[str, dict[str, Any]]:
    """By user what the features must say of them. A refund is of all that was sold of its product in its order."""
    back = {(event["order_id"], event["product_id"]) for event in told if event["event_type"] == "refund"}
    bought: dict[str, list[Event]] = defaultdict(list)
    for event in told:
        if event["event_type"] == "purchase" and (event["order_id"], event["product_id"]) not in back:
            bought[event["user_id"]].append(event)
    return {user: _ought(events, zone) for user, events in bought.items()}


def _ought(events: Sequence[Event], zone: ZoneInfo) -> dict[str, Any]:
    days: dict[date, set[str]] = defaultdict(set)
    for event in events:
        days[datetime.fromisoformat(event["occurred_at"]).astimezone(zone).date()].add(event["product_id"])
    return {
        "monetary_cents": sum(e["quantity"] * e["unit_price_cents"] - e["discount_cents"] for e in events),
        "n_orders": len({event["order_id"] for event in events}),
        "n_visits": len(days),
        "counts": dict(Counter(product for products in days.values() for product in products)),
    }


def behind(settings: Settings, told: Sequence[Event], zone: str) -> list[str]:
    """Users whose online history isn't that of these events."""
    return _behind(settings, ought(told, ZoneInfo(zone)))


def _behind(settings: Settings, wanted: Mapping[str, Mapping[str, Any]]) -> list[str]:
    with lease_online_store(settings) as store:
        held = dict[str, History]()
        history_rows(settings, store).change(list(wanted), lambda user, stood: held.setdefault(user, stood))
    return [
        user
        for user, said in wanted.items()
        if held[user].n_visits != said["n_visits"]
        or dict(zip(held[user].product_ids, held[user].counts.tolist(), strict=True)) != said["counts"]
    ]


def _features(settings: Settings, wanted: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The same by user as the newest snapshot says it; of one who isn't there, nothing."""
    found: dict[str, dict[str, Any]] = {user: {} for user in wanted}
    views = {"user_profile": ("monetary_cents", "n_orders"), "user_history": ("n_visits", "product_ids", "counts")}
    for view, columns in views.items():
        frame = pl.read_parquet(settings.features / f"{view}.parquet")
        frame = frame.filter(pl.col.event_timestamp == frame["event_timestamp"].max())
        for line in frame.filter(pl.col.user_id.is_in(list(wanted))).select("user_id", *columns).to_dicts():
            user = line.pop("user_id")
            if "counts" in line:
                line["counts"] = {p: int(n) for p, n in zip(line.pop("product_ids"), line["counts"], strict=True)}
            found[user] |= line
    return found
