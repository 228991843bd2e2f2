import asyncio
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from serving import taken
from serving.calls import CALLS
from serving.inbox import mark_absorbed, pending
from tests.serving.fakes import NOW

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


def test_another_event_under_a_taken_id_is_named_and_the_first_stays(world):
    squat = {**BOUGHT, "event_id": "till436-000001", "user_id": None}
    assert send(world, squat, scope="pos-s0").json()["accepted"] == 1
    true = {**BOUGHT, "event_id": "till436-000001", "store_id": "s1"}
    body = send(world, {**BOUGHT, "event_type": "theft"}, true, squat, scope="pos").json()
    assert (body["accepted"], body["duplicates"]) == (0, 0)
    assert [(r["index"], r["code"]) for r in body["rejected"]] == [
        (0, "invalid_field"), (1, "conflicting_duplicate"), (2, "conflicting_duplicate"),
    ]  # fmt: skip
    assert send(world, squat, scope="pos-s0").json() == {"accepted": 0, "duplicates": 1, "rejected": []}
    assert send(world, {**true, "event_id": "till436-000002"}).json()["accepted"] == 1
    assert [record["store_id"] for _, record in pending(world.parts.engine, 10)] == ["s0", "s1"]


def test_two_events_of_one_batch_under_one_id_are_not_one(world):
    rows = [{**BOUGHT, "event_id": "e1", "product_id": product} for product in ("p01", "p03", "p01")]
    body = send(world, *rows).json()
    assert (body["accepted"], body["duplicates"]) == (1, 1)
    assert [(r["index"], r["code"]) for r in body["rejected"]] == [(1, "conflicting_duplicate")]
    assert world.online.users["new"].history.product_ids == ("p01",)


def test_what_clashes_is_not_also_adjusted(world):
    ahead = {**BOUGHT, "event_id": "e1", "occurred_at": (NOW + timedelta(hours=2)).isoformat()}
    assert [a["index"] for a in send(world, ahead).json()["adjusted"]] == [0]
    again = send(world, ahead).json()
    assert (again["duplicates"], again["rejected"], len(again["adjusted"])) == (1, [], 1)
    other = send(world, {**ahead, "order_id": "2"}).json()
    assert [r["code"] for r in other["rejected"]] == ["conflicting_duplicate"]
    assert "adjusted" not in other


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


def together(world, *batches):
    """Requests that arrive in one turn of the loop."""

    async def send_all():
        transport = httpx.ASGITransport(app=world.front)
        headers = {"Authorization": f"Bearer {world.secrets['pos']}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://daypart", headers=headers) as client:
            asks = (client.post("/v1/events", json={"events": rows}) for rows in batches)
            return [answer.json() for answer in await asyncio.gather(*asks)]

    return asyncio.run(send_all())


def test_requests_that_come_together_are_answered_each_for_itself(world):
    one, two, three = ({**BOUGHT, "event_id": f"e{n}"} for n in range(3))
    bad = {**BOUGHT, "event_type": "theft"}
    answers = together(world, [one, bad, two], [two, three], [one, one, two], [bad])
    told = [(a["accepted"], a["duplicates"], [r["index"] for r in a["rejected"]]) for a in answers]
    assert sum(accepted for accepted, _, _ in told) == 3
    assert [accepted + known for accepted, known, _ in told] == [2, 2, 3, 0]
    assert [places for _, _, places in told] == [[1], [], [], [0]]
    # Whose turn comes first among those who come together is nobody's promise.
    assert sorted(record["event_id"] for _, record in pending(world.parts.engine, 10)) == ["e0", "e1", "e2"]
    assert world.online.users["new"].history.counts.tolist() == [1.0]


def test_a_start_shows_what_was_taken_and_not_shown(world):
    world.online.down = True
    send(world, BOUGHT)
    world.online.down = False
    assert "new" not in world.online.users
    taken.show_again(world.parts)
    first = world.online.users["new"]
    assert first.history.product_ids == ("p01",)
    taken.show_again(world.parts)
    again = world.online.users["new"].history
    assert (again.counts.tolist(), again.n_visits) == ([1.0], 1)


@pytest.mark.parametrize(("since_s", "shown"), [(1800, True), (1799, False)])
def test_what_was_taken_before_that_moment_is_left_alone(world, since_s, shown):
    world.online.down = True
    send(world, BOUGHT)
    world.online.down = False
    late = replace(world.parts, clock=lambda: NOW + timedelta(minutes=30))
    taken.show_again(late, late.clock() - timedelta(seconds=since_s))
    assert ("new" in world.online.users) == shown


def test_a_start_shows_nothing_that_features_know_already(world):
    world.online.down = True
    send(world, BOUGHT)
    world.online.down = False
    mark_absorbed(world.parts.engine, [number for number, _ in pending(world.parts.engine, 10)], NOW)
    taken.show_again(world.parts)
    assert "new" not in world.online.users


def test_a_start_leaves_alone_what_may_have_been_taken_back(world):
    send(world, BOUGHT, {**BOUGHT, "product_id": "p03"}, {**BOUGHT, "user_id": "eva", "order_id": "7"})
    send(world, {**BOUGHT, "event_type": "refund"}, {**BOUGHT, "event_type": "void", "user_id": None, "order_id": "7"})
    world.online.users.clear()
    taken.show_again(world.parts)
    assert set(world.online.users) == {"new"}
    assert world.online.users["new"].history.product_ids == ("p03",)
