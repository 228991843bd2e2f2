"""The desk: what tills, the push scheduler, apps and the planner ask of the ledger. One call is one transaction.

Every method may raise LedgerError, and LedgerBusy (a LedgerError that may be tried again). Methods that take a key raise
KeyReused when it was used with another body. Times are aware; `now` is our clock.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Literal

from offers import outbox, pull, till
from offers.answers import Answer, Ask, CursorError, KeyReused, Offer, Page
from offers.book import Line
from offers.campaign import Campaign
from offers.cases import Stock
from offers.database import LedgerBusy, LedgerError
from offers.decisions import decided_users, decision_of
from offers.drafts import Decision, Issued
from offers.issuing import Token, issue
from offers.journal import Journal
from offers.opening import open_account, put_stores
from offers.slots import Store
from offers.status import campaign_status

__all__ = [
    "Answer", "Ask", "CursorError", "Desk", "KeyReused", "LedgerBusy", "LedgerError", "Line", "Offer", "Page",
]  # fmt: skip


class Desk:
    """Speaks for one journal; holds no state of its own, so threads may share it."""

    def __init__(self, journal: Journal, *, stock: Stock | None = None, token: Token = secrets.token_bytes) -> None:
        """`stock` tells units by store and product (None: unknown, refuses nothing); `token` makes ids and codes."""
        self.journal = journal
        self._stock = stock
        self._token = token

    def open(self, campaign: Campaign, stores: Sequence[Store], now: datetime) -> None:
        """Bring a campaign's money and limits, and the stores' clocks, up to what their files say."""
        with self.journal.write() as connection:
            put_stores(connection, stores)
            open_account(connection, campaign, now)

    def decided(self, campaign_id: str, for_date: date) -> set[str]:
        """Users whose offer, or nothing, was decided for the date before."""
        with self.journal.read() as connection:
            return decided_users(connection, campaign_id, for_date)

    def decision(self, campaign_id: str, for_date: date, user_id: str) -> dict[str, Any] | None:
        """What was weighed and done for a user on a date (columns of `decisions`), `reason` why nothing was sent."""
        with self.journal.read() as connection:
            return decision_of(connection, campaign_id, for_date, user_id)

    def issue(self, campaign_id: str, batch: Sequence[Decision], now: datetime) -> Issued:
        """Record at most 1,000 decisions and issue their coupons, all or none. Doing it again issues nothing twice."""
        with self.journal.write() as connection:
            return issue(connection, campaign_id, batch, now, self._token)

    def validate(self, code: str, ask: Ask, now: datetime) -> Answer:
        """What a redemption would answer now, without effect; what the ask doesn't tell is taken as right."""
        return till.quote(self.journal, code, ask, now, self._stock)

    def hold(self, code: str, ask: Ask, key: str, now: datetime) -> Answer:
        """Set the discount aside for the order until the hold runs out."""
        return till.carry_out(self.journal, "hold", code, ask, key, now, self._stock)

    def redeem(self, code: str, ask: Ask, key: str, now: datetime) -> Answer:
        """Pay the discount to the order."""
        return till.carry_out(self.journal, "redeem", code, ask, key, now, self._stock)

    def release(self, code: str, ask: Ask, key: str, now: datetime) -> Answer:
        """Let the order's hold go; the coupon can be used again."""
        return till.carry_out(self.journal, "release", code, ask, key, now, self._stock)

    def reverse(self, code: str, ask: Ask, key: str, now: datetime) -> Answer:
        """Take the order's redemption back; the coupon stays used."""
        return till.carry_out(self.journal, "reverse", code, ask, key, now, self._stock)

    def withdraw(self, offer_id: str, actor: str, now: datetime) -> Answer:
        """Take an unused coupon back for good (sold out, store closed, person gone)."""
        return till.withdraw(self.journal, offer_id, actor, now)

    def due(self, from_: datetime, to: datetime, limit: int, cursor: str | None, now: datetime) -> Page:
        """Offers not acknowledged yet with `from_` <= send_at < `to`. Raises CursorError."""
        with self.journal.read() as connection:
            return pull.due(connection, from_, to, limit, cursor)

    def acknowledge(self, offer_id: str, outcome: Literal["delivered", "failed"], now: datetime) -> str | None:
        """The delivery state after it ("delivered" wins over "failed"); None for an unknown offer."""
        with self.journal.write() as connection:
            return pull.acknowledge(connection, offer_id, outcome, now)

    def wallet(self, user_id: str, now: datetime) -> list[Offer]:
        """The user's coupons that can still be used."""
        with self.journal.read() as connection:
            return pull.wallet(connection, user_id, now)

    def campaign(self, campaign_id: str, now: datetime) -> dict[str, Any] | None:
        """The campaign's money and counts (see `offers.status`); None for an unknown campaign."""
        with self.journal.read() as connection:
            return campaign_status(connection, campaign_id, now)

    def pending_events(self, limit: int) -> list[tuple[int, dict[str, Any]]]:
        """The oldest events of the outbox not sent yet: (id, event in the columns of `feature_repo.events`)."""
        with self.journal.read() as connection:
            return outbox.pending(connection, limit)

    def mark_sent(self, ids: Iterable[int], now: datetime) -> None:
        """Mark events of the outbox as sent."""
        with self.journal.write() as connection:
            outbox.mark_sent(connection, list(ids), now)


def open_desk(url: str) -> Desk:
    """A desk on the ledger at `url` (`Settings.ledger_url`). Raises LedgerError with one plain line."""
    return Desk(Journal(url))
