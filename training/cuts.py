"""Splits by time. What lies before a cut may fit and tune; what each user took first after it is the target."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from training.cases import Known
from training.sales import sales

_SHORTEST_D, _LONGEST_D, _PARTS = 1, 28, 12
_LEAST_USERS, _LEAST_SHARE = 20, 0.25
_LEAVE_LAST = 2  # each step back leaves only the longer histories, and so another kind of user


@dataclass(frozen=True)
class Window:
    """A cut inside the sales. known: the lines before it; targets: (user_id, product_id) each user took next.

    moment: of a global cut (UTC), None when each user's own last visit was held out instead.
    """

    known: Known
    targets: pl.DataFrame
    moment: datetime | None


def global_cut(events: pl.DataFrame, cutoff: date, zone: str = "UTC") -> tuple[pl.DataFrame, pl.DataFrame]:
    """Events before local midnight of `cutoff`, and the first shopping day after it of each user known before.

    events: input table with an aware `occurred_at`; days are reckoned in `zone`. Returns (events, targets), the latter
    user_id and product_id, distinct and sorted.
    """
    early = pl.col.occurred_at.dt.convert_time_zone("UTC") < pl.lit(_midnight(cutoff, zone))
    lines = sales(events.lazy().with_columns(pl.col.occurred_at.dt.convert_time_zone(zone)))
    return events.filter(early), first_day(lines.filter(early), lines.filter(~early))


def inner_windows(lines: pl.DataFrame, wanted: int) -> list[Window]:
    """Up to `wanted` windows inside `lines` (as `training.sales` gives them), oldest first, to tune on.

    Global cuts, each a twelfth of the span (1 to 28 days) before the next: that is how the model will be used. Where too few
    users shop on both sides of a cut (short histories, dates that only order), each user's last visits are held out instead.
    Windows without targets are left out, so the list may be empty.
    """
    days = lines.filter(pl.col.user_id.is_not_null()).select("user_id", "day").unique()
    if days.is_empty():
        return []
    days = days.with_columns(pl.col.day.rank("ordinal", descending=True).over("user_id").alias("back"))
    windows = _global_windows(lines, days, wanted)
    enough = max(_LEAST_USERS, _LEAST_SHARE * days.filter(pl.col.back == 2).height)
    if min((window.targets["user_id"].n_unique() for window in windows), default=0) < enough:
        windows = [_leave_last(lines, days, step) for step in range(min(wanted, _LEAVE_LAST), 0, -1)]
    return [window for window in windows if len(window.targets)]


def first_day(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """(user_id, product_id), distinct and sorted: the first day in `after` of each user with a line in `before`."""
    known = before.select("user_id").drop_nulls().unique()
    first = after.filter(pl.col.day == pl.col.day.min().over("user_id")).join(known, on="user_id", how="semi")
    return first.select("user_id", "product_id").unique().sort("user_id", "product_id")


def _global_windows(lines: pl.DataFrame, days: pl.DataFrame, wanted: int) -> list[Window]:
    first, last = days.select(pl.col.day.min().alias("first"), pl.col.day.max().alias("last")).row(0)
    length = timedelta(days=min(max(((last - first).days + 1) // _PARTS, _SHORTEST_D), _LONGEST_D))
    zone = lines["zone"].mode().sort()[0]  # most sales are reckoned in it, so few local days are cut in two
    windows = []
    for step in range(wanted, 0, -1):
        start, end = (_midnight(last + timedelta(days=1) - length * n, zone) for n in (step, step - 1))
        after = lines.filter((pl.col.occurred_at >= start) & (pl.col.occurred_at < end))
        before = lines.filter(pl.col.occurred_at < start)
        windows.append(Window(Known(before), first_day(before, after), start))
    return windows


def _leave_last(lines: pl.DataFrame, days: pl.DataFrame, step: int) -> Window:
    """Hold out each user's visit number `step` from the end; users with no visit before it keep all theirs."""
    deep = days.filter(pl.col.back > step).select("user_id").unique()
    held = days.filter(pl.col.back == step).join(deep, on="user_id", how="semi").select("user_id", held="day")
    joined = lines.join(held, on="user_id", how="left", maintain_order="left")
    targets = (
        joined.filter(pl.col.day == pl.col.held).select("user_id", "product_id").unique().sort("user_id", "product_id")
    )
    before = joined.filter(pl.col.held.is_null() | (pl.col.day < pl.col.held)).drop("held")
    return Window(Known(before), targets, None)


def _midnight(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
