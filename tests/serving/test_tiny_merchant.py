"""A merchant who has just begun, from the first file to the answer: what sells there and then, own habits on top."""

import asyncio
from datetime import datetime, timedelta

import httpx
import numpy as np
import pytest

from embedded import lease_online_store
from river import steps
from serving import keys, opening
from serving.calls import CALLS
from serving.front import Front
from serving.opening import open_parts
from settings import Settings
from tests.training import market, tiny
from training import gate
from training.train import train

MORNING, EVENING = (datetime(2025, 9, 8, hour, tzinfo=tiny.START.tzinfo) for hour in (6, 16))


@pytest.fixture(scope="module")
def merchant(tmp_path_factory):
    """(ask, report, promotion): POST to the service over the merchant's own artifact, features and tables."""
    settings = Settings(home=tmp_path_factory.mktemp("tiny"))
    tiny.fill(settings.lake)
    with lease_online_store(settings):
        steps.refresh_features(settings, tiny.END, tiny.END, market.silent)
        report = train(settings)
        promotion = gate.promote(settings, now=tiny.END)
        shown: list[object] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(opening, "show_again", shown.append)
            with open_parts(settings) as parts:
                # What was sold while the online store or the service was away is shown by whoever begins.
                assert shown == [parts]
        with open_parts(settings) as parts:
            front = Front(CALLS, "1")
            front.parts = parts
            secrets = {
                scope: keys.create(parts.engine, scope, datetime.now(tiny.START.tzinfo)) for scope in ("app", "pos")
            }

            async def send(path, scope, body):
                transport = httpx.ASGITransport(app=front)
                async with httpx.AsyncClient(transport=transport, base_url="http://daypart") as client:
                    bearer = {"Authorization": f"Bearer {secrets[scope]}"}
                    return await client.post(f"/v1{path}", json=body, headers=bearer)

            def ask(path, scope, body):
                answer = asyncio.run(send(path, scope, body))
                assert answer.status_code in (200, 202), answer.text
                return answer.json()

            yield ask, report, promotion


def ranked(merchant, user, store=None, at=MORNING, **more):
    context = {"local_time": at.isoformat()} | ({"store_id": store} if store else {})
    answer = merchant[0]("/recommendations", "app", {"user_id": user, "context": context, "dry_run": True, **more})
    scores = [item["score"] for item in answer["items"]]
    assert np.isfinite(scores).all()
    assert all(0 < score < 1 for score in scores)
    return [item["product_id"] for item in answer["items"]], answer["meta"], answer["items"]


@pytest.mark.parametrize(
    ("store", "at", "best"),
    [
        ("station", MORNING, "coffee"), ("station", EVENING, "soup"), ("park", MORNING, "tea"), ("park", EVENING, "tea"),
        ("harbour", MORNING, "bread"),
    ],
)  # fmt: skip
def test_a_newcomer_sees_what_sells_there_and_then(merchant, store, at, best):
    products, meta, _ = ranked(merchant, "newcomer", store, at)
    assert products[0] == best
    assert (meta["fallback"], meta["degraded"]) == ("cold_start", False)


def test_somebody_who_comes_back_sees_their_own_first(merchant):
    for user, store, own in (("ada", "station", "oat_latte"), ("ada", None, "oat_latte"), ("park1", "park", "tea")):
        products, meta, items = ranked(merchant, user, store)
        assert products[0] == own
        assert meta["fallback"] is None
        assert "bought_before" in {reason["code"] for reason in items[0]["reasons"]}


def test_a_product_never_sold_has_its_place_at_the_end(merchant):
    products, _, items = ranked(merchant, "newcomer")
    assert products[-1] in tiny.UNSOLD
    assert "new_product" in {reason["code"] for reason in items[-1]["reasons"]}
    assert not set(ranked(merchant, "newcomer", filter={"novelty": 0})[0][:9]) & set(tiny.UNSOLD)


def test_the_first_purchase_of_a_newcomer_changes_the_next_answer(merchant):
    before, meta, _ = ranked(merchant, "first", "harbour")
    assert (before, meta["fallback"]) == (["bread", "butter"], "cold_start")
    bought = {"event_type": "purchase", "user_id": "first", "product_id": "butter", "store_id": "harbour"}
    told = merchant[0](
        "/events", "pos", {"events": [{**bought, "occurred_at": (MORNING - timedelta(hours=1)).isoformat()}]}
    )
    assert told["accepted"] == 1
    after, meta, _ = ranked(merchant, "first", "harbour")
    assert (after, meta["fallback"]) == (["butter", "bread"], None)


def test_the_run_and_the_gate_say_what_they_had_to_go_by(merchant):
    _, report, promotion = merchant
    assert any("too few repeat or new purchases" in note for note in report.notes)
    assert promotion.promoted
    assert "fewer than 20 users to compare it on" in promotion.reason
