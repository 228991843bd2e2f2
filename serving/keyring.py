"""Who a secret belongs to: asked of the database once in `KNOWN_FOR_S` and remembered between, so the hot path asks nobody.

The bound that follows: a key that was revoked, or whose end a rotation brought forward, is refused by every worker within
`KNOWN_FOR_S`. A worker that has lost the database goes on with the keys it knows, since the ledger's loss must not stop
recommendations, but with none longer than `ALONE_FOR_S` after the database last vouched for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine, select

from offers.database import LedgerError, transaction
from serving.keys import ApiKey, hash_of
from serving.rate import Bucket, Rate
from serving.tables import API_KEYS

_FORM = re.compile(r"dp_([a-z]+)_[A-Za-z0-9_-]{43}")
KNOWN_FOR_S = 10.0
"""Seconds; the last `RIDE_S` of them only while somebody else's request is asking, so that a busy key is asked for once."""
RIDE_S = 2.0
UNKNOWN_FOR_S = 5.0
ALONE_FOR_S = 900.0
MAX_REMEMBERED = 4096
STRANGERS = Rate(per_s=50, burst=500)
"""How often a process asks the database for secrets it never saw: whoever makes up keys can't keep it busy."""


@dataclass
class _Known:
    key: ApiKey
    until_s: float
    vouched_s: float
    is_asked: bool = False


class KeyRing:
    """The keys of one process. `clock_s` is monotonic."""

    def __init__(self, engine: Engine, clock_s: Callable[[], float]) -> None:
        self._engine = engine
        self._clock_s = clock_s
        self._known: dict[str, _Known] = {}
        # Apart from the known ones: a flood of made-up keys must not push those out.
        self._unknown: dict[str, float] = {}
        self._strangers = Bucket(STRANGERS, clock_s())

    def recall(self, secret: str) -> tuple[bool, ApiKey | None]:
        """(whether memory answers, the key or None). Asks no database; call `fetch` when memory does not answer."""
        if not _FORM.fullmatch(secret):
            return True, None
        digest, now_s = hash_of(secret), self._clock_s()
        if (known := self._known.get(digest)) is not None:
            if now_s < known.until_s + (RIDE_S if known.is_asked else 0.0):
                return True, known.key
            known.is_asked = True
            return False, None
        return self._unknown.get(digest, now_s) > now_s, None

    def stranger_s(self, secret: str) -> float:
        """Seconds to wait before a secret never seen may be looked up; 0 for now, and for one that is known."""
        if hash_of(secret) in self._known:
            return 0.0
        granted, wait_s = self._strangers.take(1, self._clock_s())
        return 0.0 if granted else wait_s

    def can_do_alone(self, secret: str) -> bool:
        """Whether `alone` would know the key."""
        known = self._known.get(hash_of(secret))
        return known is not None and self._clock_s() - known.vouched_s < ALONE_FOR_S

    def alone(self, secret: str) -> ApiKey | None:
        """The key without the database, if that vouched for it in the last `ALONE_FOR_S`; then it isn't asked again for a moment,
        as a database that is gone answers late."""
        digest = hash_of(secret)
        if not self.can_do_alone(secret):
            return None
        known = self._known[digest]
        self._known[digest] = _Known(known.key, self._clock_s() + KNOWN_FOR_S - RIDE_S, known.vouched_s)
        return known.key

    def fetch(self, secret: str) -> ApiKey | None:
        """The key as the database has it, None if there is none or it was revoked. Blocking.

        Raises LedgerError when the database can't say and didn't vouch for the key in the last `ALONE_FOR_S`.
        """
        digest = hash_of(secret)
        try:
            with transaction(self._engine, write=False) as connection:
                row = connection.execute(select(API_KEYS).where(API_KEYS.c.key_hash == digest)).first()
        except LedgerError:
            if (key := self.alone(secret)) is None:
                raise
            return key
        now_s = self._clock_s()
        if row is None or row.revoked_ms is not None:
            self._known.pop(digest, None)
            _make_room(self._unknown)
            self._unknown[digest] = now_s + UNKNOWN_FOR_S
            return None
        key = ApiKey(row.key_id, row.scope, row.store_id, row.expires_ms, row.holder_id)
        _make_room(self._known)
        self._known[digest] = _Known(key, now_s + KNOWN_FOR_S - RIDE_S, now_s)
        return key


def _make_room(remembered: dict[str, _Known] | dict[str, float]) -> None:
    if len(remembered) >= MAX_REMEMBERED:
        # The oldest half: the others need not be asked for again all at once.
        for digest in list(remembered)[: MAX_REMEMBERED // 2]:
            remembered.pop(digest, None)
