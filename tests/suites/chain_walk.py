"""A small chain that lives through orders, refunds, voids, links, splits and erasures, through the product's own doors and beside
it in plain Python; at every look the lake's lines and all features must be what the plain side says.

`walk` runs one sequence of commands and returns what it came through: a sequence that reaches nothing proves nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
from hypothesis import strategies as st

from people.secret import References
from river.erasing import erase_person
from river.feedback import absorb_records
from river.links import take_links
from river.settling import settle_files
from river.steps import open_desk, refresh_features
from river.who import rule_link, waiting
from serving import inbox
from serving.events import judge
from serving.tables import prepare
from settings import Settings
from tests import world
from tests.suites import naive_features as naive
from tests.suites import naive_views
from tests.suites.followed_online import Online
from tests.suites.naive_people import People, Told
from tests.suites.online_reading import read_online
from training import features
from training.ingest import ingest

BEGIN = datetime(2025, 10, 20, tzinfo=UTC)  # New York's clocks go back on the 14th day
HOUR = timedelta(hours=1)
ZONES = {"soho": "America/New_York", "bund": "Asia/Shanghai"}
PHONE = "phone:+41 79 000 00 01"
KINDS = dict(world.products().select("product_id", "category").iter_rows())
IDS = ("ann", "bob", "card:1", "card:2", PHONE, None)
PAIRS = (("card:1", "ann"), ("card:2", "bob"), ("card:1", "bob"), (PHONE, "card:2"), ("ann", "bob"), (PHONE, "ann"))


def one_of(*values: Any) -> Any:
    return st.sampled_from(values)


def act(do: str, **told: Any) -> Any:
    return st.fixed_dictionaries({"do": st.just(do), **told})


DOORS = st.sampled_from(["file", "http", "http"])
PICK = st.integers(0, 30)
BUY = act(
    "buy", who=one_of(*IDS), store=one_of("soho", "soho", "bund", None), day=st.integers(0, 20), hour=one_of(2, 4, 13, 17, 23),
    lines=st.lists(st.tuples(one_of("latte", "latte", "tea", "cookie"), st.integers(1, 3)), min_size=1, max_size=3),
    named=one_of(True, True, True, False), channel=one_of("app", "store", None), discount=one_of(None, 0, 30, 50),
    priced=one_of(True, True, False), door=DOORS, late=one_of(False, False, True),
)  # fmt: skip
BACK = act(
    "back", pick=PICK, kind=one_of("refund", "void"), whole=one_of(True, True, False), quantity=st.integers(1, 4),
    named=one_of(True, True, False), store=one_of("same", "same", None, "other"), who=one_of("same", "same", None, "other"),
    price=one_of("same", None, 100), hours=one_of(1, 1, 30, 170, -1), door=DOORS, late=one_of(False, False, True),
)  # fmt: skip
LOOK = act(
    "look",
    who=one_of(*IDS),
    kind=one_of("rating", "rating", "view", "cart"),
    product=one_of("mocha", "tea"),
    stars=one_of(None, 1, 4, 5),
    day=st.integers(0, 20),
    door=DOORS,
)
LINK = act("link", pair=one_of(*PAIRS), day=st.integers(-5, 20))
CLAIM = act("claim", who=one_of("ann", "bob", "card:1"), pick=PICK, day=st.integers(0, 20))
RULE = act("rule", pick=PICK, ruling=one_of("accepted", "rejected", "rejected", "rejected", ""))
AGAIN = act("again", pick=PICK, other=one_of(False, False, True), door=DOORS)
ERASE = act("erase", who=one_of("ann", "card:1", PHONE))
ARRIVE, RECKON = act("arrive"), act("reckon")
OFTEN = [
    *[BUY] * 5,
    *[BACK] * 7,
    *[LINK] * 3,
    *[RULE] * 4,
    *[RECKON] * 2,
    *[LOOK] * 2,
    CLAIM,
    ERASE,
    *[AGAIN] * 2,
    *[ARRIVE] * 2,
]
# `one_of` would count each but once.
COMMANDS = st.lists(st.sampled_from(OFTEN).flatmap(lambda one: one), min_size=20, max_size=32)


class Chain:
    """Both sides of one walk. `now` runs an hour a command, after all that the commands tell of."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.now, self.reached = settings, BEGIN + timedelta(days=40), Counter[str]()
        settings.identity_secret.write_text("5e" * 32)  # known, so that walks repeat themselves
        self.references = References(settings.identity_secret)
        files = world.write(settings.home / "given")
        del files["events"]
        ingest(settings.lake, **files, now=self.now, secret=settings.identity_secret)
        with open_desk(settings) as desk:
            prepare(desk.journal.engine)
        self.people, self.erased = People(), dict[str, datetime]()
        self.told: list[dict[str, Any]] = []
        self.coming: dict[str, list[dict[str, Any]]] = {"file": [], "http": [], "late": []}
        self.lake: dict[str, dict[str, Any]] = {}
        self.box: dict[str, dict[str, Any] | None] = {}
        """Accepted over HTTP, by event_id; None once the lake was asked."""
        self.orders, self.numbers = list[list[dict[str, Any]]](), Counter[str | None]()
        self.before: Mapping[str, str] = {}
        self.looks = 0
        self.online = Online(settings)
        self.newest = BEGIN

    # --- commands

    def open(self) -> None:
        """A day that everybody remembers: without it most walks would take back nothing."""
        for day, who in enumerate((*IDS, "dan", "ann", "card:1")):
            store = "bund" if day % 3 == 2 else "soho"
            self.buy(who, store, day, 13, [("latte", 2), ("tea", 1)], True, "app", None, True, "file", False)
        self._arrive("file")
        for _ in range(2):
            # A till that isn't sure whether it was heard, and an app that tells of the same order.
            self._send(self.orders[-1], "http")
            self._arrive("http")
        # What is online now under a card must not outlive what the card becomes.
        self.refresh()
        self.online.begin(lambda: self.now)
        self.link(("card:1", "ann"), 3)
        self.before = self.people.names()

    def buy(self, who: str | None, store: str | None, day: int, hour: int, lines: Sequence[tuple[str, int]], named: bool,
            channel: str | None, discount: int | None, priced: bool, door: str, late: bool) -> None:  # fmt: skip
        self.numbers[store] += named
        # Tills count their own orders: a number is a purchase in its store.
        order = f"{'' if store else 'web'}{self.numbers[store]}" if named else None
        at = BEGIN + timedelta(days=day, hours=hour, minutes=len(self.orders))
        made = [
            self._event("purchase", at, who, product, store=store, channel=channel, order=order, quantity=quantity,
                        price=world.PRICES[product] if priced else None, discount=discount if priced else None)
            for product, quantity in lines
        ]  # fmt: skip
        self.orders.append(made)
        self._send(made, "late" if late else door)

    def back(self, pick: int, kind: str, whole: bool, quantity: int, named: bool, store: str | None, who: str | None,
             price: str | int | None, hours: int, door: str, late: bool) -> None:  # fmt: skip
        if not self.orders:
            return
        order = self.orders[-1 - pick % len(self.orders)]
        made = []
        for line in order if whole else order[:1]:
            other = {"soho": "bund", "bund": "soho"}.get(line["store_id"])
            at = line["occurred_at"] + hours * HOUR
            user = {"same": line["user_id"], "other": "bob", None: None}[who]
            made.append(self._event(
                kind, at, user, line["product_id"], store={"same": line["store_id"], "other": other, None: None}[store],
                order=line["order_id"] if named else None, quantity=line["quantity"] if whole else quantity,
                price=line["unit_price_cents"] if price == "same" else price,
                discount=line["discount_cents"] if price == "same" and whole else None,
            ))  # fmt: skip
        self._send(made, "late" if late else door)

    def look(self, who: str | None, kind: str, product: str, stars: int | None, day: int, door: str) -> None:
        event = self._event(kind, BEGIN + timedelta(days=day), who, product, store="soho")
        event["rating"] = stars if kind == "rating" else None
        self._send([event], door)

    def link(self, pair: tuple[str, str], day: int) -> None:
        self._link(*pair, BEGIN + timedelta(days=day, minutes=len(self.people.links)))

    def claim(self, who: str, pick: int, day: int) -> None:
        free = [order[0] for order in self.orders if order[0]["user_id"] is None]
        free = [line for line in free if line["store_id"] and line["order_id"]]
        if free:
            line = free[-1 - pick % len(free)]
            receipt = f"receipt:{line['store_id']}/{line['order_id']}"
            self.people.receipts[self.references.of(receipt)] = (line["store_id"], line["order_id"])
            self._link(who, receipt, BEGIN + timedelta(days=day, minutes=len(self.people.links)))

    def _link(self, one: str, other: str, at: datetime) -> None:
        evidence = f"e{self.looks}-{len(self.people.links)}-{at.isoformat()}"
        row = {"identity": one, "other": other, "evidence": evidence, "occurred_at": at}
        taken = take_links(self.settings, [row], "links.csv", self.now)
        ends = sorted((self.references.of(one), self.references.of(other)))
        if any(end in self.erased for end in ends):
            assert len(taken.refused) == 1
            self.reached["a link of somebody erased"] += 1
            return
        assert taken.accepted == 1
        self.people.tell(Told(evidence, ends[0], ends[1], round(at.timestamp()) * 1_000_000))
        self.see()

    def rule(self, pick: int, ruling: str) -> None:
        _, queued = self.people.groups()
        refused = [link for link in self.people.links if link.ruling == "rejected"]
        joined = [link for link in self.people.links if link not in queued and link not in refused]
        wanted = {"accepted": queued or joined, "rejected": joined, "": refused or self.people.links}[ruling]
        if wanted:
            told = wanted[pick % len(wanted)]
            rule_link(self.settings, self._number(told.evidence), ruling, "ada", "looked at it", self.now)
            told.ruling = ruling
            self.see()

    def again(self, pick: int, other: bool, door: str) -> None:
        if self.told:
            event = self.told[-1 - pick % len(self.told)]
            self._send([{**event, "quantity": 7} if other else event], door)

    def erase(self, who: str) -> None:
        self._arrive("file", "http")
        gone = self.people.forget(self.references.of(who))
        erase_person(self.settings, who, "shell:ada", self.now)
        theirs = {one for one in gone if not one.startswith("receipt-")}
        self.erased |= dict.fromkeys(theirs, self.now)
        lines = {key: row for key, row in self.lake.items() if row["user_id"] in gone}
        self.reached["somebody erased who had bought"] += bool(lines)
        self.lake = {key: row for key, row in self.lake.items() if key not in lines}
        waited = {key for key, row in self.box.items() if row and self.references.of(row["user_id"] or "-") in gone}
        self.box = {key: row for key, row in self.box.items() if key not in lines and key not in waited}
        self.see()

    def arrive(self) -> None:
        self.reached["late after a look"] += bool(self.looks and self.coming["late"])
        self._arrive("late", "file", "http")

    def reckon(self) -> None:
        """A look in the middle: everything but what needs the online store."""
        self._arrive("file", "http")
        with open_desk(self.settings) as desk:
            list(absorb_records(self.settings, desk, self.now))
            settle_files(self.settings, desk)
        self._absorbed()
        for at in (BEGIN + timedelta(days=10), self.now):
            report = features.compute(self.settings, self.now, (at,))
            self.compare(at)
            assert report.n_untaken == len(naive.settled(self.plain(at))[1])

    def end(self) -> None:
        """The whole of `daypart features`, online store and all."""
        self.arrive()
        self.refresh()
        at = self.now - HOUR
        self.compare(at)
        told = self.plain(at)
        everybody = self._everybody()
        for view, key in features.VIEWS.items():
            rows = read_online(self.settings, view, everybody if key == "user_id" else list(ZONES))
            naive_views.compare(view, list(next(iter(rows.values()), {})), rows, told)

    def refresh(self) -> None:
        refresh_features(self.settings, self.now, self.now, lambda *_: None)
        self._absorbed()
        self.now += HOUR

    # --- what comes in

    def _event(self, kind: str, at: datetime, user: str | None, product: str, store: str | None = None,
               channel: str | None = None, order: str | None = None, quantity: int | None = None,
               price: int | None = None, discount: int | None = None) -> dict[str, Any]:  # fmt: skip
        if price is not None and discount is not None:
            discount = min(discount, (quantity or 1) * price)
        event = {
            "event_id": f"e{len(self.told)}", "event_type": kind, "occurred_at": at, "user_id": user, "product_id": product,
            "store_id": store, "channel": channel, "order_id": order, "quantity": quantity, "unit_price_cents": price,
            "discount_cents": discount, "rating": None,
        }  # fmt: skip
        self.told.append(event)
        return event

    def _send(self, events: Sequence[dict[str, Any]], way: str) -> None:
        self.coming[way] += events

    def _arrive(self, *ways: str) -> None:
        for way in ways:
            events, self.coming[way] = self.coming[way], []
            if events and way == "http":
                self._by_http(events)
            elif events:
                self._by_file(events)

    def _by_file(self, events: Sequence[dict[str, Any]]) -> None:
        file = self.settings.home / "given" / "events.parquet"
        schema = {name: kind for name, kind in world.events().schema.items() if name in events[0]}
        pl.DataFrame(events, schema=schema).write_parquet(file)
        ingest(self.settings.lake, events=file, now=self.now, secret=self.settings.identity_secret)
        for event in events:
            self._land(event)
        # What comes by file is brought online by `daypart features`; here by a look at everybody.
        self.online.reckon_anew(self._everybody())

    def _by_http(self, events: Sequence[dict[str, Any]]) -> None:
        raw = [msgspec.Raw(msgspec.json.encode({k: v for k, v in event.items() if v is not None})) for event in events]
        records, rejected = judge(raw, self.now, self.references)
        assert rejected == []
        told = [event["occurred_at"] for event in events]
        # Heard as it happened, or long after. Beyond the limit a push can't bring back what was forgotten.
        at_once = min(told) > self.newest and self.settings.history_limit > 99
        self.newest = max(self.newest, *told)
        with open_desk(self.settings) as desk:
            arrived = inbox.take(desk.journal.engine, records, min(told) if at_once else self.now)
        fresh = {record["event_id"] for record in arrived.fresh}
        self.online.push(arrived.fresh, self.people.names())
        self.reached["heard as it happened"] += at_once
        assert fresh == {event["event_id"] for event in events} - set(self.box)
        for event in events:
            self.reached["a repeat over HTTP"] += event["event_id"] in self.box
            self.box.setdefault(event["event_id"], event)
        self.see()

    def _absorbed(self) -> None:
        for event in [event for event in self.box.values() if event]:
            self._land(event)
            self.box[event["event_id"]] = None

    def _land(self, event: Mapping[str, Any]) -> None:
        user = event["user_id"] and self.references.of(event["user_id"])
        if (gone := self.erased.get(user or "")) is not None:
            if event["occurred_at"] <= gone:
                self.reached["stale, of somebody erased"] += 1
                return
            user = None
        stands = self.lake.setdefault(event["event_id"], {**event, "user_id": user})
        self.reached["another line under a known id"] += stands["quantity"] != event["quantity"]

    def _reference(self, user: str | None) -> str | None:
        return user and self.references.of(user)

    def _number(self, evidence: str) -> int:
        with open_desk(self.settings) as desk, desk.journal.read() as connection:
            return int(
                connection.exec_driver_sql(
                    "SELECT number FROM identity_links WHERE evidence = ?", (evidence,)
                ).scalar_one()
            )

    # --- looks

    def see(self) -> None:
        """A second after an event, a link or a ruling the histories online are those of lake and inbox."""
        if not self.online.is_open:
            return
        self.online.look()
        waiting = [event for event in self.box.values() if event and event["event_id"] not in self.lake]
        waiting = [event for event in waiting if self._reference(event["user_id"]) not in self.erased]
        told = self.plain(self.now + timedelta(days=99), waiting)
        wanted = naive.history(told)
        rows = read_online(self.settings, "user_history", self._everybody())
        rows = {user: row for user, row in rows.items() if row["n_visits"]}
        assert sorted(rows) == sorted(wanted), f"rows of {sorted(rows)}, not of {sorted(wanted)}"
        for user, row in rows.items():
            for name, value in wanted[user].items():
                assert naive_views.alike(row[name], value), f"{name} of {user}: {row[name]}, not {value}"
        self.reached["seen before features"] += 1

    def _everybody(self) -> list[str]:
        return sorted({*map(self.references.of, filter(None, IDS)), "dan"})

    def compare(self, at: datetime) -> None:
        """Raises AssertionError with the first thing that differs."""
        self.looks += 1
        stored = pl.read_parquet(str(self.settings.lake / "events" / "day=*" / "part-*.parquet")) if self.lake else None
        rows = [] if stored is None else stored.sort("event_id").to_dicts()
        assert [{k: v for k, v in row.items() if k in self.told[0]} for row in rows] == [
            self.lake[key] for key in sorted(self.lake)
        ], "the lake doesn't hold what was sent"
        _, queued = self.people.groups()
        assert len(waiting(self.settings)) == len(queued)
        told = self.plain(at)
        for view, key in features.VIEWS.items():
            frame = pl.read_parquet(self.settings.features / f"{view}.parquet").filter(event_timestamp=at)
            names = [name for name in frame.columns if name not in (key, "event_timestamp")]
            naive_views.compare(view, names, {row[key]: row for row in frame.to_dicts()}, told)
        self._note(told)

    def plain(self, at: datetime, waiting: Sequence[Mapping[str, Any]] = ()) -> naive.Told:
        named = self.people.names()
        rows = [*self.lake.values(), *({**row, "user_id": self._reference(row["user_id"])} for row in waiting)]
        lines = naive.lines_of(rows, lambda user: named.get(user, user))
        stated = world.assortment().to_dicts()
        return naive.Told(
            at,
            naive.claimed(lines, self.people.tickets()),
            ZONES,
            world.PRICES,
            (),
            stated,
            self.settings.history_limit,
            KINDS,
        )

    def _note(self, told: naive.Told) -> None:
        """What this look came through."""
        stands, untaken = naive.settled(told)
        self.reached["nothing to take back"] += bool(untaken)
        sold = {(one.line.order, one.line.product, one.line.store) for one in stands}
        elsewhere = {one[:2] for one in sold}
        self.reached["another store's order"] += any(
            one.store
            and one.order
            and (one.order, one.product, one.store) not in sold
            and (one.order, one.product) in elsewhere
            for one in untaken
        )
        of: dict[str, list[naive.Stands]] = {}
        for one in stands:
            if one.line.user is not None:
                of.setdefault(one.line.user, []).append(one)
        for mine in of.values():
            left = [one for one in mine if one.left]
            self.reached["a part of a line stands"] += any(0 < one.left < one.line.pieces for one in mine)
            self.reached["a product emptied"] += bool(
                {one.line.product for one in mine} - {one.line.product for one in left}
            )
            self.reached["everything taken back"] += not left
            days = [max((told.day(one.line) for one in some), default=None) for some in (mine, left)]
            self.reached["the last visit taken back"] += bool(left) and days[0] != days[1]
        named = self.people.names()
        bought = {line["user_id"] for line in self.lake.values() if line["event_type"] == "purchase"}
        for one, person in named.items():
            self.reached["a merge of two who bought"] += person != one and one in bought
            self.reached["a split"] += self.before.get(one, one) != one and person == one and one in bought
        self.reached["a ticket claimed"] += any(
            (line["store_id"], line["order_id"]) in self.people.tickets()
            for line in self.lake.values()
            if not line["user_id"]
        )
        self.reached["a link in the queue"] += bool(self.people.groups()[1])
        self.before = named


def walk(settings: Settings, commands: Sequence[Mapping[str, Any]]) -> Chain:
    """Live through the commands. AssertionError where the two sides differ."""
    chain = Chain(settings)
    chain.open()
    for command in commands:
        told = dict(command)
        getattr(chain, told.pop("do"))(**told)
        chain.now += HOUR
    chain.end()
    chain.online.close()
    return chain


def settings_in(home: Path, redis_url: str, limit: int = 512) -> Settings:
    home.mkdir(parents=True)
    return Settings(home=home, redis_url=redis_url, history_limit=limit)
