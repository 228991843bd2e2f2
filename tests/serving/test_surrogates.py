"""Half a surrogate pair costs its own event and no other."""

import json

import pytest

from serving.surrogates import without_halves

GOOD = {"event_type": "view", "occurred_at": "2026-03-02T13:00:00Z", "product_id": "p00"}


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (r'"a\ud83d"', r'"a\ufffd"'),
        (r'"\uDE00a"', r'"\ufffda"'),
        (r'"\ud83d\ude00"', r'"\ud83d\ude00"'),
        (r'"\ud83d\ud83d\ude00"', r'"\ufffd\ud83d\ude00"'),
        (r'"\ude00\ud83d"', r'"\ufffd\ufffd"'),
        (r'"\\ud83d"', r'"\\ud83d"'),
        (r'"\\\ud83d"', r'"\\\ufffd"'),
        (r'"\n\u00e9\ud7ff\ue000"', r'"\n\u00e9\ud7ff\ue000"'),
        ('"é\\', '"é\\'),
    ],
)
def test_halves_alone_are_lost_letters(text, whole):
    assert without_halves(text.encode()).decode() == whole


@pytest.mark.parametrize("name", ["user_id", "order_id", "event_type", "occurred_at", "store_id\ud83d"])
@pytest.mark.parametrize("half", ["a\ud83d", "\ude00", "\\\udc00"])
def test_one_event_with_half_a_letter_leaves_its_neighbours(world, name, half):
    events = [GOOD, {**GOOD, name: half}, {**GOOD, "event_id": "☕", "product_id": "p01"}]
    answer = world.ask(
        "POST",
        "/v1/events",
        "pos",
        content=json.dumps({"events": events}),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 202, answer.text
    taken = answer.json()
    assert (taken["accepted"], [one["index"] for one in taken["rejected"]]) == (2, [1])
    assert taken["rejected"][0]["code"] in ("invalid_field", "unknown_field")


def test_a_list_that_is_none_is_still_refused_whole(world):
    for content in (r'{"events": "\ud83d"}', r'{"events": [], "\ud83d": 1}', '{"events": ["\\ud83d", NaN]}'):
        answer = world.ask("POST", "/v1/events", "pos", content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400
