"""Whose history an event may change in a way that the service's own push can't: the ids to reckon anew, or a few too many.

A push adds a purchase to a person's last day. What it leaves: one of a day before, a refund or void and all they speak of, a
purchase that one of those spoke of before it came, and a line of an anonymous ticket that somebody has claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

import polars as pl

from people.identity import receipt
from training.held import Lines, touched

if TYPE_CHECKING:
    from serving.inbox_tail import Waiting


def late(came: Sequence[Waiting], zones: Mapping[str, tzinfo]) -> list[int]:
    """Numbers of purchases of a store-local day before the one on which they came."""
    found = []
    for number, received_ms, record in came:
        if record["event_type"] == "purchase":
            zone = zones.get(record["store_id"] or "", UTC)
            heard = datetime.fromtimestamp(received_ms / 1000, zone)
            if datetime.fromisoformat(record["occurred_at"]).astimezone(zone).date() < heard.date():
                found.append(number)
    return found


def concerned(
    lines: Lines, fresh: Lines, behind: Collection[int], borne: Callable[[Collection[str]], Collection[str]]
) -> set[str]:
    """Ids of those whom `fresh` lines, which `lines` hold already, may concern beyond a push, receipts of tickets among them.

    behind: numbers of fresh purchases that are late. borne: every id of the persons who bear some of these.
    """
    before = _that_spoke(lines.back, fresh.bought, borne) if len(fresh.bought) else lines.back.clear()
    spoken = pl.concat([fresh.back, before]).unique("event_id")
    named = touched(lines, spoken) if len(spoken) else lines.bought.clear()
    own = fresh.bought.filter(pl.col.number.is_in(list(behind)))
    return _users(own) | _users(spoken) | _users(named) | _receipts(pl.concat([named, fresh.bought, spoken]))


def _that_spoke(
    back: pl.DataFrame, bought: pl.DataFrame, borne: Callable[[Collection[str]], Collection[str]]
) -> pl.DataFrame:
    """Those that may take back purchases of which they were told before: they name the order, or came after it."""
    orders = bought["order_id"].drop_nulls().unique()
    theirs = pl.col.user_id.is_in(list(borne(_users(bought)))) & (pl.col.occurred_at >= bought["occurred_at"].min())
    return back.filter(pl.col.order_id.is_in(orders.implode()) | theirs)


def _users(frame: pl.DataFrame) -> set[str]:
    return set(frame["user_id"].drop_nulls().unique())


def _receipts(frame: pl.DataFrame) -> set[str]:
    """Of lines that name nobody, as they would be claimed by."""
    nobodys = frame.filter(pl.col.user_id.is_null() & pl.col.store_id.is_not_null() & pl.col.order_id.is_not_null())
    return {receipt(*ticket) for ticket in nobodys.select("store_id", "order_id").unique().iter_rows()}
