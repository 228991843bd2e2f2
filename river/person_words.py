"""A person in words: what `daypart user show` tells somebody who runs a shop. The numbers are those of `serving.people.card`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from offers.answers import Offer
from offers.text import money
from river import standing_words as standing
from river.phrases import called, count, date, every, of_epoch, span
from serving.wire_offers import Person

# Below these a difference is too small to speak of: lines in a hundred on discount, parts of a price.
LITTLE_DISCOUNT, LITTLE_PRICE = 0.03, 0.05
# A weekday with less of the orders is no habit; a seventh falls on each of itself.
MOSTLY = 0.25
FEW_ORDERS = 3
_DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
_CHANNELS = {"app": "through the app", "store": "in the store", "delivery": "by delivery", "web": "on the web"}
_GONE = {"at_risk": "At risk", "lapsed": "Probably lost"}
_SEGMENTS = {
    "champion": "among the best in everything", "loyal": "among those with most orders",
    "big_spender": "among those who pay most", "promising": "here lately, but seldom so far",
    "dormant": "long not seen, and seldom before", "regular": "in the middle",
}  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """One person as they are shown: the card, their open offers, and how products and stores are called by id."""

    card: Person
    offers: Sequence[Offer] = ()
    products: Mapping[str, str] = field(default_factory=dict)
    stores: Mapping[str, str] = field(default_factory=dict)


def sentences(shown: Shown, currency: str, now: datetime) -> list[str]:
    """A line or two on each question, in the order in which one asks: who, how much, when and where, what, prices, reviews,
    offers, consent, known by what, how fresh."""
    card = shown.card
    known = "n_orders" in card.profile
    bought = [_life(card), _worth(card, currency), _habits(card, shown.stores)] if known else [_unprofiled(card)]
    liked = [*_likes(card, shown.products), *(_prices(card.profile) if known else [])]
    kept = [
        standing.reviews(card.profile),
        *standing.coupons(shown.offers, shown.products, shown.stores, currency),
        standing.consent(card),
        standing.identities(card.identities),
        standing.fresh(card, now),
    ]
    return [line for line in (*bought, *liked, *kept) if line]


def _life(card: Person) -> str:
    told, n = _profile(card), card.n_visits
    since, silent = date(of_epoch(told.get("first_at_s"))), span(told["recency_days"])
    came = "came once" if n == 1 else f"came {n} times"
    if told["lifecycle"] == "new":
        return f"A new customer: {came} since {since}, last {silent} ago."
    if n < 3 and told["lifecycle"] in _GONE:
        came = f"came once, on {since}" if n == 1 else f"{came} since {since}"
        return f"{_GONE[told['lifecycle']]}: {came}, and not again for {silent}."
    often = every(told.get("gap_days"))
    return {
        "active": f"An active customer since {since}: comes {often}, last {silent} ago.",
        "rising": f"A customer who comes more and more: {often} since {since}, lately more often; last {silent} ago.",
        "at_risk": f"At risk: a customer since {since} who comes {often}, and has stayed away for {silent}.",
        "lapsed": f"Probably lost: came {often} from {since} on, and has stayed away for {silent}.",
    }[str(told["lifecycle"])]


def _unprofiled(card: Person) -> str:
    if card.n_visits:
        return (
            f"Bought first after the last `daypart features`: {count(card.n_visits, 'visit')} so far, no profile yet."
        )
    return "Has bought nothing that stands."


def _worth(card: Person, currency: str) -> str:
    told = _profile(card)
    total, mean = (money(told[name], currency, "en") for name in ("monetary_cents", "mean_basket_cents"))
    paid = f"{count(told['n_orders'], 'order')} for {total} in all, {mean} each"
    paid += f". Beside all customers: {_SEGMENTS[told['segment']]}"
    if told.get("r_score") is None:
        return f"{paid}."
    scores = ", ".join(f"{name} {told[f'{name[0]}_score']}" for name in ("recency", "frequency", "money"))
    return f"{paid} ({scores}, by fifths from 1 to 5, the best)."


def _habits(card: Person, stores: Mapping[str, str]) -> str:
    told, store_id = _profile(card), card.profile["usual_store_id"]
    where = "" if store_id is None else f"at {stores.get(str(store_id)) or f'store {store_id}'}"
    # Over the counter is what a store is; anything else is told.
    how = "" if where and told["usual_channel"] == "store" else _CHANNELS.get(str(told["usual_channel"]), "")
    place = ", ".join(word for word in (where, how) if word)
    if told.get("favourite_weekday") is None or told["n_orders"] < FEW_ORDERS:
        return f"Usually {place}; too few orders to tell when." if place else "Too few orders to tell when they come."
    day, day_share, hour = _DAYS[told["favourite_weekday"]], told["weekday_share"], told["favourite_hour"]
    when = f"mostly on {day}" if day_share >= MOSTLY else f"on all days, {day} most"
    habit = f"Orders {when} ({day_share:.0%} of orders), most between {hour}:00 and {hour + 1}:00 ({told['hour_share']:.0%})"
    return f"{habit}; usually {place}." if place else f"{habit}."


def _likes(card: Person, products: Mapping[str, str]) -> list[str]:
    told = _profile(card)
    shares = zip(told.get("categories") or (), told.get("category_shares") or (), strict=True)
    kinds = ", ".join(f"{name} ({share:.0%})" for name, share in list(shares)[:3])
    favourites = "; ".join(called(product, products) for product in card.favourite_product_ids)
    lines = [f"Buys most from: {kinds}." if kinds else "", f"Favourites: {favourites}." if favourites else ""]
    new = told.get("new_share")
    if new is not None:
        lines.append(f"Of what they took lately, about {new:.0%} was new to them; the rest they had bought before.")
    return lines


def _prices(told: Mapping[str, Any]) -> list[str]:
    above, level = told.get("price_sensitivity"), told.get("price_level")
    if above is None:
        lines = ["How they take to discounts isn't known: where they buy, nothing or everything was on discount."]
    else:
        own, usual = told["discount_share"], told["discount_share_expected"]
        beside = f"{own:.0%} of their purchases, {usual:.0%} of all that these stores sold"
        if abs(above) >= LITTLE_DISCOUNT:
            lines = [f"Buys {'more' if above > 0 else 'less'} on discount than others do in the same stores: {beside}."]
        elif abs(own - usual) >= LITTLE_DISCOUNT:
            lines = [f"Too few purchases to tell how they take to discounts: {beside}, were on discount."]
        else:
            lines = [f"Buys as much on discount as others do in the same stores: {beside}."]
    if level is not None and abs(level - 1) >= LITTLE_PRICE:
        lines.append(
            f"Within a category, takes things about {abs(level - 1):.0%} {'dearer' if level > 1 else 'cheaper'} than is usual."
        )
    elif level is not None:
        lines.append("Within a category, takes neither the dear things nor the cheap ones.")
    return lines


def _profile(card: Person) -> Mapping[str, Any]:
    return card.profile
