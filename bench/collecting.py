"""What Python's collector costs a worker, by default and as `serving.service` sets it: after a start that left behind what a
worker holds, `answer_world` answers and every collection is timed; then everything is collected.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvloop

from bench.results import Row, row

ROUNDS = 400
"""Of eight answers each."""


def measure(how: str, rounds: int = ROUNDS) -> dict[str, float]:
    """Milliseconds of processor time: of a collection of the `whole` after the answers, of the `longest` while they were given;
    `n` of those in 1,000 answers. how: "default", or "ours": frozen, and rare. In a process of its own, as it stays so."""
    from bench.answer_counts import front_in
    from bench.driven import driven
    from serving.service import GC_THRESHOLD

    pauses, began = list[float](), [0.0]

    def watch(phase: str, info: dict[str, Any]) -> None:
        if phase == "start":
            began[0] = time.process_time()
        else:
            pauses.append((time.process_time() - began[0]) * 1e3)

    with TemporaryDirectory() as home:
        front, asked = front_in(Path(home))
        gc.collect()
        if how == "ours":
            gc.freeze()
            gc.set_threshold(*GC_THRESHOLD)
        gc.callbacks.append(watch)
        uvloop.run(driven(front, asked, rounds))
        n_seen, longest = len(pauses), max(pauses, default=0.0)
        gc.collect()
        gc.callbacks.remove(watch)
    return {"whole": pauses[-1], "longest": longest, "n": n_seen / rounds / len(asked) * 1e3}


def told(default: dict[str, float], ours: dict[str, float]) -> list[Row]:
    """Rows of what `measure` gave of each."""
    named = (
        ("whole", "a collection of everything, after them", "ms"),
        ("longest", "the longest collection while they are given", "ms"),
        ("n", "collections in 1,000 answers", ""),
    )
    return [
        row(f"{name}, frozen and rare", ours[key], unit, against="by default", against_value=default[key])
        for key, name, unit in named
    ]


if __name__ == "__main__":
    sys.stdout.write(f"{json.dumps(measure(sys.argv[1]))}\n")
