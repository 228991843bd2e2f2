"""The serving room with its doors to the outside replaced: a checkerboard artifact, memory for the rest, SQLite for keys."""

from __future__ import annotations

import asyncio
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.artifact import write_artifact
from models.shelf import point
from offers.database import connect
from people.secret import References
from serving import keys, told
from serving.answering import answer_together
from serving.bundle import load_bundle
from serving.calls import CALLS
from serving.front import Front
from serving.gate import OnlineGate
from serving.grouped import Grouped
from serving.holders import Holders
from serving.impressions import ImpressionLog
from serving.keyring import KeyRing
from serving.limiter import Limiter
from serving.metrics import Metrics
from serving.parts import Parts
from serving.persons import Persons
from serving.shelves import Shelves
from serving.standing import Standing
from serving.tables import prepare
from serving.taken import MOST_TOGETHER, take_together
from serving.turn import Turn
from serving.visits import Visits
from settings import Settings
from tests.models import checkerboard
from tests.offers.token_world import SIGNER
from tests.serving.fakes import NOW, PRODUCTS, CountingOnline, MemoryDesk, known, offer, stock


def write_lake(lake: Path) -> None:
    """The checkerboard's products, even ones food, odd ones drinks, the last without a price; stores in New York and Shanghai."""
    lake.mkdir(parents=True)
    ids = PRODUCTS
    table = {
        "product_id": ids,
        "name": [f"Product {i}" for i in range(len(ids))],
        "name_zh": [f"商品{i}" if i else None for i in range(len(ids))],
        "category": ["food" if i % 2 == 0 else "drink" for i in range(len(ids))],
        "price_cents": [100 * (i + 1) for i in range(len(ids) - 1)] + [None],
    }
    pq.write_table(pa.table(table), lake / "products.parquet")
    stores = {"store_id": ["s0", "s1"], "timezone": ["America/New_York", "Asia/Shanghai"]}
    pq.write_table(pa.table(stores), lake / "stores.parquet")


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a promoted checkerboard artifact, a lake and an empty ledger. Read only: `parts` copies the ledger."""
    folder = tmp_path_factory.mktemp("home")
    artifact = write_artifact(folder / "artifacts", "ranker", checkerboard.arrays(), checkerboard.manifest())
    point(folder / "artifacts", "ranker", artifact.version)
    write_lake(folder / "lake")
    engine = connect(f"sqlite:///{folder / 'ledger.db'}")
    prepare(engine)
    engine.dispose()
    return folder


@dataclass
class World:
    """The front over memory, with one key of each scope."""

    parts: Parts
    online: CountingOnline
    desk: MemoryDesk
    front: Front
    secrets: dict[str, str]

    def ask(self, method: str, path: str, scope: str | None = None, **more: Any) -> httpx.Response:
        """One request; `scope` chooses the key."""
        headers = {**more.pop("headers", {})}
        if scope is not None:
            headers["Authorization"] = f"Bearer {self.secrets[scope]}"

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.front)
            async with httpx.AsyncClient(transport=transport, base_url="http://daypart") as client:
                return await client.request(method, path, headers=headers, **more)

        return asyncio.run(send())

    def rank(self, **body: Any) -> dict[str, Any]:
        """The answer to a recommendation that must succeed."""
        answer = self.ask("POST", "/v1/recommendations", "app", json={"user_id": "u00", **body})
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def world(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    # A machine that stands still for a moment is no ledger that is away.
    monkeypatch.setattr(told, "PATIENCE_S", 2.0)
    shutil.copy(home / "ledger.db", tmp_path / "ledger.db")
    settings = Settings(home=tmp_path)
    engine = connect(settings.ledger_url)
    online = CountingOnline(
        {"u00": known(checkerboard.history(0), {"segment": "regular", "n_orders": np.int64(8)})},
        {"s0": stock(("p00", 450, 3), ("p02", 500, None), ("p04", 0, 5), ("p06", 600, 0), ("gone", 100, 1))},
    )
    desk, bundle = MemoryDesk(offer("ABCD")), load_bundle(Settings(home=home))
    impressions, pool, gate = ImpressionLog(tmp_path), ThreadPoolExecutor(2), OnlineGate(online, time.monotonic)
    parts = Parts(
        settings=settings,
        bundle=bundle,
        shelves=Shelves(bundle),
        online=online,
        gate=gate,
        visits=Visits(online, bundle.zones, settings.history_limit, gate.lost),
        desk=desk,
        signer=SIGNER,
        engine=engine,
        keys=KeyRing(engine, time.monotonic),
        impressions=impressions,
        metrics=Metrics(),
        pool=pool,
        persons=Persons(engine, References(settings.identity_secret), time.monotonic),
        standing=Standing(
            engine, References(settings.identity_secret), settings.consent_default, time.monotonic, online.forget
        ),
        clock=lambda: NOW,
        limiter=Limiter({}, None, time.monotonic),
        # The desk's coupons aren't in the engine: with this clock no look is ever fresh, so everybody is asked about.
        holders=Holders(engine, lambda: NOW, count().__next__),
        intake=Grouped(take_together, MOST_TOGETHER),
        turn=Turn(answer_together, 16),
    )
    front = Front(CALLS, "1")
    front.parts = parts
    secrets = {scope: keys.create(engine, scope, NOW) for scope in keys.SCOPES}
    secrets["pos-s0"] = keys.create(engine, "pos", NOW, store_id="s0")
    yield World(parts, online, desk, front, secrets)
    pool.shutdown()
    parts.intake.close()
    impressions.close()
    engine.dispose()
