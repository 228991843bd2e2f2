"""Racers behind a barrier: threads of several processes that all do their thing at the same moment, round after round.

Standard library only: a peer's race runs in a Python that has nothing of ours.
"""

from __future__ import annotations

import multiprocessing as mp
import threading
from collections.abc import Callable, Sequence
from typing import Any

N_PROCESSES, N_THREADS = 4, 2
N_RACERS = N_PROCESSES * N_THREADS
PATIENCE_S = 120.0

Ready = Callable[[int, Any], Callable[[], str]]
"""`ready(racer, round)` makes whatever comes before the race and gives the racing call, which tells its outcome's name."""


def race(
    setup: Callable[[str], Ready],
    target: str,
    rounds: Sequence[Any],
    done: Callable[[int, int], None] = lambda n, of: None,
) -> list[list[str]]:
    """For each round, what every racer got. `setup(target)` runs once in every process, at its start; `done(n, of)` after
    every round.

    Raises RuntimeError when a racer fails: an outcome is told by name, a failure is a fault of the race.
    """
    context = mp.get_context("spawn")
    barrier, answers = context.Barrier(N_RACERS), context.Queue()
    processes = [
        context.Process(target=_process, args=(setup, target, list(rounds), number, barrier, answers), daemon=True)
        for number in range(N_PROCESSES)
    ]
    for process in processes:
        process.start()
    got: dict[tuple[int, int], str] = {}
    try:
        while len(got) < N_RACERS * len(rounds):
            place, racer, outcome = answers.get(timeout=PATIENCE_S)
            if place < 0:
                raise RuntimeError(f"racer {racer} failed: {outcome}")
            got[place, racer] = outcome
            if len(got) % N_RACERS == 0:
                done(len(got) // N_RACERS, len(rounds))
        for process in processes:
            process.join(PATIENCE_S)
    finally:
        for process in processes:
            if process.is_alive():
                process.kill()
                process.join()
    return [[got[place, racer] for racer in range(N_RACERS)] for place in range(len(rounds))]


def _process(setup: Any, target: str, rounds: list[Any], number: int, barrier: Any, answers: Any) -> None:
    try:
        ready = setup(target)
    except Exception as error:
        barrier.abort()
        answers.put((-1, number * N_THREADS, repr(error)))
        return
    racers = range(number * N_THREADS, (number + 1) * N_THREADS)
    threads = [threading.Thread(target=_run, args=(ready, rounds, racer, barrier, answers)) for racer in racers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _run(ready: Ready, rounds: list[Any], racer: int, barrier: Any, answers: Any) -> None:
    try:
        for place, what in enumerate(rounds):
            go = ready(racer, what)
            barrier.wait(PATIENCE_S)
            answers.put((place, racer, go()))
    except threading.BrokenBarrierError:
        # Another racer failed, and tells why.
        return
    except Exception as error:
        barrier.abort()
        answers.put((-1, racer, repr(error)))
