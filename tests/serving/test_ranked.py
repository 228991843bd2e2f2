import asyncio
import csv
import time

import pytest

from embedded.filled import WHOLE, Filled
from serving import ledger_gate, ranked, told
from serving.answering import Wish, answer_together
from serving.impressions import finished
from serving.wire import RecommendationAsk
from tests.serving.fakes import NOW


def shown(answer):
    return [item["product_id"] for item in answer["items"]]


def test_the_whole_answer_has_the_promised_shape(world):
    answer = world.rank(context={"store_id": "s0", "channel": "app", "local_time": "2026-03-02T08:30:00-05:00"})
    assert set(answer) == {"recommendation_id", "items", "meta"}
    assert set(answer["meta"]) == {"model_version", "feature_age_s", "degraded", "fallback", "warnings"}
    first = answer["items"][0]
    assert set(first) - {"offer"} == {"product_id", "name", "rank", "score", "price_cents", "reasons"}
    assert all(set(reason) == {"code", "detail"} for reason in first["reasons"])
    assert answer["meta"] == {
        "model_version": world.parts.bundle.version, "feature_age_s": 0.0, "degraded": False, "fallback": None,
        "warnings": [],
    }  # fmt: skip


def test_only_what_the_store_has_is_shown(world):
    # p06 is out of stock there and "gone" was never trained on.
    assert sorted(shown(world.rank(context={"store_id": "s0"}))) == ["p00", "p02", "p04"]


def test_the_persons_coupon_stands_at_its_product(world):
    items = world.rank(context={"store_id": "s0"})["items"]
    offers = {item["product_id"]: item.get("offer") for item in items}
    assert offers["p00"]["coupon_code"] == "ABCD"
    assert offers["p02"] is None


def test_nobody_known_gets_a_cold_start(world):
    for who in ({"user_id": "nobody"}, {"user_id": None, "anonymous_id": "device-1"}):
        answer = world.rank(**who)
        assert len(answer["items"]) == 10
        assert (answer["meta"]["fallback"], answer["meta"]["degraded"]) == ("cold_start", False)
        assert answer["meta"]["feature_age_s"] is None


def test_one_of_the_two_ids_is_needed(world):
    answer = world.ask("POST", "/v1/recommendations", "app", json={})
    assert (answer.status_code, answer.json()["code"]) == (400, "missing_user")


def test_an_empty_list_is_an_answer(world):
    answer = world.rank(filter={"include": ["nothing"], "categories": ["none"]})
    assert answer["items"] == []
    assert answer["meta"]["warnings"] == ["unknown_product", "unknown_category", "empty_list"]
    assert world.rank(context={"store_id": "s0", "cart": ["p00", "p02", "p04"]})["meta"]["warnings"] == ["empty_list"]


def test_without_the_online_store_popularity_answers(world):
    world.online.down = True
    answer = world.rank(context={"store_id": "s0"})
    assert len(answer["items"]) == 10
    meta = answer["meta"]
    assert (meta["degraded"], meta["fallback"], meta["warnings"]) == (True, "popularity", ["no_assortment"])
    assert 'fallback="popularity"} 1.0' in world.ask("GET", "/metrics").text


def test_without_the_ledger_the_list_comes_without_coupons(world, monkeypatch):
    world.desk.down = True
    answer = world.rank(context={"store_id": "s0"})
    assert len(answer["items"]) == 3
    assert answer["meta"]["warnings"] == ["offers_unavailable"]
    world.desk.down, world.desk.slow_s = False, 0.3
    # It failed a moment ago, so nobody waits for it; then one asks, and waits for so long at most.
    assert world.rank()["meta"]["warnings"] == ["offers_unavailable"]
    monkeypatch.setattr(ledger_gate, "CLOSED_S", 0.0)
    monkeypatch.setattr(told, "PATIENCE_S", 0.05)
    assert world.rank()["meta"]["warnings"] == ["offers_unavailable"]


def test_names_follow_locale_and_accept_language(world):
    def names(header="", **context):
        headers = {"Accept-Language": header} if header else {}
        body = {"user_id": "u00", "context": context}
        answer = world.ask("POST", "/v1/recommendations", "app", json=body, headers=headers)
        return {item["name"] for item in answer.json()["items"] if item["product_id"] != "p00"}

    assert all(name.startswith("商品") for name in names(locale="zh_CN"))
    assert all(name.startswith("商品") for name in names("zh-TW,en;q=0.5"))
    assert all(name.startswith("Product") for name in names("zh", locale="en"))
    assert all(name.startswith("Product") for name in names())


def test_the_hour_of_the_store_matters(world):
    # The checkerboard's s0 sells even products in the morning and in the evening only.
    def even_share(local_time):
        answer = world.rank(user_id="nobody", limit=8, context={"store_id": "s1", "local_time": local_time})
        return sum(int(name[1:]) % 2 == 0 for name in shown(answer))

    assert even_share("2026-03-02T08:00:00+08:00") < even_share("2026-03-02T13:00:00+08:00")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1989-12-31T23:59:59Z"])
def test_a_time_out_of_this_world_is_refused(world, moment):
    body = {"user_id": "u00", "context": {"store_id": "s0", "local_time": moment}}
    answer = world.ask("POST", "/v1/recommendations", "app", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "implausible_time")


def test_impressions_are_written_unless_it_is_a_dry_run(world):
    answer = world.rank(limit=2, context={"store_id": "s0"})
    assert world.rank(limit=2, dry_run=True)["recommendation_id"] != answer["recommendation_id"]
    world.parts.impressions.close()
    (path,) = finished(world.parts.settings.home)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["product_id"] for row in rows] == shown(answer)
    assert {row["recommendation_id"] for row in rows} == {answer["recommendation_id"]}


def test_the_same_question_has_the_same_answer(world):
    ask = RecommendationAsk(user_id="u00", limit=5)
    lists = [answer.slate.items for answer in answer_together([Wish(world.parts, ask, NOW, NOW, ["en"])] * 3)]
    assert lists[0] == lists[1] == lists[2]


def test_the_first_event_of_somebody_unknown_changes_the_next_answer(world):
    def ask():
        # New York at 08:30, where s0 sells even products.
        answer = world.rank(user_id="nobody", limit=17)
        return shown(answer), answer["meta"]["fallback"], {i["product_id"]: i["score"] for i in answer["items"]}

    before, fallback, cold = ask()
    assert fallback == "cold_start"
    event = {"event_type": "purchase", "user_id": "nobody", "product_id": "p07", "occurred_at": NOW.isoformat()}
    assert world.ask("POST", "/v1/events", "pos", json={"events": [event]}).status_code == 202
    after, fallback, warm = ask()
    assert fallback is None
    assert after.index("p07") < before.index("p07")
    odd = [f"p{n:02d}" for n in range(1, 17, 2)]
    assert sum(map(after.index, odd)) < sum(map(before.index, odd)), "odd people buy odd products"
    assert warm["p07"] > cold["p07"]
    assert ask()[0] == after


def test_who_has_too_little_time_left_is_not_read(world, monkeypatch):
    assert world.rank()["meta"]["fallback"] is None
    reads = world.online.n_reads
    # Nobody has ten seconds: the front gives three.
    monkeypatch.setattr(ranked, "READ_S", 10.0)
    assert world.rank()["meta"]["fallback"] == "last_known"
    assert world.online.n_reads == reads


@pytest.mark.parametrize(
    ("n", "over_s", "status"), [(ranked.LEAST, 0.01, 429), (ranked.LEAST, 0.0, 200), (ranked.LEAST - 1, 0.01, 200)]
)
def test_who_would_wait_too_long_behind_many_is_refused_at_once(world, monkeypatch, n, over_s, status):
    monkeypatch.setattr(type(world.parts.turn), "n_waiting", n)
    monkeypatch.setattr(type(world.parts.turn), "wait_s", ranked.TARGET_S + over_s)
    answer = world.ask("POST", "/v1/recommendations", "app", json={"user_id": "u00"})
    assert answer.status_code == status
    if status == 429:
        assert (answer.json()["code"], answer.headers["retry-after"]) == ("too_many_requests", "1")


def test_an_emptied_store_is_told_in_every_answer_of_somebody_and_a_sale_overwrites_nobody(world):
    told = {reason["code"] for item in world.rank()["items"] for reason in item["reasons"]}
    world.online.users, world.online.filled = {}, Filled(False, True)
    for _ in range(2):
        meta = world.rank()["meta"]
        assert (meta["degraded"], meta["fallback"], meta["warnings"]) == (True, "last_known", ["history_incomplete"])
        meta = world.rank(user_id="nobody")["meta"]
        assert (meta["degraded"], meta["fallback"]) == (True, "global_popularity")
        event = {"event_type": "purchase", "user_id": "u00", "product_id": "p00", "occurred_at": NOW.isoformat()}
        assert world.ask("POST", "/v1/events", "pos", json={"events": [event]}).status_code == 202
    assert not world.rank(user_id=None, anonymous_id="device-1")["meta"]["degraded"]
    world.online.filled = WHOLE
    assert world.rank()["meta"]["fallback"] is None
    assert {reason["code"] for item in world.rank()["items"] for reason in item["reasons"]} == told


def test_who_has_less_time_than_reads_take_of_late_is_not_read(world):
    world.rank(context={"store_id": "s0"})
    reads = world.online.n_reads
    world.parts.gate.pace.mean_s = 0.035
    body = {"user_id": "u00", "context": {"store_id": "s0"}}
    for ms, is_read in (("60", False), ("1000", True)):
        answer = world.ask("POST", "/v1/recommendations", "app", json=body, headers={"X-Deadline-Ms": ms})
        assert answer.status_code == 200
        assert (answer.json()["meta"]["fallback"] is None) == is_read
        assert (world.online.n_reads > reads) == is_read


def test_whose_time_is_over_while_others_are_read_has_an_answer_all_the_same(world, monkeypatch):
    assert world.rank()["meta"]["fallback"] is None

    async def long(asked, user_id):
        time.sleep(0.05)  # as a block that reads a slow store does
        await asyncio.sleep(0)
        await asyncio.sleep(1)

    monkeypatch.setattr(ranked, "names_told", long)
    body = {"user_id": "u00"}
    answer = world.ask("POST", "/v1/recommendations", "app", json=body, headers={"X-Deadline-Ms": "30"})
    assert answer.status_code == 200
    assert answer.json()["meta"]["fallback"] == "last_known"
    assert answer.json()["meta"]["warnings"] == ["offers_unavailable", "short_deadline"]
