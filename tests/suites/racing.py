"""Tills racing: 64 threads in each of 4 processes, all let go at one moment, make one call each, round after round.

A racer is a till: while the ledger is busy it asks again under the same key. What it is told goes to its process's file
before anything else happens, so it stands there even when the process is killed; a killed process comes back and makes
its calls again, as a till does whose answer was lost.
"""

from __future__ import annotations

import json
import multiprocessing as mp
import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from offers.answers import Answer, Ask, KeyInFlight, KeyReused
from offers.database import WAIT_S, LedgerBusy, LedgerError
from offers.desk import Desk
from offers.journal import Journal
from tests.offers.desk_world import AT

N_PROCESSES, N_THREADS = 4, 64
N_RACERS = N_PROCESSES * N_THREADS
PATIENCE_S = 120.0
AT_ONCE_S = 0.8 * WAIT_S
"""A ledger that says it is busy sooner than this hasn't waited for its turn."""


@dataclass(frozen=True)
class Call:
    """One call at the desk. `what` is a coupon's code; of a withdrawal, which has no key, the offer."""

    verb: str
    what: str
    ask: Ask
    key: str | None


@dataclass(frozen=True)
class Told:
    """What a racer was told in a round. `outcome`: done, a refusal's reason, in_flight or reused; `body` as JSON.

    `replay`: the ledger had the answer from before.
    """

    place: int
    racer: int
    key: str | None
    outcome: str
    body: str | None
    replay: bool
    n_busy: int


def call_at(desk: Desk, call: Call) -> Answer:
    """Make the call."""
    if call.verb == "withdraw":
        return desk.withdraw(call.what, call.ask.actor, AT)
    if call.verb == "settle":
        return desk.settle([(call.what, call.ask)], AT)[0]
    answer: Answer = getattr(desk, call.verb)(call.what, call.ask, call.key, AT)
    return answer


class Crew:
    """The processes, kept from race to race. `heard` is everything a racer was ever told in the race, killed or not."""

    def __init__(self, folder: Path) -> None:
        # A server that forks: a killed process is back in a moment, and isn't a copy of the tests' own.
        self._context = mp.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.suites.racing"])
        self.files = [folder / f"told-{number}.jsonl" for number in range(N_PROCESSES)]
        self._url: str | None = None
        self._terms: tuple[int, bool] = (1, True)
        self.heard: list[Told] = []
        self._read_to = [0] * N_PROCESSES
        self._place = 0
        self.n_killed = 0
        self._killed: set[int] = set()
        self.workers: list[Any] = [None] * N_PROCESSES
        self.pipes: list[Any] = [None] * N_PROCESSES
        for number in range(N_PROCESSES):
            self._hire(number)

    def _hire(self, number: int) -> None:
        ours, theirs = self._context.Pipe()
        worker = self._context.Process(target=work, args=(theirs, str(self.files[number])), daemon=True)
        worker.start()
        theirs.close()
        self.workers[number], self.pipes[number] = worker, ours
        if self._url is not None:
            ours.send(("open", self._url, *self._terms))
            self._expect(number, "open")

    def open(self, url: str, *, n_desks: int = 1, steady: bool = True) -> None:
        """Every process opens the ledger, all at once, with `n_desks` for its threads to share.

        `steady`: nothing but the racers troubles the ledger, so it fails nobody and is busy for nobody who didn't wait.
        """
        self._url, self._terms, self.heard, self.n_killed = url, (n_desks, steady), [], 0
        for pipe in self.pipes:
            pipe.send(("open", url, *self._terms))
        for number in range(N_PROCESSES):
            self._expect(number, "open")

    @contextmanager
    def at(self, url: str, **terms: Any) -> Any:
        """The crew at a ledger, for the time of one race."""
        try:
            self.open(url, **terms)
            yield self
        except BaseException:
            # Nobody knows where in a round everybody stands: the next race begins with new processes.
            self._url = None
            for number in range(N_PROCESSES):
                self.workers[number].kill()
                self._bury(number)
            self._read()
            raise
        self._url = None
        for number, pipe in enumerate(self.pipes):
            pipe.send(("close",))
            self._expect(number, "close")

    def run(
        self,
        calls: Sequence[Call],
        meanwhile: Callable[[Crew], None] | None = None,
        dies_at: dict[int, int] | None = None,
    ) -> list[Told]:
        """One round: racer n makes calls[n], and what each was told last is returned.

        `meanwhile` runs while they do. `dies_at`: by number of a process, at which step of its database it kills itself.
        """
        assert len(calls) == N_RACERS
        self._place += 1
        for number in range(N_PROCESSES):
            self._send(number, calls, (dies_at or {}).get(number))
        for number in range(N_PROCESSES):
            self._expect(number, "ready")
        for pipe in self.pipes:
            pipe.send("go")
        if meanwhile is not None:
            meanwhile(self)
        for number in range(N_PROCESSES):
            self._finish(number, calls)
        told = {one.racer: one for one in self._read() if one.place == self._place}
        assert len(told) == N_RACERS
        return [told[racer] for racer in range(N_RACERS)]

    def kill(self, number: int, after_s: float) -> bool:
        """Kill -9 one process unless it is through with the round by then; whether it was killed."""
        if self.pipes[number].poll(after_s):
            return False
        self.workers[number].kill()
        self._killed.add(number)
        return True

    def _send(self, number: int, calls: Sequence[Call], dies_at: int | None = None) -> None:
        first = number * N_THREADS
        self.pipes[number].send(("round", self._place, first, list(calls[first : first + N_THREADS]), dies_at))

    def _finish(self, number: int, calls: Sequence[Call]) -> None:
        while True:
            try:
                self._expect(number, "done")
                if number in self._killed:  # in its last moment it got through
                    self._bury(number)
                return
            except (EOFError, ConnectionResetError):
                self._bury(number)
            self._send(number, calls)
            self._expect(number, "ready")
            self.pipes[number].send("go")

    def _bury(self, number: int) -> None:
        self.workers[number].join(PATIENCE_S)
        assert self.workers[number].exitcode == -9, self.workers[number].exitcode
        self.n_killed += 1
        self._killed.discard(number)
        self._hire(number)

    def _expect(self, number: int, word: str) -> None:
        assert self.pipes[number].poll(PATIENCE_S), f"process {number} isn't {word} after {PATIENCE_S} s"
        got = self.pipes[number].recv()
        assert got == word, got

    def _read(self) -> list[Told]:
        found = []
        for number, file in enumerate(self.files):
            with file.open("rb") as lines:
                lines.seek(self._read_to[number])
                text = lines.read()
            self._read_to[number] += len(text)
            found += [Told(**json.loads(line)) for line in text.splitlines()]
        self.heard += found
        return found

    def leave(self) -> None:
        """Send everybody home."""
        for worker, pipe in zip(self.workers, self.pipes, strict=True):
            pipe.close()
            worker.join(PATIENCE_S)


def work(pipe: Any, file: str) -> None:
    """A process of the crew: does what its pipe says until the pipe ends."""
    log = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    desks, steady = list[Desk](), True
    while True:
        try:
            word, *more = pipe.recv()
        except (EOFError, ConnectionResetError):
            return
        try:
            if word == "open":
                url, n_desks, steady = more
                desks = [Desk(Journal(url)) for _ in range(n_desks)]
            elif word == "close":
                for desk in desks:
                    desk.journal.close()
            else:
                _round(pipe, log, desks, steady, *more)
            pipe.send("done" if word == "round" else word)
        except BaseException as error:
            pipe.send(f"{type(error).__name__}: {error}")


def _round(pipe: Any, log: int, desks: list[Desk], steady: bool, *more: Any) -> None:
    place, first, calls, dies_at = more
    if dies_at is not None:
        for desk in desks:
            on_step(desk.journal.engine, _killed_at(dies_at))
    gate, faults = threading.Barrier(len(calls) + 1), list[BaseException]()

    def run(racer: int, call: Call) -> None:
        gate.wait(PATIENCE_S)
        gate.wait(PATIENCE_S)
        try:
            told = Told(place, racer, call.key, *insist(desks[racer % len(desks)], call, steady))
            line = json.dumps(asdict(told)) + "\n"
            assert os.write(log, line.encode()) == len(line)
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=run, args=(first + n, call), daemon=True) for n, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    gate.wait(PATIENCE_S)
    pipe.send("ready")
    assert pipe.recv() == "go"
    gate.wait(PATIENCE_S)
    for thread in threads:
        thread.join(PATIENCE_S)
    if faults:
        raise faults[0]


def insist(desk: Desk, call: Call, steady: bool) -> tuple[str, str | None, bool, int]:
    """Call until the ledger has an answer: outcome, bytes, whether they are a replay, how often it was busy before."""
    give_up, n_busy = time.monotonic() + PATIENCE_S, 0
    while True:
        began = time.monotonic()
        try:
            answer = call_at(desk, call)
        except KeyInFlight:
            return "in_flight", None, False, n_busy
        except KeyReused:
            return "reused", None, False, n_busy
        except LedgerError as error:
            now = time.monotonic()
            if steady and not isinstance(error, LedgerBusy):
                raise
            if steady and now - began < AT_ONCE_S:
                raise AssertionError(f"busy after {now - began:.3f} s: {error}") from error
            if now > give_up:
                raise
            n_busy += 1
            continue
        outcome = "done" if answer.ok else str(answer.body["reason"])
        return outcome, plain(answer), answer.replay, n_busy


def on_step(engine: sa.Engine, step: Callable[[sa.Connection], None]) -> None:
    """Call `step` before every statement, before every commit and after every commit of a transaction that writes."""

    def writes(connection: sa.Connection) -> bool:
        return bool(connection.get_execution_options().get("daypart_write"))

    def before(connection: sa.Connection, *rest: Any) -> None:
        if writes(connection):
            step(connection)

    sa.event.listen(engine, "before_cursor_execute", before)
    sa.event.listen(engine, "commit", before)
    commit = engine.dialect.do_commit

    def and_after(raw: Any) -> None:
        commit(raw)
        step(raw)

    engine.dialect.do_commit = and_after  # type: ignore[method-assign]


def _killed_at(number: int) -> Callable[[Any], None]:
    steps = iter(range(1, number + 1))

    def step(connection: Any) -> None:
        if next(steps, number) == number:
            os.kill(os.getpid(), 9)

    return step


def plain(answer: Any) -> str:
    """An answer's body as the journal keeps it."""
    return msgspec.json.encode(answer.body).decode()
