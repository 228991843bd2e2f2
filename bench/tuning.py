"""`make bench-serving-tuning`: what each setting of BentoML and of the collector gains, in process and in processor time, the
quickest of many rounds of processes that take turns, so that a busy machine moves it little.

A layer of BentoML is switched on alone around an empty mounted route that is configured as ours is else. The front has stood
before all of them since (`serving.straight`), so what they would cost is no longer asked of an answer.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvloop

from bench.collecting import told as collected
from bench.driven import Driven
from bench.empty_route import empty
from bench.results import Row, row

ON: dict[str, dict[str, Any]] = {
    "tracing (OpenTelemetry, no exporter)": {"tracing": {}},
    "the access log": {"logging": {"access": {"enabled": True}}},
    "BentoML's metrics": {"metrics": {"enabled": True}},
}
"""A layer's name to what switches it on, as BentoML has it by default."""
ROOT = Path(__file__).resolve().parents[1]
TURNS, ROUNDS, N, AT_ONCE = 3, 60, 25, 8
ASKED = b"GET /v1/empty HTTP/1.1\r\nHost: cafe\r\n\r\n"


def rows() -> list[Row]:
    """An empty route's µs with each layer beside those without any, and the collector's (`collecting`)."""
    taken: dict[str, list[float]] = {name: [] for name in ("", *ON)}
    for _ in range(TURNS):
        for name, found in taken.items():
            found.append(json.loads(_run("bench.tuning", name)))
    off = min(taken.pop(""))
    layers = [row(f"an empty route with {name}", min(found), "µs", against="without", against_value=off)
              for name, found in taken.items()]  # fmt: skip
    return [*layers, *collected(*(json.loads(_run("bench.collecting", how)) for how in ("default", "ours")))]


def quickest_us(name: str, rounds: int = ROUNDS) -> float:
    """Processor time of a request, µs: of the best of `rounds`. name: of the layer that is on; "" for none."""
    import bentoml
    from bentoml._internal.log import configure_server_logging

    from serving.service import CONFIGURED

    service: Any = bentoml.service(name="tuned", **{**CONFIGURED, **ON.get(name, {})})(type("Tuned", (), {}))
    service.mount_asgi_app(empty, path="/")
    configure_server_logging()  # type: ignore[no-untyped-call]
    return uvloop.run(_driven(service.to_asgi(), rounds))


async def _driven(app: Any, rounds: int) -> float:
    one, best = Driven(app, AT_ONCE), float("inf")
    for _ in range(rounds):
        began = time.process_time()
        for _ in range(N):
            answers = await one.round([ASKED] * AT_ONCE)
        best = min(best, time.process_time() - began)
    if not all(answer.startswith(b"HTTP/1.1 200") for answer in answers):
        raise SystemExit(f"no answer: {answers[0][:400]!r}")
    return best / N / AT_ONCE * 1e6


def _run(module: str, *said: str) -> str:
    """What a process of its own says: BentoML's configuration and the collector's are of a process."""
    with TemporaryDirectory() as folder:
        # As BentoML has its workers count: in files that they share.
        env = {**os.environ, "BENTOML_DO_NOT_TRACK": "True", "PROMETHEUS_MULTIPROC_DIR": folder}
        command = [sys.executable, "-m", module, *said]
        done = subprocess.run(command, env=env, cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.splitlines()[-1]


if __name__ == "__main__":
    sys.stdout.write(f"\n{json.dumps(quickest_us(sys.argv[1], *map(int, sys.argv[2:])))}\n")
