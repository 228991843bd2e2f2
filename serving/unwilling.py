"""A link brings a no to whoever it joins: said under a card before the card was theirs, it takes back what all their ids have."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Engine

from offers.database import transaction
from offers.desk import Desk
from offers.erasing import NO_CONSENT, withdraw_open
from people.batches import batches
from people.consent import unwilling

_ASKED = 500


def withdraw_unwilling(engine: Engine, desk: Desk, ids: Collection[str], now: datetime) -> int:
    """Withdraw what is open of the persons who bear these ids and said no to offers under any of theirs; how many. What a till
    holds stays its order's. Raises LedgerError."""
    asked, theirs = sorted(ids), set[str]()
    with transaction(engine, write=False) as connection:
        for some in batches(asked, _ASKED):
            theirs.update(unwilling(connection, some, "offers"))
    return withdraw_open(desk.journal, sorted(theirs), NO_CONSENT, now) if theirs else 0
