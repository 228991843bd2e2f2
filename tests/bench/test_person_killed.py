"""The count that follows the kills finds what is wrong, and tills say what they were told."""

import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from zoneinfo import ZoneInfo

import pytest

from bench import person_killed, person_tills
from bench.__main__ import PARTS
from bench.person_counted import Counts, counted, ought
from bench.person_killed import Tally, Unsound, figures
from bench.person_tills import BATCH, Shop, Till, batch, brought_back
from offers.database import connect
from serving.inbox import take
from settings import Settings
from tests.flow import served_home

NOW = datetime(2026, 3, 2, 13, tzinfo=UTC)
SHOP = Shop("127.0.0.1", 1, "key", ("latte", "tea"), "soho", "America/New_York")


def test_a_batch_is_as_good_as_any_and_the_same_each_time():
    one, again = (batch(Random(3), SHOP, "b", NOW) for _ in range(2))
    assert one == again
    assert len({event["event_id"] for event in one}) == BATCH
    assert {event["event_type"] for event in one} == {"purchase", "view"}
    days = {datetime.fromisoformat(event["occurred_at"]).date() for event in one}
    assert len(days) > 1
    assert max(datetime.fromisoformat(event["occurred_at"]) for event in one) <= NOW


def sold(at, product, order, quantity=1, user="u"):
    return {"event_id": f"{order}-{product}-{at}", "event_type": "purchase", "occurred_at": at, "user_id": user,
            "product_id": product, "store_id": "soho", "order_id": order, "quantity": quantity, "unit_price_cents": 450,
            "discount_cents": 50}  # fmt: skip


def test_what_ought_to_stand_is_by_days_of_the_store():
    # 23:30 and 00:30 in New York, both of 3 March in UTC.
    told = [sold("2026-03-03T04:30+00:00", "latte", "a"), sold("2026-03-03T05:30+00:00", "latte", "a", 3),
            sold("2026-03-03T06:30+00:00", "tea", "b")]  # fmt: skip
    view = {**told[0], "event_type": "view", "product_id": "bagel"}
    assert ought([*told, view], ZoneInfo(SHOP.zone)) == {
        "u": {"monetary_cents": 400 + 1300 + 400, "n_orders": 2, "n_visits": 2, "counts": {"latte": 2, "tea": 1}},
    }  # fmt: skip


def test_what_came_back_was_never_bought_and_comes_back_once():
    told = [
        sold("2026-03-03T14:30+00:00", product, order, 2)
        for product, order in (("latte", "a"), ("latte", "b"), ("tea", "b"))
    ]
    rng, back = Random(1), []
    for _ in range(200):
        back += brought_back(rng, [*told, *back], NOW)
    assert len(back) == len({event["event_id"] for event in back}) == 3
    some = [event for event in back if event["order_id"] == "b"]
    assert ought([*told, *some], ZoneInfo(SHOP.zone))["u"]["counts"] == {"latte": 1}
    assert ought([*told, *back], ZoneInfo(SHOP.zone)) == {}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("counted")
    served_home.fill(folder)
    return Settings(home=folder)


def test_the_count_finds_what_was_lost_doubled_changed_and_not_shown(home):
    day = datetime.now(UTC) - timedelta(hours=1)
    told = [
        sold(day.isoformat(), product, f"o-{user}", 2, user) for user in ("eva", "fay") for product in ("latte", "tea")
    ]
    every = dict.fromkeys(("channel", "coupon_id", "recommendation_id"))
    engine = connect(home.ledger_url)
    take(engine, [every | event for event in told], day)
    engine.dispose()
    assert counted(home, told, SHOP.zone) == Counts(4, 0, 0, [], ["eva", "fay"])
    # Features are online from here on.
    assert counted(home, told, SHOP.zone) == Counts(4, 0, 0, [], [])
    lost = {**told[0], "event_id": "lost"}
    assert counted(home, [*told, lost], SHOP.zone) == Counts(5, 1, 0, ["eva"], [])
    assert counted(home, told[1:], SHOP.zone) == Counts(3, 0, 1, ["eva"], ["eva"])
    changed = [{**told[0], "quantity": 3}, *told[1:]]
    found = counted(home, changed, SHOP.zone)
    assert (found.n_lost, found.n_doubled, found.off) == (0, 0, ["eva", "the lake, with 8 pieces of 9"])


def test_figures_are_met_by_nothing_wrong_alone():
    good, bad = Counts(9, 0, 0, [], []), Counts(9, 1, 1, ["eva"], ["eva"])
    assert [(row["value"], row["met"]) for row in figures(Tally(50, 3, 0.2, good))] == [(0, True)] * 3
    assert [(row["value"], row["met"]) for row in figures(Tally(50, 3, 30.0, bad))] == [
        (2, False),
        (1, False),
        (1, False),
    ]
    assert "over 50 kills (9 events" in figures(Tally(50, 3, 0.2, good))[0]["figure"]


class Counter(BaseHTTPRequestHandler):
    """Answers every second request, and that it knew what it had heard before."""

    protocol_version = "HTTP/1.1"
    heard, bodies, wrong = [], [], b""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.bodies.append(body)
        if len(self.bodies) % 2:
            self.close_connection = True
            return
        ids = [event["event_id"] for event in json.loads(body)["events"]]
        fresh = len(set(ids) - set(self.heard))
        self.heard += ids
        answer = self.wrong or json.dumps({"accepted": fresh, "duplicates": len(ids) - fresh}).encode()
        self.send_response(202)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *words):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(person_tills, "AGAIN_S", 0.001)
    Counter.heard, Counter.bodies, Counter.wrong = [], [], b""
    with ThreadingHTTPServer(("127.0.0.1", 0), Counter) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield Shop("127.0.0.1", found.server_port, "key", ("latte", "tea"), "soho", "UTC")
        found.shutdown()


def test_a_till_sends_the_same_bytes_until_it_is_answered(server):
    till = Till(server, 1, 0.001)
    till.start()
    while len(till.told) < 3 * BATCH and till.is_alive():
        threading.Event().wait(0.01)
    till.stopped.set()
    till.join(10)
    assert (till.fault, till.is_alive()) == ("", False)
    assert till.n_unanswered >= 3
    assert till.n_accepted == len(till.told) == len({event["event_id"] for event in till.told})
    assert set(Counter.heard) == {event["event_id"] for event in till.told}
    assert Counter.bodies[0] == Counter.bodies[1]


def test_an_answer_that_does_not_add_up_is_a_fault(server):
    Counter.wrong = b'{"accepted": 1, "duplicates": 1}'
    till = Till(server, 1, 0.001)
    till.start()
    till.join(10)
    assert "of 34 events" in till.fault


def test_a_service_that_does_not_end_with_its_supervisor_is_said_so(monkeypatch):
    class Gone:
        pid = 2**22 + 1

        def wait(self):
            return -9

    monkeypatch.setattr(person_killed, "FREE_WITHIN_S", 0.05)
    monkeypatch.setattr(person_killed, "_is_open", lambda settings: True)
    with pytest.raises(Unsound, match="outlived"):
        person_killed._kill(Gone(), 2, Random(1), Settings())


def test_it_is_a_part_of_the_bench():
    assert PARTS["person-killed"] == "bench.person_killed:rows"
