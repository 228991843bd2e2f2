"""The way past BentoML for what it doesn't answer itself: its context, exceptions, routes, time limit and tracing that is off
cost 30 of the 40 µs of an empty mounted call, leave a timer of five seconds behind each, overlook a path with a newline (%0A),
and tell anybody of the service (/schema.json).

A middleware stands behind the time limit and the tracing. Before all of them stands what the running server was given to serve:
connections made from now on have it. Nothing is lost by it: the front answers whatever is raised below it, within a deadline of
its own, and doesn't ask who stands before us.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from serving.connection import connections_of

PROBES = frozenset(("/livez", "/readyz", "/healthz"))
"""Answered by BentoML."""


class Straight:
    """Brings what is asked straight to `front`, but for the probes and whatever isn't HTTP; those go to `app`. Both are ASGI."""

    def __init__(self, app: Any, front: Any) -> None:
        self._app, self._front = app, front

    def __call__(self, scope: Any, receive: Any, send: Any) -> Awaitable[None]:
        """ASGI."""
        is_ours = scope["type"] == "http" and scope["path"] not in PROBES
        done: Awaitable[None] = (self._front if is_ours else self._app)(scope, receive, send)
        return done


def stand_before(server: Any, front: Any) -> None:
    """Have a uvicorn server (None for none) that doesn't listen yet bring everything straight to `front`, on `Connection`s."""
    if server is not None:
        server.config.http_protocol_class = connections_of(front)
        server.config.loaded_app = Straight(server.config.loaded_app, front)
