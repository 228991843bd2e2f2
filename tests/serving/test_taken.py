from serving import taken
from serving.calls import CALLS
from serving.inbox import pending

BOUGHT = {"event_type": "purchase", "occurred_at": "2026-03-02T13:00:00Z", "user_id": "new", "product_id": "p01"}


def send(world, *rows, scope="app"):
    return world.ask("POST", "/v1/events", scope, json={"events": list(rows)})


def test_good_events_are_kept_and_bad_ones_named(world):
    answer = send(world, BOUGHT, {**BOUGHT, "event_type": "theft"}, {**BOUGHT, "event_id": "e1"})
    assert answer.status_code == 202
    body = answer.json()
    assert (body["accepted"], body["duplicates"]) == (2, 0)
    assert [(r["index"], r["code"]) for r in body["rejected"]] == [(1, "invalid_field")]
    assert len(pending(world.parts.engine, 10)) == 2


def test_sending_again_adds_nothing(world):
    send(world, BOUGHT)
    body = send(world, BOUGHT, BOUGHT, {**BOUGHT, "order_id": "2"}).json()
    assert (body["accepted"], body["duplicates"]) == (1, 2)


def test_a_purchase_at_the_till_changes_the_next_answer(world):
    before = world.rank(user_id="new", limit=6)
    assert before["meta"]["fallback"] == "cold_start"
    assert send(world, BOUGHT, {**BOUGHT, "product_id": "p03"}, scope="pos").json()["accepted"] == 2
    after = world.rank(user_id="new", limit=6)
    assert after["meta"]["fallback"] is None
    assert {int(item["product_id"][1:]) % 2 for item in after["items"]} == {1}
    assert before["items"] != after["items"]


def test_a_duplicate_is_not_a_second_visit(world):
    send(world, BOUGHT)
    n_reads = world.online.n_reads
    send(world, BOUGHT)
    assert world.online.users["new"].history.counts.tolist() == [1.0]
    assert world.online.n_reads == n_reads


def test_events_are_durable_although_the_online_store_is_down(world):
    world.online.down = True
    assert send(world, BOUGHT).json()["accepted"] == 1
    assert [record["user_id"] for _, record in pending(world.parts.engine, 10)] == ["new"]


def test_a_bound_till_speaks_for_its_store(world):
    assert (
        send(world, BOUGHT, {**BOUGHT, "store_id": "s1"}, scope="pos-s0").json()["rejected"][0]["code"] == "other_store"
    )
    assert [record["store_id"] for _, record in pending(world.parts.engine, 10)] == ["s0"]


def test_the_table_leads_here():
    assert {call.name for call in CALLS if call.handler is taken.events} == {"events"}


def test_nothing_sent_is_nothing_taken(world):
    assert send(world).json() == {"accepted": 0, "duplicates": 0, "rejected": []}


def test_more_than_a_thousand_is_refused_whole(world):
    answer = send(world, *([BOUGHT] * 1001))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/events")
    assert pending(world.parts.engine, 10) == []


def test_a_ledger_that_is_gone_is_never_a_202(world):
    from serving.tables import EVENT_INBOX

    world.rank()  # the key is known from now on
    EVENT_INBOX.drop(world.parts.engine)
    answer = send(world, BOUGHT)
    assert (answer.status_code, answer.json()["code"]) == (503, "ledger_unavailable")
    assert "new" not in world.online.users


def test_outcomes_are_counted(world):
    send(world, BOUGHT, BOUGHT, {})
    text = world.ask("GET", "/metrics").text
    for outcome in ("accepted", "duplicates", "rejected"):
        assert f'daypart_events_total{{outcome="{outcome}"}} 1.0' in text
