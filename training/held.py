"""Purchases, refunds and voids of everybody, held in memory, and a few people's histories reckoned from them.

What a person's history is stays one rule: the same `sales` and `build_histories` that `daypart features` asks, over the lines
that can say anything of these people.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from models.history import History
from training.histories import build_histories
from training.lake import scan
from training.parts import DataError, parts
from training.sales import CANCELS, coded, sales
from training.shapes import SCHEMAS
from training.visits import visits_of

_NAMES = ("event_id", "event_type", "user_id", "product_id", "store_id", "order_id", "quantity", "occurred_at")
SCHEMA = pl.Schema({**{name: SCHEMAS["events"][name] for name in _NAMES}, "number": pl.Int64()})
"""Of every frame here; `number` is that of the inbox, 0 for what is in the lake."""
Ticket = tuple[str, str]
MOST_ROWS = 10_000_000
"""Events of a lake that is held: a sale takes some 75 bytes."""


class TooMany(DataError):
    """The lake is too large to be held."""


class Lines(NamedTuple):
    """`bought`: purchases. `back`: refunds and voids. Both of SCHEMA, under the ids they came under."""

    bought: pl.DataFrame
    back: pl.DataFrame

    @staticmethod
    def of(frame: pl.DataFrame) -> Lines:
        """A frame of SCHEMA, parted by kind; what is no sale is left out."""
        sold = frame.filter(pl.col.product_id.is_not_null())
        return Lines(sold.filter(event_type="purchase"), sold.filter(pl.col.event_type.is_in(CANCELS)))

    def and_of(self, other: Lines) -> Lines:
        """These, then the others; nothing is copied."""
        return Lines(*(pl.concat(pair, rechunk=False) for pair in zip(self, other, strict=True)))

    def whole(self) -> Lines:
        """The same, each in one piece."""
        return Lines(self.bought.rechunk(), self.back.rechunk())

    def kept(self, which: pl.Expr) -> Lines:
        """Those of which an expression is true."""
        return Lines(self.bought.filter(which), self.back.filter(which))


def held(lake: Path) -> Lines:
    """All that the lake holds. Raises DataError, and TooMany for a lake that is no longer held."""
    files = [path for _, path in parts(lake)]
    if not files:
        return Lines.of(pl.DataFrame(schema=SCHEMA))
    kinds = pl.col.event_type.is_in(["purchase", *CANCELS])
    rows = scan(files).select(pl.len()).collect().item()
    if rows > MOST_ROWS:
        raise TooMany(f"{lake}: holds {rows:,} events, and {MOST_ROWS:,} are the most that are kept in memory")
    return Lines.of(scan(files).filter(kinds).select(*_NAMES, number=pl.lit(0, pl.Int64)).collect().rechunk())


def arrived(records: Iterable[tuple[int, Mapping[str, Any]]]) -> Lines:
    """Records of the inbox, each with its number; `occurred_at` is text."""
    rows = [
        (*(record[name] for name in _NAMES[:-1]), datetime.fromisoformat(record["occurred_at"]), number)
        for number, record in records
        if record["event_type"] in ("purchase", *CANCELS)
    ]
    return Lines.of(pl.DataFrame(rows, SCHEMA, orient="row"))


def unlike(lines: Lines, stand: Lines) -> set[str]:
    """Ids of those of whom `lines` say what `stand` don't say, under the same event's id or at all."""
    told = [name for name in SCHEMA if name != "number"]
    lacking = [one.join(other, on=told, how="anti", nulls_equal=True) for one, other in zip(lines, stand, strict=True)]
    return set(pl.concat(lacking)["user_id"].drop_nulls())


def histories_of(
    lines: Lines, person: Mapping[str, str], tickets: Mapping[Ticket, str], stores: pl.DataFrame, limit: int
) -> dict[str, History]:
    """The histories of some people, by name; of whom nothing stands there is none.

    person: their names, by each id they bear. tickets: whose an anonymous ticket (store, order) is, of these people.
    """
    named = _named(_about(lines, list(person), tickets), person, tickets)
    theirs = sales(named.lazy(), stores).filter(pl.col.user_id.is_in(set(person.values())))
    found = build_histories(visits_of(coded(theirs)), limit)
    return {user: found.of(place) for place, user in enumerate(found.users)}


def touched(lines: Lines, back: pl.DataFrame) -> pl.DataFrame:
    """The purchases that these refunds and voids name, by the order's number, whoever's they are."""
    named = back.filter(pl.col.order_id.is_not_null()).select("order_id", "product_id", speaks_of="store_id").unique()
    if named.is_empty():
        return lines.bought.clear()
    some = lines.bought.filter(pl.col.order_id.is_in(named["order_id"].unique().implode()))
    found = some.join(named, on=["order_id", "product_id"], how="inner")
    there = pl.col.speaks_of.is_null() | (pl.col.speaks_of == pl.col.store_id)
    return found.filter(there).select(*SCHEMA)


def _about(lines: Lines, ids: Sequence[str], tickets: Collection[Ticket]) -> pl.DataFrame:
    """Every line that can say anything of these people: theirs, what cancels those, and what else these cancel first."""
    theirs = pl.col.user_id.is_in(ids)
    if tickets:
        theirs = theirs | (pl.col.user_id.is_null() & pl.col.order_id.is_in([order for _, order in tickets]))
    own = lines.bought.filter(theirs)
    back = lines.back.filter(theirs | pl.col.order_id.is_in(own["order_id"].drop_nulls().unique().implode()))
    found = pl.concat([own, touched(lines, back), back])
    # An event that the lake and the inbox both tell is the lake's.
    return found.sort("number", maintain_order=True).unique("event_id", keep="first", maintain_order=True)


def _named(frame: pl.DataFrame, person: Mapping[str, str], tickets: Mapping[Ticket, str]) -> pl.DataFrame:
    """The same, each under its person's name, as `training.persons.by_person` gives it."""
    users = pl.col.user_id.replace(list(person), list(person.values()))
    if tickets:
        rows = [(*ticket, name) for ticket, name in tickets.items()]
        claimed = pl.DataFrame(rows, dict.fromkeys(("store_id", "order_id", "person"), pl.String), orient="row")
        frame = frame.join(claimed, on=["store_id", "order_id"], how="left", maintain_order="left")
        users = pl.coalesce(users, "person")
    return frame.with_columns(user_id=users).select(*SCHEMA)
