"""Known, then slow enough, then allowed: in that order."""

import asyncio

import pytest

from serving.admission import admitted
from serving.calls import CALLS
from serving.limiter import Limiter
from serving.problems import Problem
from serving.rate import Rate
from tests.serving.fakes import NOW

RECOMMENDATIONS = next(call for call in CALLS if call.name == "recommendations")


def test_the_key_of_the_request_is_let_in(world):
    headers = {"authorization": f"Bearer {world.secrets['app']}"}
    assert asyncio.run(admitted(world.parts, RECOMMENDATIONS, headers, NOW)).scope == "app"


def test_an_unknown_key_spends_nothing_and_opens_nothing(world):
    with pytest.raises(Problem) as caught:
        asyncio.run(admitted(world.parts, RECOMMENDATIONS, {"authorization": "Bearer dp_app_x"}, NOW))
    assert caught.value.status == 401


def test_a_stolen_key_that_tries_every_door_is_slowed_down_as_well(world):
    world.parts.limiter = Limiter({"app": Rate(per_s=1, burst=2)}, None, lambda: 0.0)
    statuses = [world.ask("GET", path, "app").status_code for path in ("/v1/offers/due", "/v1/campaigns/usual")]
    answer = world.ask("POST", "/v1/recommendations", "app", json={"user_id": "u00"})
    world.parts.limiter.close()
    assert statuses == [403, 403]
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (429, "rate_limited", "1")
    assert "1 times a second, 2 at once" in answer.json()["detail"]
    assert world.ask("GET", "/v1/openapi.json").status_code == 200
