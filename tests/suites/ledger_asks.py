"""What a random customer and a random till come up with: coupons to issue, baskets, orders, moments at every edge."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, TypeVar

from offers.answers import Ask
from offers.book import Line
from tests.suites.ledger_world import TICK
from tests.suites.naive_book import NaiveBook, Sent, is_open

T = TypeVar("T")
HOUR = timedelta(hours=1)


def pick(rng: Random, options: Sequence[T], usual: float = 0.8) -> T:
    """The first option usually, else one of the others."""
    return options[0] if rng.random() < usual else rng.choice(options[1:])


def draft(rng: Random, book: NaiveBook, number: int, now: datetime) -> Sent:
    """A coupon to be issued; its window lies around `now`, mostly while its store is open."""
    user = f"u{rng.randrange(4)}"
    minute = now.replace(second=0, microsecond=0)
    begins = minute + pick(rng, [-HOUR, timedelta(0), HOUR / 4, HOUR, 12 * HOUR, -5 * HOUR], 0.6)
    store = pick(rng, ["soho", "bund"] if is_open("soho", begins) else ["bund", "soho"], 0.8)
    ends = pick(
        rng, [begins + 24 * HOUR, begins + 72 * HOUR, begins + 2 * HOUR, minute + HOUR / 6, begins + HOUR / 60], 0.75
    )
    product, price = pick(rng, [("latte", 450), ("tea", 300)], 0.85)
    discount = pick(rng, [100, 50, 37, 150, 260], 0.4)
    floor = pick(rng, [price - 150, price - 100, price - 260, 0], 0.5)
    expected = pick(rng, [5, 20, 37, 300], 0.7)
    return Sent(f"{user}@{number}", pick(rng, ["c", "d"], 0.6), user, store, product, discount, price, floor, expected,
                begins, ends)  # fmt: skip


def ask_for(rng: Random, book: NaiveBook, kind: str, name: str, now: datetime) -> Ask:
    """What a till tells about a coupon, mostly right."""
    sent = book.sent.get(name)
    store = sent.store if sent else "soho"
    told = pick(rng, [store, "bund" if store == "soho" else "soho", None], 0.95 if kind != "quote" else 0.8)
    lines = _lines(rng, sent.product if sent else "latte", kind)
    user = pick(rng, [None, name.split("@")[0], "somebody", "U0"], 0.92 if kind != "settle" else 0.8)
    last = book.of(name)[-1].order if sent else None
    order: str | None = last if last and rng.random() < 0.75 else f"o{rng.randrange(book.world.n_orders)}"
    if kind == "token" or (kind == "quote" and rng.random() < 0.2):
        order = None
    if kind == "token":
        lines = None
    other = "bund" if store == "soho" else "soho"
    own = pick(rng, [None, store, other], 0.8) if kind in ("release", "reverse") else None
    return Ask(told, order, lines, user, _moment(rng, book, sent, kind, now), "t1", "k1", own)


def _moment(rng: Random, book: NaiveBook, sent: Sent | None, kind: str, now: datetime) -> datetime | None:
    if sent is None or rng.random() < (0.45 if kind != "settle" else 0.7):
        return None
    grace = timedelta(seconds=book.campaigns[sent.campaign].limits.grace_s)
    inside = min(max(now, sent.begins) + rng.choice([timedelta(0), 24 * HOUR]), sent.ends - TICK)
    ends = sent.ends + grace
    edges = [sent.begins, sent.begins - TICK, sent.ends, sent.ends - TICK, ends, ends - TICK, inside + 7 * HOUR, now + 2 * HOUR,
             now + 2 * HOUR + TICK, now - 8 * HOUR]  # fmt: skip
    closing = sent.begins.replace(hour=0 if sent.store == "soho" else 11, minute=0) + timedelta(
        days=sent.store == "soho"
    )
    edges += [closing, closing - TICK, closing + grace, closing + grace - TICK]
    return inside if rng.random() < 0.55 else rng.choice(edges)


def _lines(rng: Random, product: str, kind: str) -> Any:
    if kind == "quote" and rng.random() < 0.2:
        return None
    if kind == "reverse":
        few = [
            (Line(product, 1),),
            None,
            None,
            (Line(product, 2), Line("cake")),
            (Line("cake", 2),),
            (Line(product, 9),),
        ]
        return pick(rng, few, 0.5)
    price = {"latte": 450, "tea": 300}[product]
    many = (Line(product, rng.choice([2, 2, 3, 7]), price), Line("cake", 1, 500))
    odd = (Line(product, 1, price, 60), Line(product, 2, price - 20), Line(product, 0), Line(product, -3))
    huge = (Line("cake"), Line(product, 1_000_000, price))
    return pick(rng, [(Line(product, 1, price),), many, many, odd, huge, (Line(product),), (Line("cake", 4),)], 0.4)
