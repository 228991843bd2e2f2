"""The café's push scheduler: pulls what is due page by page, as `GET /v1/offers/due` is asked, and acknowledges every message."""

from __future__ import annotations

from datetime import datetime

from offers.answers import Offer
from offers.desk import Desk

PAGE = 500
NAME = "push"


def push(desk: Desk, since: datetime, now: datetime) -> list[Offer]:
    """Offers with since <= send_at < now that may go now, each delivered. Raises LedgerError."""
    sent, cursor, more = list[Offer](), None, since < now
    while more:
        page = desk.due(since, now, PAGE, cursor, now, NAME)
        for offer in page.offers:
            desk.acknowledge(offer.offer_id, "delivered", now)
        sent += page.offers
        cursor, more = page.cursor, page.more
    return sent
