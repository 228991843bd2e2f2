"""How a person stands to the shop, in words: what they said, are offered and allow, what they are known by, how fresh it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from offers.answers import Offer
from offers.text import money
from river.phrases import called, count, date, listed, of_epoch, span
from serving.wire_offers import Person

_PURPOSES = {
    "recommend": "recommendations of their own",
    "offers": "offers",
    "measurement": "learning from what they do",
}
_KINDS = {
    "user": "id of your own", "app": "app account", "card": "card", "phone": "phone", "mail": "mail address",
    "device": "device", "receipt": "receipt",
}  # fmt: skip
# Older than this, somebody forgot to run the nightly verb.
STALE_DAYS = 2.0


def reviews(told: Mapping[str, Any]) -> str:
    """What they said of products."""
    n, stars = told.get("n_reviews"), told.get("mean_stars")
    if not n:
        return "Has reviewed nothing."
    given = f", about {stars:.1f} of 5 stars" if stars is not None else ", without stars"
    return f"Has reviewed {count(n, 'product')}{given}; the latest on {date(of_epoch(told['last_review_at_s']))}."


def coupons(
    offers: Sequence[Offer], products: Mapping[str, str], stores: Mapping[str, str], currency: str
) -> list[str]:
    """What they are offered now, a line each."""
    if not offers:
        return ["No open offer."]
    return [_coupon(offer, products, stores, currency) for offer in offers]


def consent(card: Person) -> str:
    """What they allow, and whether they ever said so."""
    allowed = msgspec.structs.asdict(card.allowed)
    yes, no = ([_PURPOSES[name] for name, may in allowed.items() if may is word] for word in (True, False))
    parts = [f"Allows {listed(yes)}" if yes else "Allows nothing", f"not {listed(no, 'or')}" if yes and no else ""]
    asked = ""
    if len(card.said) < len(allowed):
        asked = " (in part by default)" if card.said else " (by default: they never said)"
    return ", ".join(part for part in parts if part) + asked + "."


def identities(kinds: Mapping[str, int]) -> str:
    """How many of what they are known by; never which."""
    known = [_ids(n) if kind == "user" else count(n, _KINDS[kind]) for kind, n in kinds.items()]
    if kinds == {"user": 1}:
        return "Known by one id of your own; no card, phone or app account is linked to it."
    return f"Known by {listed(known)}."


def fresh(card: Person, now: datetime) -> str:
    """Of when the numbers are."""
    as_of = card.profile_as_of or card.features_as_of
    if as_of is None:
        return ""
    age = (now - as_of).total_seconds() / 86_400
    ago = "less than an hour ago" if age < 1 / 24 else f"{span(age)} ago"
    told = f"As of {date(as_of)}, {as_of:%H:%M} UTC, {ago}"
    told += "; run `daypart features` for newer numbers." if age > STALE_DAYS else "."
    if card.profile_as_of and card.features_as_of and card.features_as_of > card.profile_as_of:
        since = f"{date(card.features_as_of)}, {card.features_as_of:%H:%M} UTC"
        told += f" Bought something since ({since}), which only the favourites count yet."
    return told


def _coupon(offer: Offer, products: Mapping[str, str], stores: Mapping[str, str], currency: str) -> str:
    worth = f"{offer.points} points on" if offer.points else f"{money(offer.discount_cents, currency, 'en')} off"
    begins, ends = offer.valid_from, offer.valid_until
    until = f"{ends:%H:%M}" if ends.date() == begins.date() else f"{date(ends)} {ends:%H:%M}"
    what, where = called(offer.product_id, products), stores.get(offer.store_id) or f"store {offer.store_id}"
    return f"Open offer: {worth} {what}, {begins:%A} {date(begins)}, {begins:%H:%M} to {until}, at {where}."


def _ids(n: int) -> str:
    return "one id of your own" if n == 1 else f"{n} ids of your own"
