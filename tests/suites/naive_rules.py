"""What the naive book refuses, and what it writes down: one if-chain for each command, in the order of WIRE.md."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from offers.answers import Ask
from offers.book import Line
from tests.suites.naive_basket import Ticket, stays_above_floor, units_of
from tests.suites.naive_book import Happened, NaiveBook, Sent, is_open, local_day, until_of


class Outcome(NamedTuple):
    """`kind`: what was done, or "refused". `cents` and `until` as answered, `units` of a reversal."""

    kind: str
    reason: str | None = None
    cents: int = 0
    until: datetime | None = None
    units: int | None = None


def issue(book: NaiveBook, sent: Sent, now: datetime) -> Outcome:
    reason = _refuses_issue(book, sent, now)
    if reason:
        return Outcome("refused", reason)
    book.sent[sent.name] = sent
    book.happened.append(Happened("issue", sent))
    return Outcome("issue")


def act(book: NaiveBook, kind: str, name: str, ask: Ask, now: datetime, stock: int | None = None) -> Outcome:
    """Decide a command and write it down. `stock`: units left of the product, None when nobody knows."""
    sent = book.sent.get(name)
    if sent is None:
        return Outcome("refused", "unknown_coupon")
    at = _judged(book, kind, sent, ask, now)
    reason = _refuses(book, kind, sent, ask, at, now, stock)
    foreign = kind not in ("settle", "withdraw") and ask.own_store_id not in (None, sent.store)
    if foreign and reason in ("already_redeemed", "released", "not_yet_valid", "expired"):
        reason = "wrong_store"
    used = book.used(name)
    aside = next((one for one in book.live(now) if one.sent.name == name and one.signed), None)
    day = local_day(sent.store, max(at, sent.begins) if kind == "token" else at)
    if reason and (kind != "settle" or (used and used.order == ask.order_id)):
        return Outcome("refused", reason)
    done = {"settle": "overpay" if reason else "redeem"}.get(kind, kind)
    one = Happened(done, sent, ask.order_id, day, cents=sent.discount)
    if done in ("redeem", "overpay"):
        one = one._replace(units=units_of(ask.lines, sent.product) or 1)
    if done == "reverse" and used:
        before = book.returned(name)
        units = used.units - before if ask.lines is None else units_of(ask.lines, sent.product)
        cents = book.given_back(used, before + units) - book.given_back(used, before)
        owed = used.kind == "redeem"
        one = one._replace(kind="reverse" if owed else "unpay", cents=cents, units=units, day=used.day)
        reason = None if owed else "overpaid"
    until = until_of(book, kind, sent, now) if kind in ("hold", "token") else None
    if until:
        one = _set_aside(book, one, until, aside)
    if kind == "release" and aside:
        one = one._replace(until=aside.until, day=aside.day, order=None, signed=True)
    if kind != "quote":
        book.happened.append(one)
    told = {"withdraw": "release", "unpay": "reverse"}.get(done, done)
    return Outcome(told, reason, one.cents, until, one.units if done == "reverse" else None)


def _set_aside(book: NaiveBook, one: Happened, until: datetime, aside: Happened | None) -> Happened:
    """A hold or token that ends at `until`; the money of a token before it stays aside at least as long as it was."""
    limits = book.campaigns[one.sent.campaign].limits
    before = [aside.until] if aside and aside.until else []
    if one.kind == "token":
        ends = max([until + timedelta(seconds=limits.grace_s + limits.sync_s), *before])
        return one._replace(until=ends, order=None, signed=True)
    return one._replace(until=max([until, *before]), order_until=until, signed=bool(aside))


def _judged(book: NaiveBook, kind: str, sent: Sent, ask: Ask, now: datetime) -> datetime:
    """The till's clock when it told one; not from the future after the fact, and not when it is too far off."""
    at, skew = ask.till_time or now, book.campaigns[sent.campaign].limits.max_till_skew_s
    if kind == "settle":
        return now if at > now else at
    far = skew is not None and not -skew <= (at - now).total_seconds() <= skew
    return now if far or kind in ("token", "withdraw") else at


def _refuses_issue(book: NaiveBook, sent: Sent, now: datetime) -> str | None:
    limits, day = book.campaigns[sent.campaign].limits, local_day(sent.store, sent.begins)
    withdrawn = {one.sent.name for one in book.happened if one.kind == "withdraw"}
    mine = [one for one in book.sent.values() if (one.user, one.campaign) == (sent.user, sent.campaign)]
    # One that was withdrawn and paid all the same by a till without network is out there.
    mine = [one for one in mine if one.name not in withdrawn or book.used(one.name)]
    if now >= sent.ends:
        return "expired"
    if not is_open(sent.store, sent.begins):
        return "store_closed"
    if sent.price - sent.discount < sent.floor:
        return "below_margin_floor"
    if len([one for one in mine if local_day(one.store, one.begins) == day]) >= limits.per_user_day:
        return "limit_reached"
    if limits.per_user is not None and len(mine) >= limits.per_user:
        return "limit_reached"
    if _sold_out(book, sent, now):
        return "limit_reached"
    for purse in book.purses(sent, day):
        if sum(book.money(purse.counts, now)) + sent.expected > purse.granted - purse.reserve:
            return "budget_exhausted"
    return "campaign_stopped" if sent.campaign in book.stopped else None


def _refuses(
    book: NaiveBook, kind: str, sent: Sent, ask: Ask, at: datetime, now: datetime, stock: int | None
) -> str | None:
    if ask.user_id is not None and ask.user_id != sent.user:
        return "wrong_user"
    used, name = book.used(sent.name), sent.name
    held = next((one for one in book.live(now) if one.sent.name == name and _in_order(one, now)), None)
    withdrawn = any(one.kind == "withdraw" for one in book.of(name))
    if kind == "reverse":
        if used and used.order != ask.order_id:
            return "already_redeemed"
        left = used.units - book.returned(name) if used else 0
        if left == 0 or (ask.lines is not None and units_of(ask.lines, sent.product) > left):
            return "released"
        if ask.own_store_id not in (None, sent.store):
            return "wrong_store"
        return "wrong_product" if ask.lines is not None and units_of(ask.lines, sent.product) == 0 else None
    if used or (held and held.order != ask.order_id and kind != "withdraw"):
        return "already_redeemed"
    if withdrawn or (kind == "release" and not held):
        return "released"
    if kind in ("release", "withdraw"):
        wrong = kind == "release" and (ask.own_store_id or ask.store_id) not in (None, sent.store)
        return "wrong_store" if wrong else None
    return (
        _refuses_token(book, sent, ask, now)
        if kind == "token"
        else _refuses_sale(book, kind, sent, ask, at, now, stock)
    )


def _refuses_token(book: NaiveBook, sent: Sent, ask: Ask, now: datetime) -> str | None:
    if now + timedelta(seconds=book.campaigns[sent.campaign].limits.token_s) <= sent.begins:
        return "not_yet_valid"
    if now + timedelta(minutes=1) >= sent.ends:
        return "expired"
    if ask.store_id not in (None, sent.store):
        return "wrong_store"
    stopped = "campaign_stopped" if sent.campaign in book.stopped else None
    return _refuses_money(book, sent, max(now, sent.begins), now) or stopped


def _refuses_sale(
    book: NaiveBook, kind: str, sent: Sent, ask: Ask, at: datetime, now: datetime, stock: int | None
) -> str | None:
    grace = timedelta(seconds=book.campaigns[sent.campaign].limits.grace_s)
    lines = (Line(sent.product),) if kind == "quote" and ask.lines is None else ask.lines
    if at < sent.begins:
        return "not_yet_valid"
    if at - grace >= sent.ends:
        return "expired"
    if ask.store_id != sent.store and not (kind == "quote" and ask.store_id is None):
        return "wrong_store"
    if kind != "settle" and not is_open(sent.store, at) and not is_open(sent.store, at - grace):
        return "store_closed"
    if units_of(lines, sent.product) == 0:
        return "wrong_product"
    if kind != "settle" and stock is not None and stock <= 0:
        return "out_of_stock"
    inside = [one for one in book.taken(now) if one.kind == "redeem" or _in_order(one, now)]
    others = [one.sent for one in inside if ask.order_id is not None and one.order == ask.order_id]
    others = [one for one in others if (one.store, one.product) == (sent.store, sent.product) and one != sent]
    tickets = [Ticket(one.offer_id, one.discount, one.floor) for one in [sent, *others]]
    if not stays_above_floor(lines, sent.product, sent.price, tickets):
        return "below_margin_floor"
    stopped = "campaign_stopped" if sent.campaign in book.stopped and kind != "settle" else None
    return _refuses_money(book, sent, at, now) or stopped


def _refuses_money(book: NaiveBook, sent: Sent, at: datetime, now: datetime) -> str | None:
    """Limits by number, then by cents; what the coupon itself holds already doesn't stand in its way."""
    limits, day = book.campaigns[sent.campaign].limits, local_day(sent.store, at)
    mine = [one for one in book.taken(now) if (one.sent.user, one.sent.campaign) == (sent.user, sent.campaign)]
    mine = [one for one in mine if one.sent != sent]
    if len([one for one in mine if one.day == day]) >= limits.per_user_day:
        return "limit_reached"
    if (limits.per_user is not None and len(mine) >= limits.per_user) or _sold_out(book, sent, now):
        return "limit_reached"
    for purse in book.purses(sent, day):
        money = book.money(purse.counts, now, but=sent.name)
        if money.spent + money.held + sent.discount > purse.granted + purse.overspend:
            return "budget_exhausted"
    return None


def _in_order(one: Happened, now: datetime) -> bool:
    return one.order_until is not None and now < one.order_until


def _sold_out(book: NaiveBook, sent: Sent, now: datetime) -> bool:
    """Whether all users together have used the campaign's number of coupons, this one aside."""
    used = [one for one in book.taken(now) if one.sent.campaign == sent.campaign and one.sent != sent]
    most = book.campaigns[sent.campaign].limits.coupons
    return most is not None and len(used) >= most
