"""Parts fail while people ask and tills sell: nobody gets an error for the online store's or the ledger's sake, nothing that was
accepted is lost, the answers say what they lack, and all is well again without a restart.

`make faults` holds each fault longer (DAYPART__FAULT_SCALE).
"""

import json
import os
import resource
import signal
import socket
import sys
import time
from collections import Counter
from datetime import UTC, datetime

import numpy as np
import pytest

from models.artifact import read_artifact, write_artifact
from models.shelf import CURRENT, current, point
from serving.drain import LAME_S
from serving.launch import take_descriptors
from settings import Settings
from tests.flow.faulted import SCALE, lost, ready, served, until, workers
from tests.models import checkerboard
from tests.suites.app_load import USERS
from tests.suites.odd_clients import OddClients
from tests.suites.open_load import OpenLoad, told

HELD_S = 1.5 * SCALE


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with served(tmp_path_factory.mktemp("faulted"), on_postgres=True) as found:
        yield found


def fallbacks(told):
    return Counter(one.meta["fallback"] for one in told)


def by_memory(told):
    """Answered by what was last known, but for a few whom a worker had not met yet."""
    found = fallbacks(told)
    return found["last_known"] > 0.7 * found.total() and set(found) <= {"last_known", "popularity", "cold_start"}


def well_again(load):
    """Wait until answers lack nothing."""

    def is_well():
        since = time.monotonic() - 0.5
        last = load.tally.between(since)
        return len(last) >= 8 and not any(one.status != 200 or one.meta["degraded"] for one in last)

    return until(is_well, within_s=30)


def whole_histories(load):
    """Whether the last answers rest on rows."""
    last = load.tally.between(time.monotonic() - 0.5)
    return len(last) >= 8 and not any(
        one.meta["fallback"] or "history_incomplete" in one.meta["warnings"] for one in last
    )


def says(load):
    """What the last answers say that they lack."""
    last = load.tally.between(time.monotonic() - 0.5)
    return {(one.meta["degraded"], *one.meta["warnings"]) for one in last}


def everybody_was_asked_about(load):
    """So often that both workers will have heard of each."""
    until(lambda: len(load.tally.told) >= 40 * len(USERS), within_s=30)


def test_a_store_that_is_silent_is_asked_once_a_second_and_not_by_everybody(place):
    load = place.load(events=False)
    well_again(load)
    everybody_was_asked_about(load)
    n_before, began = place.to_store.n_asked, time.monotonic()
    place.to_store.become("silent")
    time.sleep(HELD_S)
    n_asked, held_s = place.to_store.n_asked - n_before, time.monotonic() - began
    held = load.tally.between(began, began + held_s)
    place.to_store.become("whole")
    well_again(load)
    load.finish()
    # Of each of two workers one of who ask, and one look beside them. Where everybody asks it is a read each 50 ms.
    assert 1 <= n_asked <= 2 * 2 * (held_s + 1)
    assert len(held) > 8 * n_asked


def _bought(place, user_id, number):
    """A sale at a till, at once."""
    sale = {
        "event_id": f"{user_id}-{number}-{time.time_ns()}", "event_type": "purchase", "user_id": user_id,
        "product_id": "tea", "store_id": "soho", "quantity": 1, "unit_price_cents": 250,
        "occurred_at": datetime.now(UTC).isoformat(),
    }  # fmt: skip
    answer = place.ask("/v1/events", "pos", {"events": [sale]})
    assert answer.status_code == 202


@pytest.mark.parametrize("mode", ["refused", "silent", "slow", "torn", "loading"])
def test_the_online_store_fails(place, mode):
    load = place.load()
    well_again(load)
    everybody_was_asked_about(load)
    place.to_store.become(mode)
    began = time.monotonic()
    time.sleep(HELD_S)
    place.to_store.become("whole")
    held = load.tally.between(began + 0.3, time.monotonic())
    well_again(load)
    tally = load.finish()
    assert set(tally.statuses()) == {200}
    assert tally.cut == []
    assert len(held) > 10
    assert all(one.meta["degraded"] for one in held)
    assert by_memory(held)
    assert lost(place, tally) == []
    assert set(tally.events) == {202}


def test_the_online_store_is_restarted_empty(place):
    load = place.load(events=False)
    well_again(load)
    everybody_was_asked_about(load)
    kept = {key: place.store.dump(key) for key in place.store.scan_iter()}
    place.store.flushall()
    began = time.monotonic()
    time.sleep(HELD_S)
    held = load.tally.between(began + 0.3, time.monotonic())
    for key, row in kept.items():
        place.store.restore(key, 0, row, replace=True)
    well_again(load)
    tally = load.finish()
    assert (set(tally.statuses()), tally.cut) == ({200}, [])
    assert all(one.meta["degraded"] for one in held)
    assert by_memory(held)


def test_a_store_that_goes_or_is_emptied_while_nobody_asks_is_told_within_seconds(place):
    def stands(up, whole):
        return (place.metric("daypart_online_store_up "), place.metric("daypart_online_store_whole ")) == (up, whole)

    until(lambda: stands(1, 1), within_s=10)
    place.to_store.become("refused")
    until(lambda: stands(0, 1), within_s=10)
    place.to_store.become("whole")
    until(lambda: stands(1, 1), within_s=10)
    kept, n_told = {key: place.store.dump(key) for key in place.store.scan_iter()}, len(place.lines())

    def by_both(words):
        return sum(words in line for line in place.lines()[n_told:]) == 2

    place.store.flushall()
    until(lambda: stands(1, 0) and by_both("online store was emptied"), within_s=10)
    for key, row in kept.items():
        place.store.restore(key, 0, row, replace=True)
    until(lambda: stands(1, 1) and by_both("has everybody's history again"), within_s=10)


def test_tills_sell_while_the_online_store_is_empty_and_nobodys_visits_are_lost(place):
    load = place.load()
    well_again(load)
    everybody_was_asked_about(load)
    before = {user: place.history(user).n_visits for user in USERS}
    n_lines, kept = len(place.lines()), {key: place.store.dump(key) for key in place.store.scan_iter()}
    place.store.flushall()
    began = time.monotonic()
    for number, user in enumerate(USERS):
        _bought(place, user, number)
    stood = {user: place.history(user).n_visits for user in USERS}
    time.sleep(HELD_S)
    held = load.tally.between(began + 0.1, time.monotonic())
    place.follow()
    until(lambda: whole_histories(load), within_s=30)
    # What stores sell comes with the next features run.
    for key, row in kept.items():
        if b"user_id" not in key:
            place.store.restore(key, 0, row, replace=True)
    well_again(load)
    tally = load.finish()
    assert (set(tally.statuses()), set(tally.events), tally.cut) == ({200}, {202}, [])
    assert len(held) > 10
    assert all(one.meta["degraded"] for one in held)
    assert by_memory(held)
    told = [
        line for line in place.lines()[n_lines:] if "was emptied" in line or "history again" in line or "a row" in line
    ]
    # A line at each end, and a worker.
    assert len(told) <= 2 * 2, "\n".join(told)
    assert all(stood[user] >= before[user] > 0 for user in USERS), (before, stood)
    assert all(place.history(user).n_visits >= before[user] for user in USERS)
    assert lost(place, tally) == []


def test_a_caller_with_a_deadline_is_answered_in_time_by_a_store_that_is_slow(place):
    load = place.load(events=False)
    well_again(load)
    everybody_was_asked_about(load)
    place.to_store.become("late")
    # Until it is known to be slow, some may be late.
    time.sleep(1.0)
    statuses, fallbacks = Counter(), Counter()
    for k in range(int(100 * SCALE)):
        body = {"user_id": USERS[k % len(USERS)], "context": {"store_id": "soho"}, "dry_run": True}
        answer = place.ask("/v1/recommendations", "app", body, {"X-Deadline-Ms": "60"})
        statuses[answer.status_code] += 1
        fallbacks[answer.json()["meta"]["fallback"]] += 1
    place.to_store.become("whole")
    well_again(load)
    tally = load.finish()
    assert set(statuses) == {200}
    assert fallbacks["last_known"] > 0.7 * fallbacks.total()
    assert (set(tally.statuses()), tally.cut) == ({200}, [])
    assert [line for line in place.lines() if "online store slow" in line]


def test_the_online_store_is_full(place):
    load = place.load()
    well_again(load)
    place.store.config_set("maxmemory-policy", "noeviction")
    place.store.config_set("maxmemory", 1)
    began, before = time.monotonic(), place.history("bob").last_at_s.max()
    _bought(place, "bob", 0)
    # Both workers say so, whichever of them was told of the sale.
    until(lambda: says(load) == {(True, "history_incomplete")}, within_s=10)
    time.sleep(HELD_S)
    told, is_up = says(load), place.metric("daypart_online_store_up ")
    place.store.config_set("maxmemory", 0)
    held = load.tally.between(began, time.monotonic())
    well_again(load)
    # What could not be shown is shown when it can be, and the answers said meanwhile that they lack it.
    until(lambda: place.history("bob").last_at_s.max() > before, within_s=20)
    assert (told, is_up) == ({(True, "history_incomplete")}, 0.0)
    tally = load.finish()
    assert (set(tally.statuses()), tally.cut) == ({200}, [])
    assert len(held) > 10
    assert set(tally.events) == {202}
    assert lost(place, tally) == []


@pytest.mark.parametrize("mode", ["refused", "silent", "slow"])
def test_the_ledger_fails(place, mode):
    load = place.load()
    well_again(load)
    place.to_ledger.become(mode)
    began = time.monotonic()
    time.sleep(HELD_S + 0.5)
    place.to_ledger.become("whole")
    held = load.tally.between(began + 0.5, time.monotonic())
    took_s = well_again(load)
    tally = load.finish()
    assert (set(tally.statuses()), tally.cut) == ({200}, [])
    assert len(held) > 10
    without = [one for one in held if "offers_unavailable" in one.meta["warnings"]]
    assert len(without) > 0
    assert all(one.meta["degraded"] for one in without)
    # Whoever was known stays known; a machine that stands still may have the online store late as well.
    assert fallbacks(held)[None] + fallbacks(held)["last_known"] == len(held)
    # What could not be written was told so, and written when it was sent again.
    assert set(tally.events) <= {202, 503}
    assert lost(place, tally) == []
    assert took_s < 10


def test_each_fault_was_a_line_at_each_end_and_no_flood(place):
    told = place.lines()
    faults = [line for line in told if "down, recommendations fall back" in line]
    # Seven of the store's faults make a read fail and three of the ledger's an ask, for whichever of two workers is asked; a slow
    # one, or a machine that stands still, may begin and end some times. Thousands asked.
    assert len(faults) >= 3
    assert [line for line in told if "ledger away" in line]
    counts = Counter(line.partition("] ")[2].partition("] ")[2].partition(":")[0] for line in told)
    assert max(counts.values()) <= 60 * SCALE, counts
    assert not [line for line in told if "Traceback" in line], "\n".join(told)[-3000:]
    assert place.metric("daypart_degraded_total") > 0


def another(place, n):
    """One more version on the shelf; its folder."""
    shelf = Settings(home=place.home).shelf
    arrays = {
        name: np.array(a) for name, a in read_artifact(shelf / "ranker" / current(shelf, "ranker")).arrays.items()
    }
    name = next(each for each in sorted(arrays) if arrays[each].dtype == np.float32)
    arrays[name] = arrays[name] * np.float32(1 + n / 1000)
    return shelf / "ranker" / write_artifact(shelf, "ranker", arrays, checkerboard.manifest()).version


def promote_another(place, n):
    """The same, and current."""
    found = another(place, n)
    point(found.parents[1], "ranker", found.name)
    return found


def versions(load, last_s=0.5):
    return {one.meta["model_version"] for one in load.tally.between(time.monotonic() - last_s)}


def cut_short(folder):
    array = max(folder.glob("*.npy"), key=lambda path: path.stat().st_size)
    array.write_bytes(array.read_bytes()[:-100])


def of_other_bits(folder):
    array = max(folder.glob("*.npy"), key=lambda path: path.stat().st_size)
    told = bytearray(array.read_bytes())
    told[-5] ^= 0x10
    array.write_bytes(told)


def of_a_newer_format(folder):
    file = folder / "manifest.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "format": 10**6}))


def spoilt(place, good, n, spoil):
    """A version that is spoiled before it is pointed at, refused by both workers while people ask; then `good` again."""
    shelf = Settings(home=place.home).shelf
    before = place.metric('daypart_reloads_total{outcome="refused"}')
    bad = another(place, 900 + n)
    spoil(bad)
    # As by a hand or a half copy: `point` looks at every byte first.
    (bad.parent / ".CURRENT").write_text(f"{bad.name}\n")
    (bad.parent / ".CURRENT").replace(bad.parent / CURRENT)
    until(lambda: place.metric('daypart_reloads_total{outcome="refused"}') >= before + 2, within_s=20)
    point(shelf, "ranker", good.name)
    return bad.name


def test_the_model_is_swapped_each_second_and_a_damaged_one_is_passed_over(place):
    load = place.load()
    well_again(load)
    began = time.monotonic()
    for n in range(1, 1 + int(4 * max(3.0, SCALE))):
        good = promote_another(place, n)
        time.sleep(1.0 if SCALE > 1 else 0.6)
    until(lambda: versions(load) == {good.name}, within_s=20)
    bad = [spoilt(place, good, n, spoil) for n, spoil in enumerate((cut_short, of_other_bits, of_a_newer_format))]
    after = promote_another(place, 1000)
    until(lambda: versions(load) == {after.name}, within_s=20)
    tally = load.finish()
    assert (set(tally.statuses()), tally.cut) == ({200}, [])
    # Nothing is worked around for a reload's sake; a machine that stands still for a moment may be.
    assert Counter(one.meta["degraded"] for one in tally.between(began))[True] < 0.5 * len(tally.told)
    assert len({one.meta["model_version"] for one in tally.told}) >= 4
    assert set(bad).isdisjoint(one.meta["model_version"] for one in tally.told)
    assert lost(place, tally) == []


def test_a_worker_that_dies_while_the_model_is_damaged_comes_back_with_the_one_before(place):
    load, shelf = place.load(), Settings(home=place.home).shelf
    well_again(load)
    good, bad, before = current(shelf, "ranker"), another(place, 1100), workers(place.process)
    n_lines, after = len(place.lines()), another(place, 1101)
    cut_short(bad)
    (bad.parent / CURRENT).write_text(f"{bad.name}\n")
    os.kill(before[0], signal.SIGKILL)
    # From the moment it is dead.
    assert until(lambda: place.metric("daypart_workers ") == 1) < 2
    until(lambda: len(set(workers(place.process)) - set(before)) == 1)
    until(lambda: place.metric("daypart_workers ") == 2, place.log)
    (line,) = [line for line in place.lines()[n_lines:] if "SIGKILL" in line]
    assert f"worker {before[0]} was killed by SIGKILL" in line
    well_again(load)
    assert versions(load) == {good}
    # One that begins, one that goes on.
    told = [line for line in place.lines()[n_lines:] if "the one before serves on" in line]
    assert len(told) == 2, "\n".join(told)
    assert all(bad.name in line for line in told)
    point(shelf, "ranker", after.name)
    until(lambda: versions(load) == {after.name}, within_s=40)
    tally = load.finish()
    assert set(tally.statuses()) == {200}
    assert len(tally.cut) + tally.n_unheard <= 8
    assert lost(place, tally) == []


def test_many_connections_say_nothing(place):
    # As many as this process and the two workers may have open, with room for their own.
    take_descriptors()
    n = min(10_000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 500)
    odd = OddClients(place.port, place.keys["app"], n_idle=n)
    until(lambda: odd.n_connected == n, within_s=60)
    load = place.load()
    well_again(load)
    time.sleep(HELD_S)
    tally = load.finish()
    odd.finish()
    assert (set(tally.statuses()), tally.cut, lost(place, tally)) == ({200}, [], [])


def test_what_is_no_http_is_told_and_counted_and_who_half_closes_is_answered(place):
    def told(sent, half_closes):
        with socket.create_connection(("127.0.0.1", place.port), timeout=10) as client:
            client.sendall(sent)
            if half_closes:
                client.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: client.recv(65536), b""))

    before = place.metric('daypart_problems_total{code="not_http"}')
    answer = told(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", half_closes=False)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in answer
    until(lambda: place.metric('daypart_problems_total{code="not_http"}') == before + 1, within_s=10)
    body = json.dumps({"user_id": USERS[0], "dry_run": True}).encode()
    head = f"POST /v1/recommendations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {place.keys['app']}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    assert told(head.encode() + body, half_closes=True).startswith(b"HTTP/1.1 200 ")


def test_heads_and_bodies_that_trickle_in_hold_nobody_up_and_bodies_end_at_the_deadline(place):
    # More than may be answered at once: waiting for a body is no work.
    # Who never ends a head is the proxy's to end (docs/security.md), and holds nobody up either.
    odd = OddClients(place.port, place.keys["app"], n_slow=1200, n_heads=600)
    until(lambda: odd.n_connected >= 1800, within_s=60)
    load = place.load()
    well_again(load)
    until(lambda: len(odd.statuses) >= 1000, within_s=60)
    tally = load.finish()
    odd.finish()
    assert set(odd.statuses) <= {503, 429}
    assert odd.statuses.count(503) > 500
    assert (set(tally.statuses()), tally.cut, lost(place, tally)) == ({200}, [], [])


def test_twice_what_it_can_do_is_half_refused_and_over_when_it_is_over(place):
    load = OpenLoad(place.port, place.keys["app"])
    for_s, peaks = 5.0 if SCALE < 10 else 60.0, [load.peak(16, min(SCALE, 3.0)) for _ in range(2)]
    rush = load.rush(2 * max(peak.goodput for peak in peaks), for_s)
    while rush.counts().get(429, 0) < 0.02 * sum(rush.counts().values()) and len(peaks) < 5:
        # The client, on the same cores, had not found out what the service can do: it can do at least this.
        peaks.append(rush)
        rush = load.rush(2 * rush.goodput, for_s)
    after = [load.rush(0.3 * peaks[0].goodput, 1.0)]
    until(lambda: after.append(load.rush(0.3 * peaks[0].goodput, 1.0)) or set(after[-1].counts()) == {200}, within_s=20)
    peaks.append(load.peak(16, 1.0))
    for each in (*peaks, rush, *after):
        sys.stderr.write(f"{told(each)}\n")
    # Sixteen at once are no overload.
    assert peaks[0].counts().get(429, 0) < 0.1 * peaks[0].counts()[200]
    # The machine may have had less left for us later on.
    peak = min(max(peak.goodput for peak in peaks[:-1]), peaks[-1].goodput)
    n = sum(rush.counts().values())
    # Everybody hears a yes or a no that says when to ask again; 0: the client stood still for longer than it would wait.
    assert set(rush.counts()) <= {200, 429, 0}
    assert {why for why in rush.unanswered if not why.startswith("TimeoutError")} == set()
    assert rush.counts().get(0, 0) <= 0.01 * n
    assert rush.counts().get(429, 0) > 0.02 * n
    assert rush.goodput >= (0.8 if SCALE >= 10 else 0.65) * peak
    # From when each was due, so the client's own lateness is in it; nobody waits for longer than 2 s.
    assert max(rush.quantile(200, 0.99), rush.quantile(429, 0.99)) < (1.0 if SCALE >= 10 else 1.5)


@pytest.mark.parametrize("n_killed", [1, 2])
def test_workers_are_killed(place, n_killed):
    load = place.load()
    well_again(load)
    before = workers(place.process)
    assert len(before) == 2
    for pid in before[:n_killed]:
        os.kill(pid, signal.SIGKILL)
    until(lambda: len(set(workers(place.process)) - set(before)) == n_killed)
    until(lambda: ready(place.port), place.log)
    well_again(load)
    tally = load.finish()
    assert set(tally.statuses()) == {200}
    # What they had under way is all that got no answer; what was accepted is there, once.
    assert len(tally.cut) + tally.n_unheard <= 8 * n_killed
    assert lost(place, tally) == []


def test_a_worker_that_leaves_alone_leaves_the_door_to_the_others(place):
    load, before = place.load(n_connections=16), workers(place.process)
    well_again(load)
    os.kill(before[0], signal.SIGTERM)
    until(lambda: place.metric("daypart_workers ") == 1, place.log)
    # Each look is a connection of its own, which is taken by who is left.
    until(lambda: place.metric("daypart_workers ") == 2 and set(workers(place.process)) - set(before), place.log)
    well_again(load)
    tally = load.finish()
    assert (set(tally.statuses()), tally.cut, tally.n_unheard, tally.n_refused) == ({200}, [], 0, 0)
    assert lost(place, tally) == []


def test_a_worker_leaves_at_full_load(place):
    load = place.load(n_connections=16)
    well_again(load)
    began = time.monotonic()
    place.process.send_signal(signal.SIGTERM)
    assert place.process.wait(timeout=30) == 0
    tally = load.finish(settle=False)
    assert set(tally.statuses()) == {200}
    assert tally.cut == []
    # Who comes while it leaves is answered, then refused, which is safe to ask elsewhere. One may come in the microseconds
    # between the last that is taken and the door's closing.
    assert len(tally.between(began + LAME_S / 2)) > 16
    assert tally.n_refused > 0
    assert tally.n_unheard <= 1
    inbox = {event: n for event, n in place.inbox().items() if event.startswith(load.prefix)}
    assert inbox == dict.fromkeys(tally.accepted, 1)
