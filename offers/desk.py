"""The desk: what tills, the push scheduler, apps and the planner ask of the ledger.

Every method may raise LedgerError, and LedgerBusy (a LedgerError that may be tried again). Methods that take a key raise
KeyReused when it was used with another body, KeyInFlight while its call still runs. Times are aware; `now` is our clock.
"""

from __future__ import annotations

import secrets
from asyncio import Future
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

from offers import delivery, outbox, pull, till, unsent
from offers.acts import Act, ActKind, asked_act
from offers.answers import Answer, Ask, CursorError, KeyInFlight, KeyReused, Offer, Page
from offers.book import Line
from offers.campaign import Campaign
from offers.database import LedgerBusy, LedgerError
from offers.decisions import decided_users, decision_of
from offers.drafts import Decision, Issued
from offers.due import Due
from offers.group import Group
from offers.issued_terms import Token
from offers.issuing import issue
from offers.journal import Journal
from offers.opening import lock_issuing, open_account, open_chain, put_stores, release_reserve
from offers.sending import Sending
from offers.slots import Store
from offers.status import campaign_status
from offers.till import Stock

__all__ = [
    "Answer", "Ask", "CursorError", "Desk", "KeyInFlight", "KeyReused", "LedgerBusy", "LedgerError", "Line", "Offer", "Page",
]  # fmt: skip

SENDING = Sending()


class Desk:
    """Speaks for one journal. Threads and event loops share it: what they ask at the same time becomes one transaction."""

    def __init__(
        self,
        journal: Journal,
        *,
        stock: Stock | None = None,
        token: Token = secrets.token_bytes,
        sending: Sending = SENDING,
    ) -> None:
        """`stock` tells units by store and product (None: unknown, refuses nothing); `token` makes ids and codes."""
        self.journal, self._stock, self._sending = journal, stock, sending
        self._token = token
        self._group = Group(lambda acts: till.carry_out(journal, acts, stock))

    def open(self, campaign: Campaign, stores: Sequence[Store], now: datetime, chain_cents: int | None = None) -> None:
        """Bring a campaign, the stores' clocks and (unless None) the chain's budget, 0 for no cap, up to what the files say."""
        with self.journal.write() as connection:
            lock_issuing(connection)
            put_stores(connection, stores, now)
            if chain_cents is not None:
                open_chain(connection, chain_cents, now)
            open_account(connection, campaign, now)

    def put_stores(self, stores: Sequence[Store], now: datetime) -> None:
        """Bring the stores' clocks alone up to what their table says."""
        with self.journal.write() as connection:
            lock_issuing(connection)
            put_stores(connection, stores, now)

    def release_reserve(self, campaign_id: str, cents: int, actor: str, why: str, now: datetime) -> int:
        """Let new coupons have some of what the campaign keeps back; the reserve left. An operator's act."""
        with self.journal.write() as connection:
            return release_reserve(connection, campaign_id, cents, actor, why, now)

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
        return self._group.do(self._act("hold", code, ask, key, now))

    def redeem(self, code: str, ask: Ask, key: str, now: datetime) -> Answer:
        """Pay the discount to the order."""
        return self._group.do(self._act("redeem", code, ask, key, now))

    def release(self, code: str, ask: Ask, key: str, now: datetime) -> Answer:
        """Let the order's hold go; the coupon can be used again."""
        return self._group.do(self._act("release", code, ask, key, now))

    def reverse(self, code: str, ask: Ask, key: str, now: datetime) -> Answer:
        """Take the order's redemption back, whole or only the units in `lines`; the coupon stays used."""
        return self._group.do(self._act("reverse", code, ask, key, now))

    def token(self, code: str, ask: Ask, key: str, now: datetime) -> Answer:
        """Set the discount aside for a token that the coupon's store may redeem without network; who asks signs it."""
        return self._group.do(self._act("token", code, ask, key, now))

    def begin(self, kind: ActKind, code: str, ask: Ask, key: str, now: datetime) -> Future[Answer]:
        """One of the five above for a caller on an event loop, who awaits the answer; one thread works for all of them."""
        return self._group.begin(self._act(kind, code, ask, key, now))

    def settle(self, sales: Sequence[tuple[str, Ask]], now: datetime, note: till.Note | None = None) -> list[Answer]:
        """Take in what tills paid without network: (code, sale), their tokens found genuine. Once, however often it is sent."""
        return till.settle(self.journal, sales, now, note)

    def withdraw(self, offer_id: str, actor: str, now: datetime) -> Answer:
        """Take an unused coupon back for good (sold out, store closed, person gone); its promise is free again."""
        return self._group.do(Act("withdraw", till.code_of_offer(self.journal, offer_id), Ask(actor=actor), None, now))

    def _act(self, kind: ActKind, code: str, ask: Ask, key: str, now: datetime) -> Act:
        return asked_act(kind, code, ask, key, now, self._token)

    def due(
        self, from_: datetime, to: datetime, limit: int, cursor: str | None, now: datetime, scheduler: str = ""
    ) -> Page:
        """Offers to send now with `from_` <= send_at < `to`, leased to the scheduler (`offers.pull`). Raises CursorError."""
        return pull.pull(self.journal, Due(from_, to, limit, cursor, scheduler), self._stock, self._sending, now)

    def sweep(self, now: datetime, stock: Stock | None = None) -> Mapping[str, int]:
        """Withdraw offers that nobody has sent and nobody can use, by `stock` or the desk's own; how many by reason."""
        return unsent.sweep(self.journal, stock or self._stock, now)

    def acknowledge(self, offer_id: str, outcome: Literal["delivered", "failed"], now: datetime) -> str | None:
        """The delivery state after it ("delivered" wins over "failed"); None for an unknown offer."""
        with self.journal.write() as connection:
            return delivery.acknowledge(connection, offer_id, outcome, now)

    def wallet(self, user_id: str, now: datetime) -> list[Offer]:
        """The user's coupons that can still be used."""
        with self.journal.read() as connection:
            return delivery.wallet(connection, user_id, now)

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
