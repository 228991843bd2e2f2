"""What is counted is a whole answer of a world that says the same each time; what valgrind says is read or refused."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import msgspec
import numpy as np
import pytest
import uvloop

from bench import answer_counts
from bench.answer_counts import AT_ONCE, LIMIT, OURS, SIDES, do, front_in
from bench.answer_ranker import ranker
from bench.answer_world import N_PRODUCTS, told_again
from bench.driven import Driven, driven
from bench.empty_route import empty
from serving.answering import MOST_TOGETHER
from serving.wire import Slate


def bodies(answers):
    return [answer.partition(b"\r\n\r\n")[2] for answer in answers]


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    return front_in(tmp_path_factory.mktemp("home"))


def test_eight_are_answered_in_one_block_as_each_would_be_again(asked, monkeypatch):
    front, requests = asked
    blocks, answer = [], front.parts.turn._answer
    monkeypatch.setattr(front.parts.turn, "_answer", lambda wishes: (blocks.append(len(wishes)), answer(wishes))[1])
    twice = [uvloop.run(driven(front, requests, 1)) for _ in range(2)]
    assert blocks == [AT_ONCE, AT_ONCE]
    assert AT_ONCE <= MOST_TOGETHER
    told = [[msgspec.json.decode(body, type=Slate) for body in bodies(answers)] for answers in twice]
    assert [len(slate.items) for slate in told[0]] == [LIMIT] * AT_ONCE
    # Eight people, eight lists, each the same again.
    lists = [{tuple(item.product_id for item in slate.items) for slate in slates} for slates in told]
    assert lists[0] == lists[1]
    assert len(lists[0]) == AT_ONCE
    assert all(any(item.reasons for item in slate.items) for slate in told[0])
    assert front.parts.impressions.lines[0].count("\n") == LIMIT


def test_all_but_the_scoring_says_what_was_said_once(asked):
    front, requests = asked
    whole = front.parts
    front.parts = told_again(front, requests)
    assert (
        len(set(bodies(uvloop.run(driven(front, requests, 1))) + bodies(uvloop.run(driven(front, requests, 1)))))
        == AT_ONCE
    )
    front.parts = whole


def test_an_empty_route_is_driven_in_the_same_way():
    assert bodies(uvloop.run(driven(empty, [b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"] * 3, 2))) == [b"{}"] * 3


def test_a_round_is_over_when_all_are_answered():
    async def two():
        one = Driven(empty, 2)
        return [await one.round([b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"] * 2) for _ in range(2)]

    assert [len(answers) for answers in uvloop.run(two())] == [2, 2]


def test_every_side_can_be_done_and_one_that_refuses_is_no_count(asked):
    front, requests = asked
    whole = front.parts
    for side in SIDES:
        do(side, front, told_again(front, requests), requests)
    front.parts = whole
    with pytest.raises(SystemExit, match=r"ours: b'HTTP/1\.1 401"):
        do("ours", front, whole, [re.sub(rb"dp_app_\S+", b"dp_app_x", request) for request in requests])


def test_the_ranker_is_the_same_each_time():
    one, two = (ranker(50, "s0", np.random.default_rng(1)) for _ in range(2))
    assert len(one.product_ids) == 50 < N_PRODUCTS
    assert all(np.array_equal(one.parts.arrays[name], two.parts.arrays[name]) for name in one.parts.arrays)


def valgrind_says(monkeypatch, refs, code=0):
    """A run in which each side's child counted so many instructions."""
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/valgrind")
    pids = {side: str(100 + place) for place, side in enumerate(refs)}
    stdout = "".join(f"{pids[side]} {side}\n" for side in refs)
    stderr = "".join(f"=={pids[side]}== I   refs:      {n:,}\n" for side, n in refs.items() if n)
    monkeypatch.setattr(
        subprocess,
        "run",
        lambda *_, **__: subprocess.CompletedProcess([], code, stdout, stderr + "==99== I   refs:  7\n"),
    )


def refs(empty, ours, front):
    n = answer_counts.ROUNDS * AT_ONCE
    return {"idle": 9_000, "empty": 9_000 + n * empty, "ours": 9_000 + n * ours, "front": 9_000 + n * front}


def test_a_fifth_more_beside_the_empty_route_is_a_miss(monkeypatch, tmp_path):
    monkeypatch.setattr(answer_counts, "KEPT", tmp_path / "kept.json")
    valgrind_says(monkeypatch, refs(100, 3_000, 900))
    assert answer_counts.main(["keep"]) == 0
    assert list(json.loads(answer_counts.KEPT.read_text("utf-8")).values()) == [30.0, 9.0]
    for told, met in (
        ((100, 3_600, 1_080), (True, True)),
        ((100, 3_601, 1_080), (False, True)),
        ((100, 3_600, 1_081), (True, False)),
        ((200, 7_200, 2_160), (True, True)),
    ):
        valgrind_says(monkeypatch, refs(*told))
        assert tuple(row["met"] for row in answer_counts.rows()) == met
    assert answer_counts.main([]) == 2


def test_what_valgrind_says_is_read_or_refused(monkeypatch):
    valgrind_says(monkeypatch, refs(1, 2, 3))
    assert list(answer_counts.counts().values()) == [(2, 1), (3, 1)]
    for told, code in ((refs(1, 2, 3) | {"front": 0}, 0), (refs(1, 2, 3), 1)):
        valgrind_says(monkeypatch, told, code)
        with pytest.raises(SystemExit, match="no count of an answer"):
            answer_counts.counts()
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(SystemExit, match="install the package valgrind"):
        answer_counts.counts()


def test_every_side_of_ours_has_a_ratio_kept():
    assert list(json.loads(answer_counts.KEPT.read_text("utf-8"))) == list(OURS.values())
