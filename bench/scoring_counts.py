"""Instructions of the scoring core, which a busy machine doesn't change: counted by valgrind; a fifth more than kept is a miss.

`python -m bench.scoring_counts keep` writes `scoring_counts.json` anew, after a change that is meant. The processor that valgrind
shows has AVX2 and no more, so two machines that have it count nearly alike; another numpy or OpenBLAS may count otherwise.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench.results import Row, row
from models.factor_block import best_block
from models.factor_index import FactorIndex
from models.foldin import fold_in
from models.scoring import top_k
from models.scratch import Scratch

KEPT = Path(__file__).with_suffix(".json")
REACH, TIMES, K = 1.2, 40, 20
_REFS = re.compile(r"I\s+refs:\s+([\d,]+)")


def works() -> dict[str, Callable[[], object]]:
    """What is counted, by name; the same numbers in every process."""
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
    return {
        "best 20 of 4,000, level lengths": lambda: flat.best(users[0], K, None, scratch),
        "best 20 of 40,000, falling lengths": lambda: falling.best(users[0], K, None, scratch),
        "best 20 of 4,000 for 64 users": lambda: best_block(flat, users, K, None, scratch),
        "best 20 of 10,000 scores, a fifth struck out": lambda: top_k(score, K, shown, scratch),
        "fold in 100 products": lambda: fold_in(level, gram, rows, confidence, 1.0),
    }


def rows() -> list[Row]:
    """Each work's instructions beside those kept; SystemExit without valgrind."""
    kept = json.loads(KEPT.read_text("utf-8"))
    return [
        row(f"{name}: instructions", count, "", against="kept", against_value=kept[name],
            reach=f"at most {REACH:g} times", met=count <= REACH * kept[name])
        for name, count in counts().items()
    ]  # fmt: skip


def counts() -> dict[str, int]:
    """Instructions of one call of each work: those of a process with many, less those of one with none."""
    idle = refs("")
    return {name: round((refs(name) - idle) / TIMES) for name in works()}


def refs(name: str) -> int:
    """Instructions of a whole process that builds everything and does the named work `TIMES` times."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise SystemExit("valgrind: not found on the path: install the package valgrind, which counts the instructions")
    tool = [valgrind, "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    settled = {**os.environ, "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*tool, sys.executable, "-m", "bench.scoring_counts", "do", name],
        env=settled, capture_output=True, text=True, check=False, cwd=KEPT.parent.parent,
    )  # fmt: skip
    found = _REFS.search(done.stderr)
    if done.returncode or found is None:
        raise SystemExit(f"valgrind: no count of {name!r}: {done.stderr.strip().splitlines()[-1:]}")
    return int(found.group(1).replace(",", ""))


def main(argv: list[str]) -> int:
    """`do NAME` does a work, for valgrind to count; `keep` counts all and keeps the figures."""
    if argv == ["keep"]:
        KEPT.write_text(json.dumps(counts(), indent=2) + "\n", "utf-8")
        return 0
    if len(argv) == 2 and argv[0] == "do":
        all_works = works()
        for _ in range(TIMES if argv[1] else 0):
            all_works[argv[1]]()
        return 0
    sys.stderr.write("python -m bench.scoring_counts keep\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
