"""Instructions of the scoring core beside the plainest numpy that does as much, and of reading histories beside a parser: counts
that a busy machine doesn't change.

valgrind counts both in the same run, so another processor, numpy or OpenBLAS changes both. A ratio a fifth above the one kept is
a miss; `.ci/run` fails on it. `python -m bench.scoring_counts keep` writes `scoring_counts.json`, after a change that is meant.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.answer_online import N_BOUGHT, N_PASTS, Online
from bench.results import Row, row
from bench.serving_decode import parsed_alone
from models.factor_block import best_block
from models.factor_index import FactorIndex
from models.foldin import fold_in
from models.scoring import top_k
from models.scratch import Scratch

NOW = datetime(2026, 3, 2, 13, 30, tzinfo=UTC)
KEPT = Path(__file__).with_suffix(".json")
REACH, TIMES, K = 1.2, 40, 20
_REFS = re.compile(r"I\s+refs:\s+([\d,]+)")


class Work(NamedTuple):
    """What is counted, both with the same numbers in every process."""

    ours: Callable[[], object]
    plain: Callable[[], object]


def works() -> dict[str, Work]:
    """By name."""
    rng, scratch = np.random.default_rng(0), Scratch()
    level = rng.standard_normal((4_000, 64), np.float32)
    fading = rng.standard_normal((40_000, 64), np.float32) * np.exp(-5.0 * rng.random((40_000, 1), np.float32))
    users, score, shown = (
        level[:64] * np.float32(0.5),
        rng.standard_normal(10_000, np.float32),
        rng.random(10_000) < 0.8,
    )
    flat, falling, gram = FactorIndex.of(level), FactorIndex.of(fading), level.T @ level
    rows, confidence = np.arange(100, dtype=np.int32), np.full(100, 3.0, np.float32)
    system = (gram + np.eye(64, dtype=np.float32)).astype(np.float64)
    online = Online([f"p{row:04d}" for row in range(1_000)], NOW, rng)
    people, lines = [f"u{n}" for n in range(N_PASTS)], [line[:-1] for line in online.rows]
    return {
        "best 20 of 4,000, level lengths": Work(
            lambda: flat.best(users[0], K, None, scratch), lambda: plain_best(level @ users[0])
        ),
        "best 20 of 40,000, falling lengths": Work(
            lambda: falling.best(users[0], K, None, scratch), lambda: plain_best(fading @ users[0])
        ),
        "best 20 of 4,000 for 64 users": Work(
            lambda: best_block(flat, users, K, None, scratch), lambda: [plain_best(each) for each in users @ level.T]
        ),
        "best 20 of 10,000 scores, a fifth struck out": Work(
            lambda: top_k(score, K, shown, scratch), lambda: plain_best(np.where(shown, score, np.float32(-np.inf)))
        ),
        f"read {len(lines)} histories of {N_BOUGHT}": Work(
            lambda: online.pasts(people), lambda: [parsed_alone(line) for line in lines]
        ),
        "fold in 100 products": Work(
            lambda: fold_in(level, gram, rows, confidence, 1.0), lambda: np.linalg.solve(system, system[0])
        ),
    }


def plain_best(scores: np.ndarray) -> np.ndarray:
    """int64[K]: argpartition and sort, without a thought for ties."""
    best = np.argpartition(scores, -K)[-K:]
    return np.asarray(best[np.argsort(-scores[best])])


def rows() -> list[Row]:
    """Each work's instructions beside the plain way's; SystemExit without valgrind."""
    kept = json.loads(KEPT.read_text("utf-8"))
    return [
        row(f"{name}: instructions", ours, "", against="plain numpy", against_value=plain,
            reach=f"at most {REACH:g} times the ratio kept, {kept[name]:.3g}", met=ours <= REACH * kept[name] * plain)
        for name, (ours, plain) in counts().items()
    ]  # fmt: skip


def counts() -> dict[str, tuple[int, int]]:
    """(ours, plain) by work: instructions of one call, those of a process with many less those of one with none."""
    idle = refs("", "")
    found = {}
    for name in works():
        ours, plain = (round((refs(name, side) - idle) / TIMES) for side in Work._fields)
        found[name] = (ours, plain)
    return found


def refs(name: str, side: str) -> int:
    """Instructions of a whole process that builds everything and does one side of the named work `TIMES` times; "" does none."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise SystemExit("valgrind: not found on the path: install the package valgrind, which counts the instructions")
    tool = [valgrind, "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    settled = {**os.environ, "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*tool, sys.executable, "-m", "bench.scoring_counts", "do", name, side],
        env=settled, capture_output=True, text=True, check=False, cwd=KEPT.parent.parent,
    )  # fmt: skip
    found = _REFS.search(done.stderr)
    if done.returncode or found is None:
        raise SystemExit(f"valgrind: no count of {name!r}: {done.stderr.strip().splitlines()[-1:]}")
    return int(found.group(1).replace(",", ""))


def main(argv: list[str]) -> int:
    """`do NAME SIDE` does one side of a work, for valgrind to count; `keep` counts all and keeps the ratios."""
    if argv == ["keep"]:
        ratios = {name: round(ours / plain, 3) for name, (ours, plain) in counts().items()}
        KEPT.write_text(json.dumps(ratios, indent=2) + "\n", "utf-8")
        return 0
    if len(argv) == 3 and argv[0] == "do":
        all_works, (name, side) = works(), argv[1:]
        for _ in range(TIMES if name else 0):
            getattr(all_works[name], side)()
        return 0
    sys.stderr.write("python -m bench.scoring_counts keep\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
