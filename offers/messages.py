"""The messages people get, over all campaigns and channels: read for those of a page, moved with every offer handed out.

A message counts at its moment: when its offer was to be sent, or when it was handed out if that was later. It counts once
delivered, and while the scheduler it was handed to may still send it; one that failed, or whose lease ran out, does not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from offers.columns import Moment
from offers.persons import names_of
from offers.tables import coupons

LOOK_BACK = timedelta(days=2)
"""Older messages share no local day and no gap with one of now."""
_NOW = sa.bindparam("now", type_=Moment)
_THEN = sa.bindparam("since", type_=Moment)
_LEASED = coupons.c.delivery.is_(None) & coupons.c.leased_to.is_not(None) & (coupons.c.wait_until > _NOW)
_SENT = sa.select(
    coupons.c.offer_id, coupons.c.user_id, coupons.c.send_at, coupons.c.leased_at, coupons.c.delivered_at
).where(
    coupons.c.user_id.in_(sa.bindparam("users", expanding=True)),
    (coupons.c.delivery == "delivered") | _LEASED,
    (coupons.c.send_at > _THEN) | (coupons.c.leased_at > _THEN) | (coupons.c.delivered_at > _THEN),
)


class Messages:
    """By person, the moments of their messages and whose offers they are."""

    def __init__(self, connection: sa.Connection, users: Collection[str], now: datetime, gap_s: int) -> None:
        """Read the messages of `users` under all ids of theirs; the transaction's lock keeps others from adding to them."""
        self._of: dict[str, dict[str, datetime]] = defaultdict(dict)
        self._names = names_of(connection, users) if users else {}
        since = now - max(LOOK_BACK, timedelta(seconds=gap_s))
        for row in connection.execute(_SENT, {"users": [*{*users, *self._names}], "now": now, "since": since}):
            handed = row.leased_at or row.delivered_at
            self._of[self._person(row.user_id)][row.offer_id] = max(row.send_at, handed) if handed else row.send_at

    def others(self, user_id: str | None, offer_id: str) -> Sequence[datetime]:
        """Moments of the user's messages but for this offer's own; nobody's for an offer whose user was forgotten."""
        if user_id is None or (person := self._person(user_id)) not in self._of:
            return ()
        return [at for name, at in self._of[person].items() if name != offer_id]

    def add(self, user_id: str | None, offer_id: str, at: datetime) -> None:
        """One more message."""
        if user_id is not None:
            self._of[self._person(user_id)][offer_id] = at

    def _person(self, user_id: str) -> str:
        return self._names.get(user_id, user_id)
