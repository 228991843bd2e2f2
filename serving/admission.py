"""Who is let in: the key is known, asks no more often than it may, and opens this call. In that order, so that a key that was
stolen and tries every door is slowed down as well."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from serving.asked import Call
from serving.auth import known_key, require_scope
from serving.keys import ApiKey
from serving.parts import Parts


async def admitted(parts: Parts, call: Call, headers: Mapping[str, str], now: datetime) -> ApiKey:
    """The key of the request. Raises Problem 401, 403 or 429, LedgerError."""
    key = await known_key(parts.keys, parts.pool, headers, now)
    await parts.limiter.spend(key)
    require_scope(key, call.scopes)
    return key
