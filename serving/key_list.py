"""What may be seen of API keys: every one there ever was, and what has become of it; never a secret or its hash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Engine, select

from offers.database import transaction
from serving.tables import API_KEYS

State = Literal["live", "rotated", "expired", "revoked"]
"""`rotated`: its successor is out, and it still works until it expires."""
_MS = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class KeyCard:
    """One key, as `daypart keys list` shows it."""

    key_id: str
    scope: str
    store_id: str | None
    state: State
    created: datetime
    expires: datetime | None
    revoked: datetime | None
    successor: str | None


def listed(engine: Engine, now: datetime) -> list[KeyCard]:
    """Every key, oldest first. Raises LedgerError."""
    with transaction(engine, write=False) as connection:
        rows = connection.execute(select(API_KEYS).order_by(API_KEYS.c.created_ms, API_KEYS.c.key_id)).all()
    return [card_of(row, now) for row in rows]


def card_of(row: Any, now: datetime) -> KeyCard:
    """A row of the table as a card."""
    expires = moment_of(row.expires_ms)
    state: State = "rotated" if row.successor_id else "live"
    if expires is not None and expires <= now:
        state = "expired"
    if row.revoked_ms is not None:
        state = "revoked"
    created = _EPOCH + row.created_ms * _MS
    return KeyCard(
        row.key_id, row.scope, row.store_id, state, created, expires, moment_of(row.revoked_ms), row.successor_id
    )


def ms_of(moment: datetime) -> int:
    """Milliseconds since 1970, as the table keeps moments."""
    return (moment - _EPOCH) // _MS


def moment_of(ms: int | None) -> datetime | None:
    """The moment of the table's milliseconds."""
    return None if ms is None else _EPOCH + ms * _MS
