"""Whom the café's demo shows first, by rules that hold for any seed and day: a habit met by its offer, and who comes anyway."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import polars as pl

from bench.cafe.chain_loop import CAMPAIGN
from bench.cafe.members import user_id
from bench.cafe.people import PERSUADABLE
from river import steps
from settings import Settings

HABIT = ("iced-americano", 300, 8)
"""Of the flagship sentence, "tomorrow 8am, iced americano −3": product, cents off, hour at which the window begins."""
ANYWAY = ("comes_anyway", "no_gain")
"""Why somebody gets nothing, most telling first."""


def shown_first(settings: Settings, offers: Mapping[str, dict[str, Any]], for_date: date) -> list[str]:
    """At most two users: one whose offer is most like the flagship sentence (member 42 if theirs is, by habit), and of those
    who get nothing as they come anyway, who comes most often."""
    members = [user_id(PERSUADABLE), *sorted(offers)]
    habit = max(members, key=lambda user: _likeness(offers[user]) if user in offers else 0)
    return [habit, *_comes_anyway(settings, for_date)]


def visits(settings: Settings) -> pl.DataFrame:
    """user_id, n: visits kept in the newest features, who has most first."""
    rows = pl.read_parquet(
        settings.features / "user_visits.parquet", columns=["user_id", "n_visits", "event_timestamp"]
    )
    newest = rows.filter(pl.col.event_timestamp == pl.col.event_timestamp.max())
    return newest.select("user_id", n="n_visits").sort("n", "user_id", descending=[True, False])


def _likeness(offer: Mapping[str, Any]) -> int:
    """How many of the flagship sentence's words the offer has, the product first: without it none counts."""
    said = (offer["product_id"], offer["discount_cents"], datetime.fromisoformat(offer["valid_from"]).hour)
    return sum(mine == theirs for mine, theirs in zip(said, HABIT, strict=True)) if said[0] == HABIT[0] else 0


def _comes_anyway(settings: Settings, for_date: date) -> list[str]:
    with steps.open_desk(settings) as desk:
        reasons = {
            user: made["reason"]
            for user in visits(settings)["user_id"]
            if (made := desk.decision(CAMPAIGN, for_date, user)) is not None
        }
    found = [[user for user, reason in reasons.items() if reason == code] for code in ANYWAY]
    return next((users[:1] for users in found if users), [])
