"""API keys: shown once, stored as a hash, looked up by the hash, so that no secret is ever compared or kept.

A key has 256 random bits, so one SHA-256 without salt is enough: there is no dictionary to try.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, insert, select

from offers.database import LedgerError, transaction
from serving.tables import API_KEYS

SCOPES = ("app", "pos", "scheduler", "analyst", "admin")
_FORM = re.compile(r"dp_([a-z]+)_[A-Za-z0-9_-]{43}")
KNOWN_FOR_S = 30.0
UNKNOWN_FOR_S = 5.0
MAX_REMEMBERED = 4096


class KeyFault(Exception):
    """A key cannot be made as asked. One line: what is wrong and what to do."""


@dataclass(frozen=True)
class ApiKey:
    """What a key may do. `key_id` names it in logs and entries; `store_id` binds a till's key to its store."""

    key_id: str
    scope: str
    store_id: str | None
    expires_ms: int | None

    def live(self, now: datetime) -> bool:
        """Whether it has not expired."""
        return self.expires_ms is None or now.timestamp() * 1000 < self.expires_ms


def create(
    engine: Engine, scope: str, now: datetime, *, store_id: str | None = None, expires: datetime | None = None
) -> str:
    """Store a new key and return its secret, `dp_<scope>_<43 characters>`, which nothing can show again.

    Raises KeyFault for an unknown scope or an end that is not ahead, LedgerError.
    """
    if scope not in SCOPES:
        raise KeyFault(f"unknown scope {scope!r}: choose one of {', '.join(SCOPES)}")
    if expires is not None and expires <= now:
        raise KeyFault(f"the key would expire at {expires.isoformat()}, which is past: choose a later moment")
    secret = f"dp_{scope}_{secrets.token_urlsafe(32)}"
    row = {
        "key_hash": _hash(secret),
        # The column holds sixteen characters, which SQLite doesn't mind and PostgreSQL does.
        "key_id": f"{scope}-{secrets.token_hex(4)}"[:16],
        "scope": scope,
        "store_id": store_id,
        "created_ms": int(now.timestamp() * 1000),
        "expires_ms": None if expires is None else int(expires.timestamp() * 1000),
    }
    with transaction(engine, write=True) as connection:
        connection.execute(insert(API_KEYS).values(row))
    return secret


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


class KeyRing:
    """Remembers keys for `KNOWN_FOR_S`, so that the hot path asks no database and a withdrawn key ends soon.

    When the database is down a known key stays good: the ledger's loss must not stop recommendations.
    """

    def __init__(self, engine: Engine, clock_s: Callable[[], float]) -> None:
        self._engine = engine
        self._clock_s = clock_s
        self._seen: dict[str, tuple[float, ApiKey | None]] = {}

    def recall(self, secret: str) -> tuple[bool, ApiKey | None]:
        """(whether memory answers, the key or None). Asks no database; call `fetch` when memory does not answer."""
        if not _FORM.fullmatch(secret):
            return True, None
        known = self._seen.get(_hash(secret))
        return (True, known[1]) if known is not None and self._clock_s() < known[0] else (False, None)

    def fetch(self, secret: str) -> ApiKey | None:
        """The key as the database has it, None if there is none. Blocking.

        Raises LedgerError when the database can't say and the key was not known from before.
        """
        digest = _hash(secret)
        try:
            with transaction(self._engine, write=False) as connection:
                row = connection.execute(select(API_KEYS).where(API_KEYS.c.key_hash == digest)).first()
        except LedgerError:
            known = self._seen.get(digest)
            if known is not None and known[1] is not None:
                return known[1]
            raise
        key = None if row is None else _key(row)
        if len(self._seen) >= MAX_REMEMBERED:
            self._seen.clear()
        self._seen[digest] = (self._clock_s() + (UNKNOWN_FOR_S if key is None else KNOWN_FOR_S), key)
        return key


def _key(row: Any) -> ApiKey:
    return ApiKey(row.key_id, row.scope, row.store_id, row.expires_ms)
