"""Is an event ever lost or doubled? The real service is killed (SIGKILL) again and again under load, by tills that ask until they
are answered. Then every event that was answered must be in the lake once, and the features must add up to the events.

Killed in turns: the supervisor with all its children, one of them alone (a worker or the follower), the supervisor alone. Before
features are reckoned anew the online history of each person must be that of all their events, those of days before and what came
back included: no kill comes between an answer and the next question but for the seconds in which the follower begins anew.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import console
from bench.client import started, wait_ready
from bench.person_counted import Counts, behind, counted
from bench.person_home import opened
from bench.person_tills import Event, Shop, Till
from bench.results import Row, row
from settings import Settings

N_KILLS, N_TILLS, PAUSE_S, FREE_WITHIN_S, LAST_ANSWERS_S = 50, 3, 0.02, 60.0, 60.0
SEEN_WITHIN_S = 30.0
Report = Callable[[str, int, int], None]


class Unsound(Exception):
    """A till was told something that no retry mends, or the service didn't come back."""


@dataclass(frozen=True)
class Tally:
    """What the kills left."""

    n_kills: int
    n_unanswered: int
    """Requests that got no answer and were sent again."""
    seen_s: float
    """Seconds from the last answer until all of it was online, at most `SEEN_WITHIN_S`; the follower was killed too."""
    counts: Counts


def killed(settings: Settings, shop: Shop, n_kills: int, report: Report = lambda *_: None) -> Tally:
    """Serve, sell, kill `n_kills` times, and count. Raises Unsound, DemoError."""
    rng, tills = random.Random(n_kills), [Till(shop, n, PAUSE_S) for n in range(N_TILLS)]
    service = started(settings)
    try:
        wait_ready(service, settings)
        for till in tills:
            till.start()
        for n in range(n_kills):
            time.sleep(rng.uniform(0.3, 1.2))
            service = _kill(service, n, rng, settings)
            report("kills", n + 1, n_kills)
        time.sleep(0.5)
        for till in tills:
            till.stopped.set()
        for till in tills:
            till.join(LAST_ANSWERS_S)
        n_seconds = _seen(settings, [event for till in tills for event in till.told], shop.zone)
    finally:
        service.terminate()
        service.wait(FREE_WITHIN_S)
    if faults := [till.fault or "not answered" for till in tills if till.fault or till.is_alive()]:
        raise Unsound("; ".join(faults))
    told = [event for till in tills for event in till.told]
    n_accepted, n_unanswered = (sum(getattr(till, name) for till in tills) for name in ("n_accepted", "n_unanswered"))
    if n_accepted > len(told):
        raise Unsound(f"{n_accepted} events were accepted, of {len(told)}")
    return Tally(n_kills, n_unanswered, n_seconds, counted(settings, told, shop.zone))


def rows(n_kills: int = N_KILLS, home: Path | None = None) -> list[Row]:
    """The figures of so many kills. home: as for `bench.person_home`. Raises Unsound, DemoError."""
    with opened(home) as (settings, _, shop), console.progress() as report:
        return figures(killed(settings, shop, n_kills, report))


def figures(tally: Tally) -> list[Row]:
    """The rows."""
    counts, wrong = tally.counts, tally.counts.n_lost + tally.counts.n_doubled
    told = f"{counts.n_events:,} events sent until answered, {tally.n_unanswered:,} requests sent again"
    off = {
        f"events lost or doubled over {tally.n_kills} kills ({told})": wrong,
        "of them persons whose features don't add up to their events": len(counts.off),
        f"of them persons whose history was not whole {tally.seen_s:.1f} s after the last answer": len(counts.behind),
    }
    units = ("events", "persons", "persons")
    return [row(name, n, unit, reach="0", met=not n) for unit, (name, n) in zip(units, off.items(), strict=True)]


def _seen(settings: Settings, told: Sequence[Event], zone: str) -> float:
    began = time.monotonic()
    while behind(settings, told, zone) and time.monotonic() - began < SEEN_WITHIN_S:
        time.sleep(0.05)
    return time.monotonic() - began


def _kill(
    service: subprocess.Popen[bytes], turn: int, rng: random.Random, settings: Settings
) -> subprocess.Popen[bytes]:
    """Kill some of it; the service that serves then."""
    workers = children(service.pid)
    if turn % 3 == 1 and workers:
        _end(rng.choice(workers), signal.SIGKILL)
        wait_ready(service, settings)
        return service
    for pid in (service.pid, *(workers if turn % 3 == 0 else ())):
        _end(pid, signal.SIGKILL)
    service.wait()
    # Workers whose supervisor is gone end by themselves.
    until = time.monotonic() + FREE_WITHIN_S
    while _is_open(settings):
        if time.monotonic() > until:
            raise Unsound("a worker outlived its supervisor")
        time.sleep(0.02)
    service = started(settings)
    wait_ready(service, settings)
    return service


def children(parent: int) -> list[int]:
    """Processes that this one began and that live, as /proc tells."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def _end(pid: int, how: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, how)


def _is_open(settings: Settings) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((settings.host, settings.port)) == 0
