"""API keys: made, rotated, taken back. A secret is shown once and stored as a hash, so nothing can show it again.

A key has 256 random bits, so one SHA-256 without salt is enough: there is no dictionary to try. Who asks with a key is looked
up in `keyring`; each act here stands in the audit (`offers.audit`), in the same transaction.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update

from feature_repo.events import in_one_form
from offers.audit import By, record
from offers.database import transaction
from serving.key_list import card_of, ms_of
from serving.tables import API_KEYS

SCOPES = ("app", "pos", "scheduler", "analyst", "admin")
MAX_OVERLAP = timedelta(days=90)
_NOBODY = By("daypart")


class KeyFault(Exception):
    """A key cannot be made, rotated or revoked as asked. One line: what is wrong and what to do."""


@dataclass(frozen=True)
class ApiKey:
    """What a key may do. `key_id` names it in logs and entries; `store_id` binds a till's key to its store."""

    key_id: str
    scope: str
    store_id: str | None
    expires_ms: int | None
    holder_id: str | None = None
    """The first key of a line of successors; None for that first key itself."""

    def live(self, now: datetime) -> bool:
        """Whether it has not expired."""
        return self.expires_ms is None or now.timestamp() * 1000 < self.expires_ms

    @property
    def holder(self) -> str:
        """Who asks, whichever of their keys they use: idempotency keys and leases outlive a rotation."""
        return self.holder_id or self.key_id


def create(
    engine: Engine, scope: str, now: datetime, *,
    store_id: str | None = None, expires: datetime | None = None, by: By = _NOBODY,
) -> str:  # fmt: skip
    """Store a new key and return its secret, `dp_<scope>_<43 characters>`, which nothing can show again.

    Raises KeyFault for an unknown scope, a store for anything but a till, an end that is not ahead; LedgerError.
    """
    if scope not in SCOPES:
        raise KeyFault(f"unknown scope {scope!r}: choose one of {', '.join(SCOPES)}")
    if store_id is not None and scope != "pos":
        raise KeyFault(f"a key of scope {scope} can't be bound to a store; only a till's (pos) can")
    if expires is not None and expires <= now:
        raise KeyFault(f"the key would expire at {expires.isoformat()}, which is past: choose a later moment")
    secret = f"dp_{scope}_{secrets.token_urlsafe(32)}"
    store_id = store_id and in_one_form(store_id)
    with transaction(engine, write=True) as connection:
        row = _added(connection, secret, scope, now, store_id, expires, None)
        record(connection, "key_created", row["key_id"], by, now, {"scope": scope, "store_id": store_id})
    return secret


def revoke(engine: Engine, key_id: str, now: datetime, by: By) -> None:
    """End a key now; workers notice within `keyring.KNOWN_FOR_S`. Raises KeyFault, LedgerError."""
    with transaction(engine, write=True) as connection:
        row = _row(connection, key_id)
        if row.revoked_ms is not None:
            raise KeyFault(f"key {key_id} was revoked before")
        connection.execute(update(API_KEYS).where(API_KEYS.c.key_id == key_id).values(revoked_ms=ms_of(now)))
        record(connection, "key_revoked", key_id, by, now)


def rotate(engine: Engine, key_id: str, now: datetime, overlap: timedelta, by: By) -> str:
    """The secret of a successor: same scope and store, as long a life; the old key works for `overlap` more, at most.

    Raises KeyFault for a key that is over or has a successor, LedgerError.
    """
    if not timedelta(0) <= overlap <= MAX_OVERLAP:
        raise KeyFault(f"an overlap of {overlap} is not between 0 and {MAX_OVERLAP.days} days")
    with transaction(engine, write=True) as connection:
        old = _row(connection, key_id)
        card = card_of(old, now)
        if card.state != "live":
            into = f" into {card.successor}" if card.successor else ""
            raise KeyFault(f"key {key_id} is {card.state}{into}: rotate a live one")
        secret = f"dp_{old.scope}_{secrets.token_urlsafe(32)}"
        expires = None if card.expires is None else now + (card.expires - card.created)
        new = _added(connection, secret, old.scope, now, old.store_id, expires, old.holder_id or key_id)
        end = ms_of(now + overlap) if old.expires_ms is None else min(old.expires_ms, ms_of(now + overlap))
        change = {"expires_ms": end, "successor_id": new["key_id"]}
        connection.execute(update(API_KEYS).where(API_KEYS.c.key_id == key_id).values(change))
        told = {"successor": new["key_id"], "overlap_s": int(overlap.total_seconds())}
        record(connection, "key_rotated", key_id, by, now, told)
    return secret


def hash_of(secret: str) -> str:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def key_id_of(secret: str) -> str:
    """The name of the key in lists, logs and entries: its scope and the beginning of its hash."""
    # The column holds sixteen characters, which SQLite doesn't mind and PostgreSQL does.
    return f"{secret.split('_')[1]}-{hash_of(secret)[:8]}"[:16]


def _added(
    connection: Connection, secret: str, scope: str, now: datetime,
    store_id: str | None, expires: datetime | None, holder_id: str | None,
) -> dict[str, Any]:  # fmt: skip
    row: dict[str, Any] = {
        "key_hash": hash_of(secret),
        "key_id": key_id_of(secret),
        "scope": scope,
        "store_id": store_id,
    }
    row |= {"created_ms": ms_of(now), "expires_ms": None if expires is None else ms_of(expires), "holder_id": holder_id}
    connection.execute(insert(API_KEYS).values(row))
    return row


def _row(connection: Connection, key_id: str) -> Any:
    row = connection.execute(select(API_KEYS).where(API_KEYS.c.key_id == key_id).with_for_update()).one_or_none()
    if row is None:
        raise KeyFault(f"no key is called {key_id!r}; daypart keys list names them")
    return row
