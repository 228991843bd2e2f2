"""The plain peer ranks what it is asked for; the empty service does nothing."""

import asyncio

import httpx
import numpy as np
import pytest

from bench.empty_service import empty
from bench.peer_service import app_of
from models.ranker import Ranker
from serving.catalogue import Catalogue
from tests.models import checkerboard


class Feast:
    """A feature store that knows one user."""

    def get_online_features(self, features, entity_rows):
        self.asked, self.known = features, entity_rows[0]["user_id"] == "ann"
        return self

    def to_dict(self):
        bought = (["p00", "p02", "sold no more"], [9.0, 4.0, 1.0]) if self.known else (None, None)
        return {"user_id": ["ann"], "product_ids": [bought[0]], "counts": [bought[1]]}


@pytest.fixture(scope="module")
def app():
    arrays = checkerboard.form_arrays()
    arrays["als_factors"].flags.writeable = False  # as those of an artifact are
    ranker = Ranker.from_arrays(arrays, checkerboard.form_parameters())
    n = len(ranker.product_ids)
    catalogue = Catalogue.__new__(Catalogue)
    for name, value in {"price_cents": np.arange(n)}.items():
        object.__setattr__(catalogue, name, value)
    object.__setattr__(catalogue, "names_for", lambda wanted: [f"a {name}" for name in ranker.product_ids.ids])
    return app_of(Feast(), ranker, catalogue)


def ask(app, **body):
    async def asked():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://peer") as client:
            return await client.post("/v1/recommendations", json=body)

    return asyncio.run(asked())


def test_even_users_get_even_products(app):
    items = ask(app, user_id="ann", limit=4, context={"store_id": "s0"}).json()["items"]
    assert [item["rank"] for item in items] == [1, 2, 3, 4]
    assert all(int(item["product_id"][1:]) % 2 == 0 for item in items)
    assert items[0]["name"] == f"a {items[0]['product_id']}"
    assert [item["score"] for item in items] == sorted((item["score"] for item in items), reverse=True)


def test_a_stranger_is_answered_too(app):
    assert len(ask(app, user_id="who", limit=3).json()["items"]) == 3


def test_the_empty_route_reads_and_answers():
    sent, pieces = [], [{"more_body": True}, {"more_body": False}]

    async def receive():
        return pieces.pop(0)

    async def send(message):
        sent.append(message)

    asyncio.run(empty({}, receive, send))
    assert pieces == []
    assert (sent[0]["status"], sent[1]["body"]) == (200, b"{}")
