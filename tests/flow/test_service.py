"""The whole service over its real parts: in this process first, then two workers behind `launch.run`, as `daypart serve`."""

import asyncio
import gc
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from offers.audit import By
from offers.journal import Journal
from serving import keys
from serving.beat import BEAT_S
from serving.bundle import load_bundle
from serving.calls import CALLS
from serving.front import Front
from serving.health import Health
from serving.keyring import KNOWN_FOR_S
from serving.opening import open_parts, warm, warm_up
from serving.reload import with_bundle
from settings import Settings
from tests.flow import served_home
from tests.flow.ports import free_port
from tests.house.rooms import ROOT

RUN = "from settings import load_settings; from serving.launch import run; run(load_settings(), 2)"
PATIENCE_S = 90
COUNTED = (
    'daypart_requests_total{call="recommendations",status="200"} 20.0',
    'daypart_stage_seconds_count{stage="score"} 20.0',
    "daypart_workers 2.0",
    "daypart_workers_wanted 2.0",
    "daypart_worker_starts_total 2.0",
    "daypart_scheduler_keys 1.0",
    'daypart_campaign_granted_cents{campaign="c"} 1000.0',
)


def untold(page):
    """What of COUNTED a page of metrics lacks, and of the 20 documents: pages count themselves too, at the beat after."""
    beside = re.search(r'daypart_requests_total\{call="beside",status="200"\} (\S+)', page)
    n_beside = float(beside[1]) if beside else 0.0
    return [line for line in COUNTED if line not in page] + ["beside"] * (n_beside < 20)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    home = tmp_path_factory.mktemp("served")
    return home, served_home.fill(home)


@pytest.fixture
def bearer(place):
    return {scope: {"Authorization": f"Bearer {secret}"} for scope, secret in place[1].items()}


def test_nothing_that_is_opened_beside_a_bundle_holds_it(place):
    """Without the collector: what served before goes when nobody answers by it."""
    settings, collecting = Settings(home=place[0]), gc.isenabled()
    gc.disable()
    try:
        with open_parts(settings) as parts:
            warm_up(parts)
            health = Health(parts)
            gone = [weakref.ref(each) for each in (parts, parts.bundle, parts.bundle.ranker)]
            parts = with_bundle(parts, load_bundle(settings))
            warm(parts)
            assert health is not None
            assert [ref() for ref in gone] == [None] * 3
    finally:
        if collecting:
            gc.enable()


def test_a_coupon_goes_from_the_scheduler_to_the_till_and_a_purchase_into_the_list(place, bearer):
    """Every part is the real one; only the socket is missing."""

    async def walk(front):
        transport = httpx.ASGITransport(app=front)
        async with httpx.AsyncClient(transport=transport, base_url="http://daypart") as client:

            async def ask(method, path, scope, **more):
                headers = {**bearer[scope], **more.pop("headers", {})}
                return await client.request(method, f"/v1{path}", headers=headers, **more)

            now = datetime.now(UTC)
            window = {"from": (now - timedelta(days=1)).isoformat(), "to": now.isoformat()}
            (offer,) = (await ask("GET", "/offers/due", "scheduler", params=window)).json()["offers"]
            said = await ask("POST", f"/offers/{offer['offer_id']}/delivered", "scheduler")
            assert said.json()["delivery"] == "delivered"
            body = {"user_id": "ann", "context": {"store_id": "soho"}}
            items = (await ask("POST", "/recommendations", "app", json=body)).json()["items"]
            coupons = {item["product_id"]: item["offer"]["coupon_code"] for item in items if "offer" in item}
            assert coupons == {"latte": offer["coupon_code"]}
            sale = {"store_id": "soho", "order_id": "o1", "lines": [{"product_id": "latte", "unit_price_cents": 450}]}
            redeem, key = f"/coupons/{offer['coupon_code']}/redeem", {"Idempotency-Key": "k1"}
            first = await ask("POST", redeem, "pos", json=sale, headers=key)
            assert (first.status_code, first.json()["discount_cents"]) == (200, 100)
            assert (await ask("POST", redeem, "pos", json=sale, headers=key)).content == first.content
            other = {**sale, "order_id": "o2"}
            refused = await ask("POST", redeem, "pos", json=other, headers={"Idempotency-Key": "k2"})
            assert (refused.status_code, refused.json()["code"]) == (422, "already_redeemed")
            assert (await ask("GET", "/campaigns/c", "analyst")).json()["budget"]["spent_cents"] == 100
            assert (await ask("GET", "/users/ann/offers", "app")).json()["offers"] == []
            bought = {"event_type": "purchase", "occurred_at": now.isoformat(), "user_id": "eve", "product_id": "tea"}
            assert (await ask("POST", "/events", "pos", json={"events": [bought]})).json()["accepted"] == 1
            assert (await ask("GET", "/users/eve", "admin")).json()["n_visits"] == 1
            slate = (await ask("POST", "/recommendations", "app", json={"user_id": "eve"})).json()
            assert slate["meta"]["fallback"] is None
            assert "bought_before" in {r["code"] for item in slate["items"] for r in item["reasons"]}

    with open_parts(Settings(home=place[0])) as parts:
        warm_up(parts)
        front = Front(CALLS, "1")
        front.parts = parts
        asyncio.run(walk(front))


@pytest.fixture
def served(place, tmp_path):
    """(process, base URL) of two workers that are ready."""
    port = free_port()
    # Short, as sockets may stand in it; who is killed leaves folders there.
    room = tempfile.TemporaryDirectory(prefix="dp", ignore_cleanup_errors=True)
    own = {"DAYPART_HOME": str(place[0]), "DAYPART_PORT": str(port), "DAYPART_CAMPAIGNS": str(tmp_path)}
    own["TMPDIR"] = room.name
    env = {**os.environ, **own, "PYTHONPATH": str(ROOT), "TZ": "UTC"}
    env.pop("PROMETHEUS_MULTIPROC_DIR", None)
    url = f"http://127.0.0.1:{port}"
    with room, (tmp_path / "log").open("w") as log:
        # Started elsewhere: the service must not depend on the folder it is started in.
        process = subprocess.Popen([sys.executable, "-c", RUN], cwd=tmp_path, env=env, stdout=log, stderr=log)
        try:
            wait_until_ready(process, url, tmp_path / "log")
            yield process, url
        finally:
            process.kill()
            process.wait()


def wait_until_ready(process, url, log):
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/readyz", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(log.read_text())


class Riders(threading.Thread):
    """Asks again and again on new connections until nobody answers; remembers what was not a whole, good answer."""

    def __init__(self, url, headers):
        super().__init__()
        self.url, self.headers = url, headers
        self.n_good, self.bad, self.is_refused = 0, [], threading.Event()

    def run(self):
        body = {"user_id": "ann", "context": {"store_id": "soho"}, "dry_run": True}
        while not self.is_refused.is_set():
            try:
                answer = httpx.post(f"{self.url}/v1/recommendations", json=body, headers=self.headers, timeout=10)
                if answer.status_code != 200 or not answer.json()["items"]:
                    self.bad.append(answer.text)
                self.n_good += 1
            except httpx.ConnectError:
                self.is_refused.set()
            except httpx.TransportError as error:
                # Closed between connecting and asking, which shows as a reset or as an end before the first byte: a client may
                # retry. Once the answer began, it must end.
                if not isinstance(error, httpx.ReadError | httpx.WriteError) and "without sending" not in str(error):
                    self.bad.append(repr(error))
                self.is_refused.set()


def test_a_killed_supervisor_leaves_no_worker_on_the_port(served, tmp_path):
    process, url = served
    process.kill()
    process.wait()
    deadline = time.monotonic() + PATIENCE_S
    while answers(url):
        assert time.monotonic() < deadline, "a worker still holds the port"
        time.sleep(0.1)


def answers(url):
    try:
        return httpx.get(f"{url}/livez", timeout=2).status_code
    except httpx.TransportError:
        return None


def wait_until_accepted(riders):
    """Connections are taken in the order they came: a rider's later one answered means that all before it were taken."""
    before = [rider.n_good for rider in riders]
    deadline = time.monotonic() + PATIENCE_S
    while any(rider.n_good < n + 3 for rider, n in zip(riders, before, strict=True)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


class SlowAsker:
    """A request whose second half is still to come."""

    def __init__(self, url, headers):
        host, port = url.removeprefix("http://").split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=20)
        self.body = b'{"user_id": "ann"}'
        head = f"POST /v1/recommendations HTTP/1.1\r\nHost: x\r\nAuthorization: {headers['Authorization']}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(self.body)}\r\n\r\n"
        self.socket.sendall(head.encode() + self.body[:5])

    def answer(self):
        self.socket.sendall(self.body[5:])
        return b"".join(iter(lambda: self.socket.recv(65536), b""))


def test_two_workers_serve_count_together_and_leave_in_order(served, bearer):
    process, url = served
    with httpx.Client(base_url=url, headers=bearer["app"]) as client:
        for _ in range(20):
            answer = client.post("/v1/recommendations", json={"user_id": "ann"})
            assert answer.status_code == 200, answer.text
        assert client.get("/v1/nowhere").headers["content-type"] == "application/problem+json"
    # A connection each, so that both workers get some.
    for _ in range(20):
        httpx.get(f"{url}/v1/openapi.json").raise_for_status()
    # Whoever answers /metrics, the other worker tells at its next beat what it counted.
    deadline = time.monotonic() + PATIENCE_S
    while missing := untold(metrics := httpx.get(f"{url}/metrics").text):
        assert time.monotonic() < deadline, (missing, metrics)
        time.sleep(BEAT_S)
    riders = [Riders(url, bearer["app"]) for _ in range(4)]
    for rider in riders:
        rider.start()
    slow = [SlowAsker(url, bearer["app"]) for _ in range(4)]
    wait_until_accepted(riders)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    answers = [asker.answer() for asker in slow]
    assert [answer[:15] for answer in answers] == [b"HTTP/1.1 200 OK"] * 4
    assert all(answer.endswith(b"}}") for answer in answers)
    assert process.wait(timeout=30) == 0
    for rider in riders:
        rider.join(timeout=30)
    assert [rider.bad for rider in riders] == [[]] * 4
    assert all(rider.n_good > 0 for rider in riders)


def ask_anew(url, path, headers):
    """The answer on a connection of its own, which either worker may take."""
    return httpx.get(f"{url}{path}", headers={**headers, "Connection": "close"}, timeout=10)


def test_a_revoked_key_ends_and_a_busy_one_waits_in_both_workers(served, place):
    _, url = served
    journal = Journal(Settings(home=place[0]).ledger_url)
    by, now = By("tests", "stolen"), datetime.now(UTC)
    busy, stolen = (keys.create(journal.engine, "analyst", now) for _ in range(2))
    busy, stolen_bearer = ({"Authorization": f"Bearer {secret}"} for secret in (busy, stolen))
    began = time.monotonic()
    answers = [ask_anew(url, "/v1/campaigns/c", busy) for _ in range(120)]
    allowed = [answer for answer in answers if answer.status_code == 200]
    # 20 a second, 40 at once, for both workers together.
    assert 40 <= len(allowed) <= 40 + 20 * (time.monotonic() - began) + 1
    refused = [answer for answer in answers if answer.status_code != 200]
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} <= {(429, "rate_limited")}
    assert all(answer.headers["retry-after"] == "1" for answer in refused)
    assert {ask_anew(url, "/v1/campaigns/c", stolen_bearer).status_code for _ in range(20)} == {200}
    keys.revoke(journal.engine, keys.key_id_of(stolen), datetime.now(UTC), by)
    revoked_s = time.monotonic()
    while (waited_s := time.monotonic() - revoked_s) < KNOWN_FOR_S:
        ask_anew(url, "/v1/campaigns/c", stolen_bearer)
        time.sleep(min(0.5, KNOWN_FOR_S - waited_s))
    assert {ask_anew(url, "/v1/campaigns/c", stolen_bearer).status_code for _ in range(20)} == {401}
    journal.close()


def test_the_last_one_out_stops_the_store(served, place):
    process, _ = served
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0
    assert not list((place[0] / "online").glob("*.sock"))
    # What was dry stays unwritten, what was shown is whole.
    assert not list((place[0] / "inbox").glob("*.part"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"DAYPART_HOME": "/nowhere/at/all"}, "promote"),
        ({"DAYPART_REDIS_URL": "redis://:secret@127.0.0.1:1/0"}, "redis://127.0.0.1:1/0 does not answer"),
        ({"DAYPART_DATABASE_URL": "postgresql://u:secret@127.0.0.1:1/x"}, "ledger"),
        ({"DAYPART_COLOUR": "red"}, "unknown setting 'colour'"),
    ],
)
@pytest.mark.parametrize("door", ["daypart", "bentoml"])
def test_a_fault_is_one_line_and_exit_code_2_by_both_doors(place, tmp_path, changes, words, door):
    port = str(free_port())
    env = {**os.environ, "DAYPART_HOME": str(place[0]), "DAYPART_PORT": port, "PYTHONPATH": str(ROOT), **changes}
    env |= {"BENTOML_HOME": str(tmp_path), "BENTOML_DO_NOT_TRACK": "True", "TZ": "UTC"}
    commands = {
        "daypart": ["-m", "daypart", "serve"],
        "bentoml": ["-m", "bentoml", "serve", "serving.service:DaypartService", "-p", port],
    }
    run = subprocess.run(
        [sys.executable, *commands[door]], cwd=ROOT, env=env, capture_output=True, text=True, timeout=90
    )
    assert run.returncode == 2, run.stderr
    assert words in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1
    assert "secret" not in run.stdout + run.stderr
