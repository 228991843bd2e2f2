"""Several answered together: each as if alone, however its neighbours fare."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import httpx
import msgspec
import pytest

from serving.answering import Wish, answer_together, what_is_known
from serving.wire import Context, Filter, RecommendationAsk
from tests.models import checkerboard
from tests.serving.fakes import NOW, known, not_added


def wish(world, user_id="u00", **more):
    about = {name: more.pop(name) for name in tuple(more) if name in Wish.__struct_fields__}
    if "store_id" in more:
        more["context"] = Context(store_id=more.pop("store_id"))
    ask = RecommendationAsk(user_id=user_id, **more)
    return Wish(**{"parts": world.parts, "ask": ask, "now": NOW, "moment": NOW, "languages": ["en"], **about})


def plain(answer):
    """All of an answer but its id, as it goes out."""
    body = msgspec.json.decode(answer.body)
    assert len(body.pop("recommendation_id")) == 32
    return body


def some(world):
    world.online.users["u01"] = known(checkerboard.history(1), as_of=NOW - timedelta(hours=2))
    return [
        wish(world),
        wish(world, "u01", store_id="s0", limit=2, languages=["zh"]),
        wish(world, "nobody", filter=Filter(include=("nothing",))),
        wish(world, None),
        wish(world, "u01", theirs=("u01", "u00"), moment=NOW + timedelta(hours=6)),
        wish(world, "u00", unasked=["consent_unavailable"]),
    ]


def test_a_block_is_each_alone(world):
    wishes = some(world)
    together = [plain(answer) for answer in answer_together(wishes)]
    assert together == [plain(answer_together([one])[0]) for one in wishes]
    assert [answer["meta"]["fallback"] for answer in together] == [None, None, "cold_start", "cold_start", None, None]
    assert [answer["meta"]["feature_age_s"] for answer in together] == [0, 7200, None, None, 0, 0]
    assert together[5]["meta"]["warnings"] == ["consent_unavailable"]
    assert [answer["meta"]["degraded"] for answer in together] == [False] * 5 + [True]


def test_all_histories_are_one_read(world):
    asked = []
    read = world.online.pasts
    world.online.pasts = lambda user_ids: asked.append(list(user_ids)) or read(user_ids)
    what_is_known(some(world))
    assert asked == [["u00", "u01", "nobody", "u01", "u00", "u00"]]
    assert [len(one.history) > 0 for one in what_is_known([wish(world), wish(world, "nobody")])] == [True, False]
    what_is_known([wish(world, None)])
    assert len(asked) == 2


@pytest.mark.parametrize("whose", ["own", "another worker's"])
def test_what_the_store_did_not_take_is_missing(world, whose):
    if whose == "own":
        not_added(world)
    else:
        world.parts.visits.others_miss = True
    someone, nobody = (plain(answer)["meta"] for answer in answer_together([wish(world), wish(world, None)]))
    assert (someone["degraded"], someone["fallback"], someone["warnings"]) == (True, None, ["history_incomplete"])
    assert (nobody["degraded"], nobody["warnings"]) == (False, []), "a stranger has no purchases to miss"


def test_who_is_in_a_hurry_is_answered_by_what_was_last_known(world):
    def fallbacks(*wishes):
        return [answer.slate.meta.fallback for answer in answer_together(wishes)]

    hurried = wish(world, in_hurry=True)
    assert fallbacks(hurried, wish(world)) == ["global_popularity", None]
    assert fallbacks(hurried, wish(world)) == ["last_known", None]
    reads = world.online.n_reads
    assert fallbacks(hurried, hurried) == ["last_known"] * 2
    assert world.online.n_reads == reads


def test_whoever_lacks_something_for_want_of_time_is_told_so(world):
    def told(**more):
        meta = answer_together([wish(world, in_hurry=True, **more)])[0].slate.meta
        return meta.degraded, meta.warnings

    answer_together([wish(world, store_id="s0")])
    assert told() == (True, ["short_deadline"])
    assert told(store_id="s0") == (True, ["stale_assortment", "short_deadline"])
    assert told(user_id=None, store_id="s0") == (True, ["stale_assortment", "short_deadline"])
    assert told(user_id=None) == (False, []), "nothing had to be asked"
    assert "short_deadline" not in answer_together([wish(world, store_id="s0")])[0].slate.meta.warnings


def test_a_damaged_row_is_one_persons_trouble(world):
    def damaged(user_id):
        if user_id == "torn":
            raise ValueError("history: its arrays are not one row per product")
        return whole(user_id)

    whole, world.online.user = world.online.user, damaged
    one, torn, other = answer_together([wish(world), wish(world, "torn"), wish(world)])
    assert [a.slate.meta.fallback for a in (one, torn, other)] == [None, "global_popularity", None]
    assert [a.slate.meta.degraded for a in (one, torn, other)] == [False, True, False]
    assert len(torn.slate.items) == 10


def test_a_store_that_is_down_has_everybody_answered_by_memory(world):
    answer_together([wish(world)])
    world.online.down = True
    known_one, stranger = answer_together([wish(world), wish(world, "u01", store_id="s0")])
    assert (known_one.slate.meta.fallback, stranger.slate.meta.fallback) == ("last_known", "popularity")
    assert world.parts.gate.is_down


def test_whatever_was_asked_for_in_vain_makes_an_answer_degraded(world):
    def told(**more):
        meta = answer_together([wish(world, None, **more)])[0].slate.meta
        return meta.degraded, meta.fallback, meta.warnings

    assert told(store_id="s0") == (False, "cold_start", [])
    assert told(store_id="nowhere") == (False, "cold_start", ["unknown_store"])
    assert told(unasked=["offers_unavailable"]) == (True, "cold_start", ["offers_unavailable"])
    del world.online.stores["s0"]
    assert told(store_id="s0") == (True, "cold_start", ["stale_assortment"])
    world.online.down = True
    assert told(store_id="s1") == (True, "cold_start", ["no_assortment"])
    assert told() == (True, "cold_start", [])


def test_what_nobody_foresaw_over_http_takes_no_neighbour_down(world, monkeypatch):
    from serving import answering

    whole = answering.slates

    def fails(bundle, questions):
        if any(one.ask.limit == 7 for one in questions):
            raise RuntimeError("seven")
        return whole(bundle, questions)

    monkeypatch.setattr(answering, "slates", fails)

    async def send():
        transport = httpx.ASGITransport(app=world.front)
        headers = {"Authorization": f"Bearer {world.secrets['app']}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://daypart", headers=headers) as client:
            asks = [{"user_id": "u00", "limit": limit} for limit in (5, 6, 7, 8)]
            return await asyncio.gather(*(client.post("/v1/recommendations", json=ask) for ask in asks))

    assert [answer.status_code for answer in asyncio.run(send())] == [200, 200, 500, 200]


def test_each_has_its_share_of_the_time(world):
    for answer in answer_together([wish(world)] * 3):
        assert min(answer.features_s, answer.score_s, answer.encode_s) > 0


@pytest.mark.parametrize("gone", ["turn", "shelves"])
def test_a_reload_makes_a_block_of_its_own(world, gone):
    from serving.reload import with_bundle

    fresh = with_bundle(world.parts, replace(world.parts.bundle, version="next"))
    assert getattr(fresh, gone) is not getattr(world.parts, gone)
