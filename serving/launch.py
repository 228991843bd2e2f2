"""`daypart serve`: check everything in this process, then hand over to BentoML's supervisor and its workers."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from serving import exits
from serving.handed import CHECKED, SETTINGS, written
from serving.preflight import preflight, require_free
from settings import Settings

GRACE_S = 10
DESCRIPTORS = 65_536
"""Of a worker, a connection each, if the system lets us: shells begin with 1,024."""
ROOT = Path(__file__).resolve().parents[1]
SERVICE = "serving.service:DaypartService"


def run(
    settings: Settings,
    workers: int | None = None,
    beside: Callable[[Settings], AbstractContextManager[object]] = nullcontext,
) -> None:
    """Serve until SIGTERM or SIGINT; requests in flight get `GRACE_S` to finish. Raises preflight.FAULTS.

    workers: in place of the setting. beside: what goes on in this process and is no part of serving, once everything was checked.
    """
    settings = replace(settings, home=settings.home.absolute(), campaigns=settings.campaigns.absolute())
    require_free(settings.host, settings.port)
    with preflight(settings) as loaded:
        os.environ.update(_environment(settings))
        take_descriptors()
        # Only now, as BentoML reads the environment when it is imported.
        from _bentoml_impl.server import serve_http  # type: ignore[import-untyped]
        from bentoml._internal.resource import system_resources

        from serving import service

        # BentoML's decorator turns the class into its own Service, which type checkers can't see.
        daypart: Any = service.DaypartService
        n = settings.workers if workers is None else workers
        daypart.config["workers"], words = _workers(n)
        daypart.inject_config()
        os.environ[SETTINGS] = written(replace(settings, workers=n or int(system_resources()["cpu"]) or 1))
        loaded()
        where = f"http://{settings.host}:{settings.port}"
        sys.stderr.write(f"serving on {where} with {words}; {where}/readyz says when\n")
        with exits.told(settings.log_format), beside(settings):
            serve_http(
                SERVICE,
                working_dir=str(ROOT),
                host=settings.host,
                port=settings.port,
                timeout_graceful_shutdown=GRACE_S,
            )


def take_descriptors() -> None:
    """Let this process and its children open DESCRIPTORS files, or as many as the system's hard limit allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):  # a system that knows of another limit besides
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _workers(n: int) -> tuple[int | str, str]:
    """(what BentoML is told, which knows of a container's share of the cores; what we say)."""
    return (n, f"{n} worker{'s' * (n > 1)}") if n else ("cpu_count", "a worker a core")


def _environment(settings: Settings) -> dict[str, str]:
    """What the workers inherit. BentoML's own state goes below `home`, by port, so that two services share no metrics files: the
    one that begins deletes what it finds."""
    return {
        SETTINGS: written(settings),
        CHECKED: str(os.getpid()),
        # BentoML reads these two when it is imported, before it knows what the service itself sets.
        "BENTOML_DO_NOT_TRACK": "True",
        "BENTOML_HOME": os.environ.get("BENTOML_HOME") or str(settings.home / "bentoml" / str(settings.port)),
    }
