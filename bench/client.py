"""A stranger's view of the service: its process, and HTTP calls with a key."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any

from bench.demo_data import DemoError
from settings import PREFIX, Settings

READY_WITHIN_S = 60.0


@dataclass(frozen=True)
class Client:
    """Calls `url` with one of `keys`, by scope. Raises DemoError with the problem's detail."""

    url: str
    keys: Mapping[str, str]

    def get(self, path: str, scope: str, **query: str) -> Any:
        """GET as JSON."""
        return self._call(f"{path}?{urllib.parse.urlencode(query)}" if query else path, scope, None, {})

    def post(self, path: str, scope: str, body: Any, **headers: str) -> Any:
        """POST JSON, as JSON; header names with underscores for dashes."""
        return self._call(path, scope, json.dumps(body).encode(), {k.replace("_", "-"): v for k, v in headers.items()})

    def _call(self, path: str, scope: str, body: bytes | None, headers: dict[str, str]) -> Any:
        headers = {"Authorization": f"Bearer {self.keys[scope]}", "Content-Type": "application/json", **headers}
        request = urllib.request.Request(self.url + path, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise DemoError(f"{path} answered {error.code}: {error.read().decode('utf-8', 'replace')[:500]}") from None


@contextmanager
def served(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """`daypart serve` as a process of its own, its output in `home/service.log`; ended with the block."""
    service = started(settings)
    try:
        yield service
    finally:
        if service.poll() is None:
            service.send_signal(signal.SIGTERM)
            try:
                service.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(service.pid, signal.SIGKILL)


def started(settings: Settings) -> subprocess.Popen[bytes]:
    """`daypart serve` begun; whoever began it ends it."""
    handed = {f"{PREFIX}{f.name.upper()}": str(getattr(settings, f.name)) for f in fields(settings)}
    with (settings.home / "service.log").open("ab") as log:
        command = [sys.executable, "-m", "daypart", "serve"]
        # A session of its own: Ctrl-C reaches only us, and we end it in order.
        return subprocess.Popen(command, env={**os.environ, **handed}, stdout=log, stderr=log, start_new_session=True)


def wait_ready(service: subprocess.Popen[bytes], settings: Settings) -> float:
    """Seconds until `/readyz` says so. DemoError when the service ends or takes over a minute."""
    began = time.monotonic()
    while time.monotonic() - began < READY_WITHIN_S:
        if service.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"http://{settings.host}:{settings.port}/readyz", timeout=1) as answer:
                if answer.status == 200:
                    return time.monotonic() - began
        except OSError:
            time.sleep(0.05)
    last = (settings.home / "service.log").read_text("utf-8", "replace").strip().splitlines()[-1:]
    raise DemoError(f"the service did not get ready: {' '.join(last)}; see {settings.home / 'service.log'}")
