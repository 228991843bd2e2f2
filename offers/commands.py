"""The verbs of the ledger as values: what can be asked, and the two things the rules answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from offers.book import Line

Kind = Literal[
    "issue", "hold", "redeem", "release", "reverse", "token", "overpay", "refused",
    "grant", "unreserve", "terms", "decide", "lease",
]  # fmt: skip
"""The first five are the ledger's commands. `token`: a hold for tills without network; `overpay`: what such a till paid and
no budget owes; `refused`: a command the rules refused. The second line are no commands: money granted to the campaign, its
reserve released, limits or a store's clock changed, a batch of decisions recorded, a till's lease."""


@dataclass(frozen=True)
class Issue:
    """Put a coupon into the world. The book's coupon is the draft."""


@dataclass(frozen=True)
class AtTill:
    """A basket at a till. `at` is the judged moment: the till's clock when it tells one."""

    order_id: str
    store_id: str | None
    lines: tuple[Line, ...] | None
    at: datetime
    user_id: str | None = None


class Hold(AtTill):
    """Set the discount aside for one order until the hold runs out."""


class Redeem(AtTill):
    """Pay the discount to one order, with or without a hold before it."""


class Settle(AtTill):
    """What a till without network has paid against a signed token; the money is gone whatever the rules say."""


@dataclass(frozen=True)
class Token:
    """Set the discount aside for a signed token that the coupon's store may redeem without network."""

    token_id: str
    store_id: str | None
    at: datetime
    user_id: str | None = None
    order_id: str = ""


@dataclass(frozen=True)
class Release:
    """Let the order's hold go; without an order, withdraw the coupon itself. `store_id`: of the till, None: of no store."""

    order_id: str | None
    at: datetime
    user_id: str | None = None
    store_id: str | None = None


@dataclass(frozen=True)
class Reverse:
    """Take back a redemption: whole, or with `lines` only for the units that came back. `store_id`: of the till, None: of
    no store."""

    order_id: str
    at: datetime
    user_id: str | None = None
    lines: tuple[Line, ...] | None = None
    store_id: str | None = None


Command = Issue | Hold | Redeem | Settle | Token | Release | Reverse


@dataclass(frozen=True)
class Entry:
    """One immutable line of the journal. `amount_cents`: the expected cost for an issue, the discount moved for the
    others; for a grant, which isn't a command but the campaign's money arriving, the change (and no offer).

    `at` is our clock, `judged_at` the moment the rules judged by (the till's clock when it told one), `day` the store's
    calendar day then. `units`: of a redeem or overpay the product's in the order, of a reverse those that came back.
    `held_until`: of a hold its order's, of a token the set-aside's end. A hold or release names the token whose set-aside
    goes on beneath it, and the release until when. `reason`: why a settlement is an `overpay`; of a reverse `overpaid`
    where no budget had paid.
    """

    kind: Kind
    offer_id: str | None
    campaign_id: str
    order_id: str | None
    store_id: str | None
    amount_cents: int
    at: datetime
    judged_at: datetime
    held_until: datetime | None = None
    token_id: str | None = None
    day: str | None = None
    units: int | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Refusal:
    """The rules say no: one reason of WIRE's list and a detail in plain words."""

    reason: str
    detail: str
