"""Who asks, and whether they may: `Authorization: Bearer KEY`, one scope per key."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import Executor
from datetime import datetime
from math import ceil

from serving.keyring import KeyRing
from serving.keys import ApiKey
from serving.problems import Problem

PATIENCE_S = 0.5
"""How long the database is waited for to vouch for a known key anew."""
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="daypart"'}


def bearer(headers: Mapping[str, str]) -> str:
    """The key in the header. Raises Problem 401."""
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise Problem(401, "key_missing", "send Authorization: Bearer KEY (daypart keys create)", headers=_CHALLENGE)
    return secret.strip()


async def known_key(ring: KeyRing, pool: Executor, headers: Mapping[str, str], now: datetime) -> ApiKey:
    """The key of the request. Raises Problem 401, Problem 429 while too many unknown keys are tried, LedgerError."""
    secret = bearer(headers)
    answered, key = ring.recall(secret)
    if not answered:
        if wait_s := ring.stranger_s(secret):
            later = {"Retry-After": str(ceil(wait_s))}
            raise Problem(429, "too_many_keys", "too many keys that nobody knows are being tried", headers=later)
        try:
            async with asyncio.timeout(PATIENCE_S if ring.can_do_alone(secret) else None):
                key = await asyncio.get_running_loop().run_in_executor(pool, ring.fetch, secret)
        except TimeoutError:
            # A database that is silent is as good as gone: what it says later still counts, and ends a key that was revoked.
            if not ring.can_do_alone(secret):
                raise
            key = ring.alone(secret)
    if key is None or not key.live(now):
        raise Problem(401, "key_unknown", "the key is unknown, expired or revoked", headers=_CHALLENGE)
    return key


def require_scope(key: ApiKey, scopes: tuple[str, ...]) -> None:
    """Raises Problem 403 unless the key's scope is one of them."""
    if key.scope not in scopes:
        raise Problem(403, "scope_missing", f"this call needs a key of scope {' or '.join(scopes)}, not {key.scope}")


def bound_store(key: ApiKey, store_id: str | None) -> str | None:
    """The store a till speaks for: its key's, if it has one. Raises Problem 403 when the request names another."""
    if key.store_id is None:
        return store_id
    if store_id is not None and store_id != key.store_id:
        raise Problem(403, "other_store", f"this key belongs to store {key.store_id}")
    return key.store_id
