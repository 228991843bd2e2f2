"""Every feature reckoned again the slow way, line by line in plain Python, from what docs and declarations say of it.

Nothing of the product is imported, so a fault can't be on both sides. Views by name, and how rows are compared: `naive_views`.
"""

from __future__ import annotations

import hashlib
import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

DECAY = 0.98
DAY_S = 86_400
EPOCH = date(1970, 1, 1)
LAST_VISITS, LAST_ANSWERS = 128, 64


@dataclass(frozen=True)
class Line:
    """One event as the lake holds it, `user` by the name of the person whose it is."""

    event: str
    kind: str
    at: datetime
    user: str | None
    product: str | None
    store: str | None = None
    channel: str | None = None
    order: str | None = None
    quantity: int | None = None
    price: int | None = None
    discount: int | None = None
    rating: int | None = None

    @property
    def pieces(self) -> int:
        return 1 if self.quantity is None else self.quantity

    @property
    def each(self) -> float | None:
        """Net cents of a piece."""
        return None if self.price is None else self.price - (self.discount or 0) / max(self.pieces, 1)


@dataclass
class Stands:
    """A purchase line, the pieces of it that stand, and what was given back for the others, by the store that said so."""

    line: Line
    left: int
    back: defaultdict[str | None, float] = field(default_factory=lambda: defaultdict(float))


@dataclass(frozen=True)
class Told:
    """All that features are made of, as known before `at`. answers: rows of the lake's answers; stated: of its assortment."""

    at: datetime
    lines: Sequence[Line]
    zones: Mapping[str, str]
    prices: Mapping[str, int] = field(default_factory=dict)
    answers: Sequence[Mapping[str, Any]] = ()
    stated: Sequence[Mapping[str, Any]] = ()
    limit: int = 512
    categories: Mapping[str, str] = field(default_factory=dict)

    def known(self) -> list[Line]:
        return [line for line in self.lines if line.at < self.at]

    def day(self, line: Line) -> date:
        return self.local(line).date()

    def local(self, line: Line) -> datetime:
        return line.at.astimezone(ZoneInfo(self.zones.get(line.store or "", "UTC")))


def standing(told: Told) -> list[Stands]:
    """All purchases, with what of them stands."""
    return settled(told)[0]


def settled(told: Told) -> tuple[list[Stands], list[Line]]:
    """(all purchases, with what of them stands; cancelling lines that found less than they say), by the rule at the head of
    `training/cancels.py`."""
    known = told.known()
    bought = [Stands(line, line.pieces) for line in known if line.kind == "purchase"]
    cancels = [line for line in known if line.kind in ("refund", "void")]
    untaken = []
    # A number is an order of its store: who states one means its lines alone, and only who states none means any.
    for place, anywhere in (
        (lambda one: (one.store, one.order, one.product), False), (lambda one: (one.order, one.product), True),
    ):  # fmt: skip
        held = {place(one.line) for one in bought if None not in place(one.line)}
        speaking = [one for one in cancels if (one.store is None) == anywhere]
        for cancel in [one for one in sorted(speaking, key=later) if place(one) in held]:
            cancels.remove(cancel)
            if _take(cancel, [one for one in bought if place(one.line) == place(cancel)]):
                untaken.append(cancel)
    loose = [one for one in cancels if one.user is not None and not (one.kind == "void" and one.order is not None)]
    for cancel in sorted(loose, key=lambda one: (one.store is None, later(one))):
        mine = [one for one in bought if (one.line.user, one.line.product) == (cancel.user, cancel.product)]
        mine = [one for one in mine if cancel.store is None or one.line.store == cancel.store]
        priced = [one.line for one in mine if one.line.each is not None]
        n = sum(line.pieces for line in priced)
        usual = sum((line.each or 0.0) * line.pieces for line in priced) / n if n else 0.0
        if _take(cancel, [one for one in mine if one.line.at <= cancel.at], usual):
            untaken.append(cancel)
    return bought, [*untaken, *(one for one in cancels if one not in loose)]


def later(line: Line) -> tuple[datetime, str]:
    """What comes after what."""
    return line.at, line.event


def _take(cancel: Line, candidates: list[Stands], usual: float | None = None) -> int:
    """The latest first; a piece is worth what the cancelling line says, else what was paid for it or is paid usually.

    Returns the pieces that found nothing.
    """
    pieces = cancel.pieces
    for one in sorted(candidates, key=lambda one: later(one.line), reverse=True):
        taken = min(pieces, one.left)
        one.left, pieces = one.left - taken, pieces - taken
        paid = one.line.each if usual is None else usual
        one.back[cancel.store] += taken * ((paid if cancel.each is None else cancel.each) or 0.0)
    return pieces


@dataclass(frozen=True)
class Person:
    """One person's standing lines, and all they ever paid less what came back."""

    lines: list[Line]
    cents: int
    days: list[date]
    """Store-local days with a purchase that stands, ascending: visits."""


def people(told: Told) -> dict[str, Person]:
    """Everybody with a purchase that stands."""
    everything = standing(told)
    found = {}
    for user in sorted({one.line.user for one in everything if one.left and one.line.user is not None}):
        mine = [one for one in everything if one.line.user == user]
        by_store = defaultdict[str | None, float](float)
        for one in mine:
            by_store[one.line.store] += (one.line.each or 0.0) * one.line.pieces
            for store, cents in one.back.items():
                by_store[store] -= cents
        # No store takes back more than was paid there.
        cents = sum(cents if store is None else max(0.0, cents) for store, cents in by_store.items())
        lines = [one.line for one in mine if one.left]
        # Sums of thirds are no halves; halves go to the even cent.
        found[user] = Person(lines, max(0, round(round(cents, 6))), sorted({told.day(line) for line in lines}))
    return found


def history(told: Told) -> dict[str, dict[str, Any]]:
    rows = {}
    for user, person in people(told).items():
        n = len(person.days)
        products = []
        for product in sorted({line.product or "" for line in person.lines}):
            lines = [line for line in person.lines if line.product == product]
            visits = sorted({person.days.index(told.day(line)) + 1 for line in lines})
            decayed = sum(DECAY ** (n - visit) for visit in visits)
            latest = max(int(line.at.timestamp()) for line in lines)
            products.append((product, len(visits), decayed, visits[-1], latest))
        kept = sorted(sorted(products, key=lambda one: (-round(one[2], 9), one[0]))[: told.limit])
        names = ("product_ids", "counts", "decayed", "last_visit", "last_at_s")
        rows[user] = {**{name: [one[i] for one in kept] for i, name in enumerate(names)}, "n_visits": n}
    return rows


def rhythm(told: Told) -> dict[str, dict[str, Any]]:
    rows = {}
    for user, person in people(told).items():
        moments = {line: told.local(line) for line in person.lines}
        orders = {(order_of(told, line), at.weekday() * 24 + at.hour) for line, at in moments.items()}
        week = Counter(hour for _, hour in orders)
        rows[user] = {"hour_of_week": [week[hour] for hour in range(168)]}
    return rows


def order_of(told: Told, line: Line) -> Any:
    """What names an order: its number in its store; without one, the day."""
    return told.day(line) if line.order is None else (line.store, line.order)


def visits(told: Told) -> dict[str, dict[str, Any]]:
    rows = {}
    for user, person in people(told).items():
        first = {}
        for line in sorted(person.lines, key=lambda line: (line.at, line.store or "")):
            at = told.local(line)
            first.setdefault(at.date(), (int(line.at.timestamp()), at.hour, line.store or ""))
        usual = [line.store for line in sorted(person.lines, key=lambda line: line.at) if line.store]
        for day, answer in answered_days(told, user).items():
            if drawn(user, day) >= answer["p_come"]:
                first.pop(day, None)
            elif day not in first:
                at = datetime(day.year, day.month, day.day, answer["hour"], tzinfo=UTC)
                first[day] = (int(at.timestamp()), at.hour, usual[-1] if usual else "")
        kept = sorted(first)[-LAST_VISITS:]
        if kept:
            rows[user] = {
                "at_s": [first[day][0] for day in kept],
                "day": [(day - EPOCH).days for day in kept],
                "hour": [first[day][1] for day in kept],
                "store_ids": [first[day][2] for day in kept],
                "n_visits": len(first),
                "first_day": (min(first) - EPOCH).days,
            }
    return rows


def answered_days(told: Told, user: str) -> dict[date, Mapping[str, Any]]:
    """The user's days with an offer that was answered by now, each with its earliest one: they count as they were foretold."""
    known = [one for one in told.answers if one["user_id"] == user and one["answered_at"] < told.at]
    return {one["day"]: one for one in sorted(known, key=lambda one: (one["day"], one["hour"]), reverse=True)}


def drawn(user: str, day: date) -> float:
    """The same draw on every run: `training/untouched.py` says of what."""
    return int(hashlib.sha256(f"daypart untouched {day} {user}".encode()).hexdigest()[:16], 16) / 2**64


def responses(told: Told) -> dict[str, dict[str, Any]]:
    came = {(user, day) for user, person in people(told).items() for day in person.days}
    rows: dict[str, Any] = defaultdict(lambda: defaultdict(list))
    order = ("answered_at", "user_id", "day", "hour", "product_id")
    for one in sorted(told.answers, key=lambda one: tuple(one[name] for name in order)):
        if one["answered_at"] >= told.at:
            continue
        back = one["reversed_at"]
        bought = one["redeemed"] and (back is None or back >= told.at)
        row = {
            "bought": bought,
            "came": bought or (one["user_id"], one["day"]) in came,
            "product_ids": one["product_id"],
        }
        for name, value in {**row, **{name: one[name] for name in ("hour", "share", "p_buy", "p_come", "fit")}}.items():
            rows[one["user_id"]][name] = [*rows[one["user_id"]][name], value][-LAST_ANSWERS:]
    return {user: dict(row) for user, row in rows.items()}


def assortment(told: Told) -> dict[str, dict[str, Any]]:
    latest: dict[tuple[str, str], tuple[int | None, int | None]] = {}
    for row in sorted(told.stated, key=lambda row: row["as_of"]):
        if row["as_of"] < told.at:
            latest[row["store_id"], row["product_id"]] = (row["price_cents"], row["stock_units"])
    named = {store for store, _ in latest}
    for line in sorted(told.known(), key=lambda line: (line.at, line.price or 0)):
        recent = line.at >= told.at - timedelta(days=365)
        if line.kind == "purchase" and line.store and line.store not in named and line.product and recent:
            before = latest.get((line.store, line.product), (None, None))[0]
            latest[line.store, line.product] = (line.price or before, None)
    rows: dict[str, Any] = defaultdict(lambda: defaultdict(list))
    for (store, product), (price, units) in sorted(latest.items()):
        if (cents := told.prices.get(product) if price is None else price) is not None:
            row = {
                "product_ids": product,
                "price_cents": cents,
                "stock_units": units or 0,
                "stock_known": units is not None,
            }
            for name, value in row.items():
                rows[store][name].append(value)
    return {store: dict(row) for store, row in rows.items()}


# --- the profile: who somebody is as a customer


@dataclass(frozen=True)
class Customer:
    """What a profile's features are reckoned from: one person among everybody."""

    told: Told
    person: Person
    everybody: list[Person]

    def recency_days(self, person: Person | None = None) -> float:
        latest = max(line.at for line in (person or self.person).lines)
        return (self.told.at - latest) / timedelta(days=1)

    def n_orders(self, person: Person | None = None) -> int:
        return len({order_of(self.told, line) for line in (person or self.person).lines})

    def gaps(self, person: Person) -> list[float]:
        """Days between visits, each at its last basket."""
        told = self.told
        at = [max(line.at for line in person.lines if told.day(line) == day) for day in person.days]
        return [(later - earlier) / timedelta(days=1) for earlier, later in pairwise(at)]

    def fifth(self, measure: Callable[[Person], float]) -> int:
        values = [measure(one) for one in self.everybody]
        return math.ceil(5 * sum(value <= measure(self.person) for value in values) / len(values))

    def scores(self) -> tuple[int, int, int]:
        """Recency, frequency, money."""
        of = (lambda one: -self.recency_days(one), self.n_orders, lambda one: one.cents)
        r, f, m = map(self.fifth, of)
        return r, f, m

    def segment(self) -> str:
        r, f, m = self.scores()
        if min(r, f, m) >= 4:
            return "champion"
        for name, fits in (("loyal", f >= 4), ("big_spender", m >= 4), ("promising", r >= 4)):
            if fits:
                return name
        return "dormant" if max(r, f) <= 2 else "regular"

    def gap_days(self) -> float:
        """By which silence is measured."""
        if len(self.person.days) >= 3:
            return max(1.0, statistics.mean(self.gaps(self.person)))
        settled = [statistics.mean(self.gaps(one)) for one in self.everybody if len(one.days) >= 3]
        return max(1.0, statistics.median(settled) if settled else 14.0)

    def lifecycle(self) -> str:
        n, gap = len(self.person.days), self.gap_days()
        silence = self.recency_days() / gap
        if silence > 2:
            return "lapsed" if silence > 4 else "at_risk"
        if n < 3:
            return "new"
        return "rising" if n >= 6 and statistics.mean(self.gaps(self.person)[-3:]) <= gap / 2 else "active"

    def usual(self, of: Callable[[Line], str | None]) -> str | None:
        """The value of most visits, older ones counting less; the lower id of two alike."""
        days, weight = self.person.days, Counter[str]()
        for value, day in {(of(line), self.told.day(line)) for line in self.person.lines}:
            if value is not None:
                weight[value] += DECAY ** (len(days) - 1 - days.index(day))
        return min(weight, key=lambda value: (-round(weight[value], 9), value)) if weight else None


PROFILE: dict[str, Callable[[Customer], Any]] = {
    "recency_days": lambda one: one.recency_days(),
    "n_orders": lambda one: one.n_orders(),
    "monetary_cents": lambda one: one.person.cents,
    "mean_basket_cents": lambda one: one.person.cents // one.n_orders(),
    "segment": lambda one: one.segment(),
    "lifecycle": lambda one: one.lifecycle(),
    "usual_store_id": lambda one: one.usual(lambda line: line.store),
    "usual_channel": lambda one: one.usual(lambda line: line.channel),
}
"""A definition for each feature of `user_profile`."""


def profile(told: Told) -> dict[str, dict[str, Any]]:
    found = people(told)
    return {
        user: {name: of(Customer(told, person, list(found.values()))) for name, of in PROFILE.items()}
        for user, person in found.items()
    }


def buyers(told: Told) -> set[str]:
    return {line.user for line in told.known() if line.kind == "purchase" and line.user is not None}


def lines_of(rows: Iterable[Mapping[str, Any]], person: Callable[[str], str] = lambda user: user) -> list[Line]:
    """Rows of events as a lake or a file has them, each under its person's name."""
    return [
        Line(row["event_id"], row["event_type"], row["occurred_at"].astimezone(UTC),
             None if row["user_id"] is None else person(row["user_id"]), row["product_id"], row["store_id"],
             row["channel"], row["order_id"], row["quantity"], row["unit_price_cents"], row["discount_cents"],
             row.get("rating"))
        for row in rows
    ]  # fmt: skip


def claimed(lines: Iterable[Line], tickets: Mapping[tuple[str, str], str]) -> list[Line]:
    """The same lines, those that nobody is named on given to whoever showed the receipt (by store and order)."""
    return [
        replace(line, user=tickets.get((line.store or "", line.order or ""))) if line.user is None else line
        for line in lines
    ]
