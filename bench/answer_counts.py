"""Instructions of an answer, from a request's bytes to the answer's, beside an empty ASGI route driven in the same way; what the
system and the online store do is not among them.

One process under valgrind builds `answer_world` and forks: a child is idle, one answers, one does all but the scoring, one is
empty; what each counted before the fork is the same. A ratio a fifth above the one kept is a miss; `.ci/run` fails on it.
`python -m bench.answer_counts keep` writes `answer_counts.json`, after a change that is meant.
"""

from __future__ import annotations

import gc
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop

from bench import scoring_counts
from bench.answer_world import STORE, parts, told_again
from bench.driven import driven
from bench.empty_route import empty
from bench.results import Row, row
from serving.calls import CALLS
from serving.front import Front
from serving.parts import Parts

KEPT = Path(__file__).with_suffix(".json")
REACH, ROUNDS, WARM, AT_ONCE, LIMIT = 1.2, 10, 3, 8, 20
OURS = {
    "ours": f"an answer, {AT_ONCE} at once",
    "front": f"all but reading, scoring and encoding it, {AT_ONCE} at once",
}
SIDES = ("idle", "empty", *OURS)
_REFS = re.compile(r"==(\d+)==\s+I\s+refs:\s+([\d,]+)")


def requests(secret: str) -> list[bytes]:
    """One of each of AT_ONCE people."""
    bodies = [json.dumps({"user_id": f"u{n}", "limit": LIMIT, "context": {"store_id": STORE}}) for n in range(AT_ONCE)]
    return [
        f"POST /v1/recommendations HTTP/1.1\r\nHost: cafe\r\nAuthorization: Bearer {secret}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        for body in bodies
    ]


def do(side: str, front: Front, again: Parts, asked: Sequence[bytes]) -> None:
    """One side's rounds, after as many as make what is made once. again: as of `told_again`."""
    if side == "front":
        front.parts = again
    app = front if side in OURS else empty
    answers = uvloop.run(driven(app, asked, WARM + (0 if side == "idle" else ROUNDS)))
    if not all(answer.startswith(b"HTTP/1.1 200") for answer in answers):
        raise SystemExit(f"{side}: {answers[0][:400]!r}")


def front_in(home: Path) -> tuple[Front, list[bytes]]:
    """The front of the small world, and what it is asked."""
    front = Front(CALLS, "1")
    front.parts, secret = parts(home)
    asked = requests(secret)
    uvloop.run(driven(front, asked, WARM))
    return front, asked


def forked() -> None:
    """For valgrind: a child for each side, its process number and its side on a line of stdout."""
    with TemporaryDirectory() as home:
        front, asked = front_in(Path(home))
        again = told_again(front, asked)
        gc.collect()
        gc.freeze()
        gc.disable()
        for side in SIDES:
            if (child := os.fork()) == 0:
                do(side, front, again, asked)
                os._exit(0)
            if os.waitpid(child, 0)[1] != 0:
                raise SystemExit(f"{side}: its process failed")
            sys.stdout.write(f"{child} {side}\n")


def counts() -> dict[str, tuple[int, int]]:
    """(ours, empty) by name: instructions an answer. SystemExit without valgrind."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise SystemExit("valgrind: not found on the path: install the package valgrind, which counts the instructions")
    tool = [valgrind, "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    settled = {**os.environ, "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    command = [*tool, sys.executable, "-m", "bench.answer_counts", "do"]
    done = subprocess.run(command, env=settled, capture_output=True, text=True, check=False, cwd=KEPT.parent.parent)
    refs = {pid: int(n.replace(",", "")) for pid, n in _REFS.findall(done.stderr)}
    told = {side: refs[pid] for pid, side in map(str.split, done.stdout.splitlines()) if pid in refs}
    if done.returncode or set(told) != set(SIDES):
        raise SystemExit(f"valgrind: no count of an answer: {done.stderr.strip().splitlines()[-1:]}")
    each = {side: round((n - told["idle"]) / ROUNDS / AT_ONCE) for side, n in told.items()}
    return {name: (each[side], each["empty"]) for side, name in OURS.items()}


def rows() -> list[Row]:
    """Each side's instructions beside the empty route's."""
    kept = json.loads(KEPT.read_text("utf-8"))
    return [
        row(f"{name}: instructions", ours, "", against="empty route", against_value=plain,
            reach=f"at most {REACH:g} times the ratio kept, {kept[name]:.4g}", met=ours <= REACH * kept[name] * plain)
        for name, (ours, plain) in counts().items()
    ]  # fmt: skip


def all_counts() -> list[Row]:
    """`make bench-serving-counts`: the scoring core's and an answer's."""
    return [*scoring_counts.rows(), *rows()]


def main(argv: list[str]) -> int:
    """`do` is for valgrind; `keep` counts and keeps the ratio."""
    if argv == ["do"]:
        forked()
        return 0
    if argv == ["keep"]:
        ratios = {name: round(ours / plain, 3) for name, (ours, plain) in counts().items()}
        KEPT.write_text(json.dumps(ratios, indent=2) + "\n", "utf-8")
        return 0
    sys.stderr.write("python -m bench.answer_counts keep\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
