"""Faults that one process can be given from within, with requests under way.

A ledger that is locked or slow, a full disk, a clock that jumps, a person erased while they are remembered.
"""

import asyncio
import errno
import json
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from embedded import connect, lease_online_store
from embedded.filled import mark_key
from embedded.online_rows import entity_key
from offers.verify import verify
from river.followed import keeper_of
from serving.calls import CALLS
from serving.feast_values import stamped
from serving.front import Front
from serving.history_rows import STAMP
from serving.opening import open_parts
from serving.tables import EVENT_INBOX
from settings import Settings
from tests import world
from tests.flow import served_home
from tests.flow.faulted import locked
from tests.suites.raw_http import call

USERS = ("ann", "bob", "cat", "dan")
SALE = {"store_id": "soho", "order_id": "o1", "lines": [{"product_id": "latte", "unit_price_cents": 450}]}


class Place:
    """The front over real parts, on a loop of its own."""

    def __init__(self, parts, secrets):
        self.front, self.secrets = Front(CALLS, "1"), secrets
        self.front.parts = parts
        self.runner = asyncio.Runner()

    @property
    def parts(self):
        return self.front.parts

    async def ask(self, method, path, scope, body=None, **headers):
        told = [("Authorization", f"Bearer {self.secrets[scope]}"), ("Content-Type", "application/json")]
        told += [(name.replace("_", "-"), value) for name, value in headers.items()]
        return await call(self.front, method, f"/v1{path}", told, b"" if body is None else json.dumps(body).encode())

    def crowd(self, n=24):
        """Recommendations that are asked for at once; what their answers say of themselves."""

        async def all_of_them():
            body = {"context": {"store_id": "soho"}}
            asks = (self.ask("POST", "/recommendations", "app", body | {"user_id": USERS[k % 4]}) for k in range(n))
            return await asyncio.gather(*asks)

        answers = self.runner.run(all_of_them())
        assert {answer.status for answer in answers} == {200}
        assert all(answer.json()["items"] for answer in answers)
        return [answer.json()["meta"] for answer in answers]

    def whole_crowd(self):
        """The same, once none of them lacks anything: soon, but a machine may stand still for a moment."""
        began = time.monotonic()
        while any(meta["degraded"] for meta in self.crowd()):
            assert time.monotonic() - began < 20
            time.sleep(0.2)
        return self.crowd()

    def one(self, *asked, **headers):
        return self.runner.run(self.ask(*asked, **headers))

    def redeem(self, code, **headers):
        return self.one("POST", f"/coupons/{code}/redeem", "pos", SALE, Idempotency_Key="k1", **headers)

    def sell(self, event):
        return self.one(*self.sale(event))

    def sale(self, event):
        now = self.parts.clock().isoformat()
        row = {"event_id": event, "event_type": "purchase", "occurred_at": now, "user_id": "dan", "product_id": "tea"}
        return "POST", "/events", "pos", {"events": [row]}

    def while_asked(self, act):
        """`act` by a thread of its own while people ask and a till sells, each again as soon as it is answered: what
        recommendations said of themselves, and the status of each event."""
        metas, events, body = [], {}, {"context": {"store_id": "soho"}}
        self.events = events

        async def people(k):
            while not over.is_set():
                answer = await self.ask("POST", "/recommendations", "app", body | {"user_id": USERS[k % 4]})
                assert (answer.status, bool(answer.json()["items"])) == (200, True)
                metas.append(answer.json()["meta"])

        async def till():
            while not over.is_set():
                event = f"w{time.time_ns()}"
                events[event] = (await self.ask(*self.sale(event))).status
                await asyncio.sleep(0.01)

        async def everybody():
            try:
                async with asyncio.TaskGroup() as group:
                    for k in range(6):
                        group.create_task(people(k))
                    group.create_task(till())
                    await asyncio.to_thread(act)
                    over.set()
            finally:
                over.set()

        over = asyncio.Event()
        self.runner.run(everybody())
        return metas, events

    def inbox(self):
        with self.parts.engine.connect() as connection:
            return sorted(connection.execute(sa.select(EVENT_INBOX.c.event_id)).scalars())


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    home = tmp_path_factory.mktemp("within")
    secrets = served_home.fill(home)
    with open_parts(Settings(home=home, rate_limits="", features_fresh_s=0)) as parts:
        yield parts, secrets


@pytest.fixture
def place(opened):
    found = Place(replace(opened[0]), opened[1])
    yield found
    found.runner.close()


def test_a_locked_ledger_costs_a_till_a_second_try_and_nobody_a_coupon(place):
    (offer,) = place.parts.desk.wallet("ann", place.parts.clock())
    place.crowd()
    with locked(place.parts.settings.home / "ledger.db"):
        place.whole_crowd()
        late = place.redeem(offer.coupon_code, X_Deadline_Ms="300")
        assert (late.status, late.json()["code"], late.headers["retry-after"]) == (503, "deadline", "1")
    # While the first try still waits, its key is being worked on; a till asks again.
    while (again := place.redeem(offer.coupon_code)).status in (409, 503):
        assert again.headers["retry-after"] == "1"
        time.sleep(0.1)
    assert (again.status, again.json()["discount_cents"]) == (200, 100)
    assert place.redeem(offer.coupon_code).body == again.body
    assert verify(place.parts.desk.journal) == []


def test_a_slow_ledger_is_not_waited_for(place):
    engine = place.parts.engine
    place.crowd()

    def slow(*args):
        time.sleep(0.4)

    sa.event.listen(engine, "before_cursor_execute", slow)
    time.sleep(0.6)  # what people allow was asked a moment ago
    began = time.monotonic()
    try:
        first, then = place.crowd(), place.crowd()
    finally:
        sa.event.remove(engine, "before_cursor_execute", slow)
    took_s = time.monotonic() - began
    assert {meta["fallback"] for meta in first + then} == {None}
    assert all(meta["degraded"] and meta["warnings"] == ["offers_unavailable"] for meta in then)
    assert took_s < 0.4 * 24, "not one after the other"
    place.whole_crowd()


def test_a_full_disk_takes_no_answer_and_no_event(place, monkeypatch):
    engine = place.parts.engine

    def pages(n):
        def limit(connection, *more):
            connection.execute(f"PRAGMA max_page_count={n}").close()

        return limit

    full = pages(1)
    sa.event.listen(engine, "checkout", full)
    taken = []
    try:
        while (answer := place.sell(f"d{len(taken)}")).status == 202:
            taken.append(f"d{len(taken)}")
            assert len(taken) < 500
        assert (answer.status, answer.json()["code"], answer.headers["retry-after"]) == (503, "ledger_unavailable", "1")
        open_file = Path.open

        def refuse(path, mode="r", *more, **named):
            if path.name.endswith(".part") and mode.startswith("a"):
                raise OSError(errno.ENOSPC, "No space left on device")
            return open_file(path, mode, *more, **named)

        monkeypatch.setattr(Path, "open", refuse)
        assert {meta["fallback"] for meta in place.crowd()} == {None}
        dropped = place.parts.impressions
        began = time.monotonic()
        while not dropped.n_dropped and time.monotonic() < began + 10:
            time.sleep(0.02)
        assert dropped.n_dropped > 0
    finally:
        sa.event.remove(engine, "checkout", full)
        sa.event.listen(engine, "checkout", roomy := pages(1 << 30))
        engine.dispose()
    monkeypatch.undo()
    lost = f"d{len(taken)}"
    assert place.sell(lost).status == 202
    assert [event for event in place.inbox() if event.startswith("d")] == sorted([*taken, lost])
    assert verify(place.parts.desk.journal) == []
    sa.event.remove(engine, "checkout", roomy)


@pytest.mark.parametrize("hours", [1, -1])
def test_a_clock_that_jumps_costs_nobody_anything(place, hours):
    place.whole_crowd()
    real = place.parts.clock

    def jump():
        for clock in (lambda: real() + timedelta(hours=hours), real):
            time.sleep(0.4)
            place.front.parts = replace(place.parts, clock=clock)
            jumps.append(place.front.parts.clock() - real())
        time.sleep(0.4)

    jumps = []
    metas, events = place.while_asked(jump)
    assert abs(jumps[0] - timedelta(hours=hours)) < timedelta(seconds=5)
    assert len(metas) > 30
    assert {meta["fallback"] for meta in metas} == {None}
    # What was sold while the clock was ahead of what it says afterwards is true later than now: nobody can tell its age.
    for meta in metas:
        is_ahead = "features_ahead" in meta["warnings"]
        assert meta["feature_age_s"] is None if is_ahead else meta["feature_age_s"] >= 0
    assert any("features_ahead" in meta["warnings"] for meta in metas)
    assert len(events) > 4
    assert set(events.values()) == {202}
    assert {event: n for event, n in Counter(place.inbox()).items() if event in events} == dict.fromkeys(events, 1)


def test_a_store_that_was_filled_again_is_as_old_as_its_filling(place):
    # Nobody of these has bought anything for a year: their rows are stamped so, and right.
    ask = ("POST", "/recommendations", "app", {"user_id": "bob", "dry_run": True})
    place.whole_crowd()
    home = place.parts.settings.home
    with lease_online_store(Settings(home=home)) as store, connect(store.url) as client:
        mark = mark_key("daypart")
        kept, bob = client.hgetall(mark), entity_key("daypart", "user_id", "bob")
        client.delete(mark, bob)
        began = time.monotonic()
        meta = place.one(*ask).json()["meta"]
        assert (meta["fallback"], meta["warnings"]) == ("last_known", ["history_incomplete"])
        with keeper_of(Settings(home=home)) as keeper:
            keeper.look()
        assert stamped(client.hget(bob, STAMP)) < world.END
        meta = place.one(*ask).json()["meta"]
        assert (meta["degraded"], meta["fallback"], meta["warnings"]) == (False, None, [])
        assert 0 < meta["feature_age_s"] < time.monotonic() - began + 5
        client.hset(mark, mapping=kept)
        assert place.one(*ask).json()["meta"]["feature_age_s"] > 86_400


class Bound:
    """How many pages the ledger's file may have. It stands before anybody asks: who listens isn't changed while they do."""

    def __init__(self, engine):
        self.n = 1 << 30
        sa.event.listen(engine, "checkout", lambda connection, *_: self.hold(connection))

    def hold(self, connection):
        connection.execute(f"PRAGMA max_page_count={self.n}").close()

    @contextmanager
    def full(self):
        self.n = 1
        try:
            yield
        finally:
            self.n = 1 << 30


@pytest.mark.parametrize("fault", ["held", "full"])
def test_a_ledger_that_fails_while_people_ask_costs_no_list_and_no_event(place, fault):
    place.whole_crowd()
    file, bound = place.parts.settings.home / "ledger.db", Bound(place.parts.engine)
    until_s = time.monotonic() + 10

    def fail():
        time.sleep(0.2)
        with locked(file) if fault == "held" else bound.full():
            time.sleep(0.6)
            while fault == "full" and 503 not in list(place.events.values()) and time.monotonic() < until_s:
                time.sleep(0.05)  # what pages have room for is taken
        time.sleep(0.2)

    metas, events = place.while_asked(fail)
    assert len(metas) > 30
    assert {meta["fallback"] for meta in metas} <= {None, "last_known"}
    assert len(events) > 3
    # Who is held waits, who has no room is told so.
    assert set(events.values()) == ({202} if fault == "held" else {202, 503})
    accepted = [event for event, status in events.items() if status == 202]
    assert {event: n for event, n in Counter(place.inbox()).items() if event in accepted} == dict.fromkeys(accepted, 1)
    assert place.sell(f"after-{fault}").status == 202
    assert verify(place.parts.desk.journal) == []


def test_who_is_erased_is_not_remembered_and_asking_meanwhile_brings_nobody_back(place):
    place.crowd()
    kept = place.parts.gate.last_known
    assert kept.of("bob") is not None

    async def meanwhile():
        asks, erasing = [], asyncio.ensure_future(place.ask("DELETE", "/users/bob", "admin"))
        while not erasing.done():
            asks.append(asyncio.ensure_future(place.ask("POST", "/recommendations", "app", {"user_id": "bob"})))
            await asyncio.sleep(0.002)
        await asyncio.gather(*asks)
        return erasing.result()

    assert place.runner.run(meanwhile()).status == 200
    time.sleep(0.6)
    kept.sweep(place.parts.standing.gone)
    assert kept.of("bob") is None
    answer = place.one("POST", "/recommendations", "app", {"user_id": "bob"})
    assert answer.json()["meta"]["fallback"] == "cold_start"
    assert kept.of("bob") is None
