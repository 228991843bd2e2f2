"""A serving process in which Feast and what it carries can't be imported starts, and answers every kind of call."""

import json

import pytest

from tests.flow import served_home
from tests.house.rooms import ROOT
from tests.house.wall import BLOCKED, run_walled

CALLS = """
import asyncio, json, os
from datetime import UTC, datetime, timedelta
from pathlib import Path
import httpx
from serving.calls import CALLS
from serving.front import Front
from serving.handed import settings_from
from serving.launch import _environment
from serving.opening import open_parts, warm_up
from serving.preflight import preflight
from settings import Settings

secrets, now = json.loads(os.environ["SECRETS"]), datetime.now(UTC)
LINES = [{"product_id": "latte", "unit_price_cents": 450}]
SALE = {"store_id": "soho", "order_id": "o1", "lines": LINES}
BOUGHT = {"event_type": "purchase", "occurred_at": now.isoformat(), "user_id": "eve", "product_id": "tea", "store_id": "soho"}

async def walk(front):
    transport = httpx.ASGITransport(app=front)
    async with httpx.AsyncClient(transport=transport, base_url="http://daypart") as client:
        async def ask(method, path, scope, **more):
            headers = {"Authorization": f"Bearer {secrets[scope]}", **more.pop("headers", {})}
            answer = await client.request(method, f"/v1{path}", headers=headers, **more)
            assert answer.status_code < 300, (path, answer.text)
            return answer.json()
        window = {"from": (now - timedelta(days=1)).isoformat(), "to": now.isoformat()}
        (offer,) = (await ask("GET", "/offers/due", "scheduler", params=window))["offers"]
        await ask("POST", f"/offers/{offer['offer_id']}/delivered", "scheduler")
        slate = await ask("POST", "/recommendations", "app", json={"user_id": "ann", "context": {"store_id": "soho"}})
        assert not slate["meta"]["degraded"], slate
        await ask("GET", "/users/ann/offers", "app")
        code = offer["coupon_code"]
        await ask("POST", f"/coupons/{code}/validate", "pos", json=SALE)
        for number, act in enumerate(("hold", "release", "redeem", "reverse")):
            await ask("POST", f"/coupons/{code}/{act}", "pos", json=SALE, headers={"Idempotency-Key": str(number)})
        await ask("POST", "/events", "pos", json={"events": [BOUGHT]})
        assert (await ask("GET", "/users/eve", "admin"))["n_visits"] == 1
        assert (await ask("GET", "/users/ann", "admin"))["profile"]["favourite_weekday"] == 0
        assert (await ask("GET", "/users/ann/export", "admin"))["user_id"] == "ann"
        await ask("GET", "/campaigns/c", "analyst")
        await ask("DELETE", "/users/ann", "admin")
        for path in ("/metrics", "/v1/openapi.json"):
            assert (await client.get(path)).status_code == 200

settings = Settings(home=Path(os.environ["PLACE"]), campaigns=Path(os.environ["PLACE"]) / "campaigns")
with preflight(settings), open_parts(settings_from(_environment(settings))) as parts:
    warm_up(parts)
    front = Front(CALLS, "1")
    front.parts = parts
    asyncio.run(walk(front))
found = ({name.split(".")[0] for name in sys.modules} | set(sys.modules)) & FORBIDDEN
assert not found, found
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    home = tmp_path_factory.mktemp("served")
    return home, served_home.fill(home)


def test_every_kind_of_call_is_answered(place):
    home, secrets = place
    # Arrow's own machinery for many files weighs 40 MiB.
    body = CALLS.replace("FORBIDDEN", repr({*BLOCKED, "pyarrow.dataset"}))
    answer = run_walled(ROOT, ["serving.service"], body, SECRETS=json.dumps(secrets), PLACE=str(home))
    assert answer.stdout.strip().endswith("light"), answer.stderr[-3000:]
