from datetime import UTC, datetime, timedelta, timezone

import pytest

from feature_repo.events import MAX_AHEAD
from serving.clocks import CODE, MAX_SKEW, ahead, on_our_clock
from serving.inbox import pending
from tests.serving.fakes import NOW

TICK = timedelta(microseconds=1)
BOUGHT = {"event_type": "purchase", "user_id": "new", "product_id": "p01", "store_id": "s0"}


def told(at):
    return {"occurred_at": at.isoformat(), "event_id": "e"}


@pytest.mark.parametrize(
    ("at", "is_ahead"),
    [
        (NOW + MAX_SKEW, False),
        (NOW + MAX_SKEW + TICK, True),
        (NOW + MAX_SKEW - TICK, False),
        (NOW + MAX_SKEW + timedelta(seconds=1), True),
        (NOW + MAX_AHEAD, True),
        (NOW, False),
        (NOW - timedelta(days=400), False),
    ],
)
def test_what_lies_further_ahead_than_clocks_differ_is_of_now(at, is_ahead):
    record = told(at)
    notes = ahead([record], [7], NOW)
    assert [(note.index, note.code) for note in notes] == [(7, CODE)] * is_ahead
    (taken,) = on_our_clock([record], NOW)
    assert taken == (told(NOW) if is_ahead else record)


def test_our_own_clock_may_be_of_any_zone():
    shanghai = NOW.astimezone(timezone(timedelta(hours=8)))
    late = told(NOW + timedelta(hours=3))
    assert on_our_clock([late], shanghai)[0]["occurred_at"] == NOW.isoformat()
    assert ahead([told(NOW)], [0], shanghai) == []


def send(world, at, **more):
    row = {**BOUGHT, "occurred_at": at.isoformat(), **more}
    return world.ask("POST", "/v1/events", "pos", json={"events": [row]}).json()


def test_the_sender_is_told_and_the_event_is_in(world):
    body = send(world, NOW + timedelta(hours=3))
    assert (body["accepted"], body["rejected"]) == (1, [])
    assert [(one["index"], one["code"]) for one in body["adjusted"]] == [(0, "clock_ahead")]
    assert "adjusted" not in send(world, NOW, order_id="2")
    assert [r["occurred_at"] for _, r in pending(world.parts.engine, 10)] == [NOW.isoformat()] * 2
    assert 'daypart_events_total{outcome="clock_ahead"} 1.0' in world.ask("GET", "/metrics").text


def test_sent_again_a_minute_later_it_is_still_the_same_event(world):
    at = NOW + timedelta(hours=3)
    send(world, at)
    world.parts.clock = lambda: NOW + timedelta(minutes=1)
    assert (send(world, at)["accepted"], send(world, at)["duplicates"]) == (0, 1)
    assert len(pending(world.parts.engine, 10)) == 1


def test_a_till_a_day_ahead_hides_no_true_purchase_after_it(world):
    send(world, NOW + timedelta(hours=23))
    assert world.online.users["new"].as_of == NOW
    world.parts.clock = lambda: NOW + timedelta(minutes=10)
    send(world, NOW + timedelta(minutes=10), product_id="p03")
    history = world.online.users["new"].history
    assert (history.product_ids, history.n_visits) == (("p01", "p03"), 1)


def test_what_an_offline_till_sends_late_is_taken_as_told(world):
    at = datetime(2026, 2, 1, 9, tzinfo=UTC)
    assert "adjusted" not in send(world, at)
    assert pending(world.parts.engine, 1)[0][1]["occurred_at"] == at.isoformat()
