"""Events that arrive over HTTP, judged one by one by the same limits as files: a good one is not lost to a bad neighbour."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec

from feature_repo.events import EARLIEST_UTC, EVENT_COLUMNS, MAX_AHEAD, REQUIRED, Column, in_one_form
from people.identity import IdentityFault
from people.plain import is_plain
from people.secret import References
from people.spelling import misspelt
from serving.door import REPEATED, fault_of
from serving.plain import CODE, MISSPELT, SAYS
from serving.repeats import repeats
from serving.wire import Ask, Cents, Channel, Id, Moment, Quantity, Stars
from serving.wire_events import Rejected

EventType = Literal[
    "purchase", "refund", "void", "view", "cart", "visit", "rating", "impression", "exposure", "redemption"
]
_IDS = ("event_id", "user_id", "product_id", "store_id", "order_id", "coupon_id", "recommendation_id")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SEPARATOR = "\x1f"
_SAID = tuple(column for column in EVENT_COLUMNS if column.name not in ("event_id", "rating"))
Record = dict[str, Any]
"""One event with every name of EVENT_COLUMNS; `occurred_at` is RFC 3339 text in UTC."""


class EventRow(Ask, frozen=True):
    """One event as `POST /v1/events` takes it: the columns of the events table."""

    event_type: EventType
    occurred_at: Moment
    event_id: Id | None = None
    user_id: Id | None = None
    product_id: Id | None = None
    store_id: Id | None = None
    channel: Channel | None = None
    order_id: Id | None = None
    quantity: Quantity | None = None
    unit_price_cents: Cents | None = None
    discount_cents: Cents | None = None
    coupon_id: Id | None = None
    recommendation_id: Id | None = None
    rating: Stars | None = None


def judge(
    rows: Sequence[msgspec.Raw], now: datetime, references: References, store_id: str | None = None
) -> tuple[list[Record], list[Rejected]]:
    """(records of the good rows, the others with index, code and reason), both in the order given.

    references: of identities, which are kept in no other form. `store_id`: the store a till's key is bound to; its events are
    of that store, and another store's are refused.
    """
    records, rejected = [], []
    for index, raw in enumerate(rows):
        try:
            row = msgspec.json.decode(raw, type=EventRow)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            fault = fault_of(error)
            rejected.append(Rejected(index, _code(fault.detail), f"{fault.pointer or 'event'}: {fault.detail}"))
            continue
        if repeats(raw):
            rejected.append(Rejected(index, "repeated_member", f"event: {REPEATED}"))
            continue
        if refusal := _refusal(row, now, store_id):
            rejected.append(Rejected(index, *refusal))
            continue
        try:
            records.append(_record(row, references, store_id))
        except IdentityFault as fault:
            rejected.append(Rejected(index, "bad_identity", f"/user_id: {fault}"))
    return records, rejected


def _code(detail: str) -> str:
    if detail.startswith("Object missing"):
        return "missing_field"
    return "unknown_field" if detail.startswith("Object contains unknown") else "invalid_field"


def _refusal(row: EventRow, now: datetime, store_id: str | None) -> tuple[str, str] | None:
    """(code, detail) when the row breaks a rule that its shape can't say."""
    for name in REQUIRED[row.event_type]:
        if getattr(row, name) is None and not (name == "store_id" and store_id is not None):
            return "missing_field", f"/{name}: a {row.event_type} needs it"
    for name in _IDS:
        if (text := getattr(row, name)) is not None and misspelt(text):
            return "invalid_field", f"/{name}: {MISSPELT}"
        if text is not None and name != "user_id" and is_plain(text):
            return CODE, f"/{name}: {SAYS}"
    if (row.discount_cents or 0) > (row.quantity or 1) * (
        row.unit_price_cents or 0
    ) and row.unit_price_cents is not None:
        return "discount_above_price", "/discount_cents: above quantity times unit price"
    if row.occurred_at < EARLIEST_UTC:
        return "too_early", f"/occurred_at: before {EARLIEST_UTC.date()}"
    if row.occurred_at > now + MAX_AHEAD:
        return "too_late", f"/occurred_at: over {MAX_AHEAD.days} day ahead of our clock"
    if store_id is not None and row.store_id not in (None, store_id):
        return "other_store", f"/store_id: this key belongs to store {store_id}"
    return None


def _record(row: EventRow, references: References, store_id: str | None) -> Record:
    told = [(column.name, getattr(row, column.name)) for column in EVENT_COLUMNS]
    record: Record = {name: in_one_form(value) if isinstance(value, str) else value for name, value in told}
    record["occurred_at"] = row.occurred_at.astimezone(UTC).isoformat()
    record["store_id"] = row.store_id or store_id
    # Before the id is derived: a plain hash of a card's number could be tried out.
    record["user_id"] = row.user_id and references.of(row.user_id)
    record["event_id"] = row.event_id or derived_id(record)
    return record


def derived_id(record: Mapping[str, Any]) -> str:
    """The id of an event that names none: the hash of what it says, so that sending it again adds nothing.

    `row-` and the MD5 of the other columns (`rating` only if given), times as microseconds since 1970, as `training/event_ids.py`
    does for files: the same row has one id by whichever door it comes. A test holds the two together.
    """
    said = [_said(record, column) for column in _SAID]
    if (stars := record.get("rating")) is not None:
        said.append(str(stars))
    return "row-" + hashlib.md5(_SEPARATOR.join(said).encode()).hexdigest()


def _said(record: Mapping[str, Any], column: Column) -> str:
    value = record[column.name]
    if column.kind == "time":
        return str((datetime.fromisoformat(value) - _EPOCH) // timedelta(microseconds=1))
    return "" if value is None else str(value)
