"""The ASGI application that BentoML mounts. It always answers, in one error model, in time: a mount that raised would hang."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from http import HTTPStatus
from time import perf_counter
from typing import Any

import msgspec

from serving import problems
from serving.admission import admitted
from serving.asked import Asked, Call
from serving.deadline import Deadlines, budget_s
from serving.door import check_json, checked_id, idempotency_key, read_body
from serving.headers import check_request, request_id_of, told_headers
from serving.identified import in_references
from serving.openapi import document
from serving.overload import Load
from serving.parts import Parts
from serving.plain import check_word, impersonal
from serving.problems import unavailable
from serving.query import query_of
from serving.routing import Routes
from serving.scrape import Scrape
from serving.troubles import Troubles

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Wire = tuple[int, bytes, bytes, Mapping[str, str]]
"""Status, media type, body, headers."""

DEADLINE_S = 3.0
JSON, TEXT = b"application/json", b"text/plain; version=0.0.4; charset=utf-8"


class Front:
    """Answers everything below `/`. `parts` is set once they are open; until then the answer is 503."""

    def __init__(self, calls: Sequence[Call], version: str) -> None:
        self.parts: Parts | None = None
        self._routes = Routes(calls)
        self._openapi = msgspec.json.encode(document(calls, version))
        self.load, self._deadlines = Load(), Deadlines(DEADLINE_S)
        self.is_leaving = False  # while the process ends every answer ends its connection (`drain`)
        self._scrape, self._troubles = Scrape(), Troubles()

    def leave(self) -> None:
        """From now on."""
        self.is_leaving = True
        if self.parts is not None:
            self.parts.metrics.workers.set(0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        started = perf_counter()
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        headers["x-request-id"] = request_id = request_id_of(headers)
        self.load.n += 1
        try:
            name, (status, kind, body, more) = await self._answered(scope, receive, headers, request_id)
        except ConnectionError:
            return  # nobody is left to answer
        finally:
            self.load.n -= 1  # before it is sent: an answer that its client doesn't read is no work
            took_s = perf_counter() - started
        if self.is_leaving:
            more = {**more, "Connection": "close"}
        raw = told_headers(kind, body, request_id, more)
        try:
            await send({"type": "http.response.start", "status": status, "headers": raw})
            await send({"type": "http.response.body", "body": body})
        except (ConnectionError, RuntimeError):
            return  # the second is uvloop's, of a connection that was closed meanwhile
        if self.parts is not None:
            if name == "recommendations" and status == HTTPStatus.OK:
                self.load.answered(took_s)
            self.parts.answered(name, status, took_s, headers)

    async def _answered(
        self, scope: Scope, receive: Receive, headers: dict[str, str], request_id: str
    ) -> tuple[str, Wire]:
        """(the call's name, the answer), whatever happens below; only a client that left raises (ConnectionError)."""
        name, within_s = "none", DEADLINE_S
        try:
            check_request(scope)
            within_s = budget_s(headers, DEADLINE_S)
            with self._deadlines.within(within_s) as deadline:
                if beside := await self._beside(scope):
                    return "beside", beside
                call, path = self._routes.find(scope["method"], scope["path"])
                name = call.name
                return name, await self._called(call, path, scope, receive, headers, deadline.until_s)
        except ConnectionError:
            raise
        except Exception as error:
            problem = self._troubles.problem(error, request_id, name, within_s)
        if self.parts is not None:
            self.parts.metrics.problems.labels(problem.code).inc()
        return name, (problem.status, problems.MEDIA_TYPE, problems.encode(problem, request_id), problem.headers)

    async def _beside(self, scope: Scope) -> Wire | None:
        """The two answers that need no key."""
        if scope["method"] not in ("GET", "HEAD"):
            return None
        if scope["path"] == "/v1/openapi.json":
            return 200, JSON, self._openapi, {}
        if scope["path"] == "/metrics" and self.parts is not None:
            return 200, TEXT, await self._scrape.page(self.parts), {}
        return None

    async def _called(
        self, call: Call, path: dict[str, str], scope: Scope, receive: Receive, headers: dict[str, str], until_s: float
    ) -> Wire:
        parts = self.parts
        if parts is None:
            raise unavailable("starting", "the service is starting")
        self.load.admit(call)
        now = parts.clock()
        key = await admitted(parts, call, headers, now)
        body = None
        if call.body is not None:
            check_json(headers)
            with self.load.aside():
                raw = await read_body(receive, headers, call.max_body)
            body = impersonal(raw, call.body)
        asked = Asked(
            parts=parts,
            key=key,
            path={name: check_word(checked_id(value, name), f"path/{name}") for name, value in path.items()},
            query=query_of(scope["query_string"], call.query),
            body=body,
            headers=headers,
            idempotency_key=check_word(idempotency_key(headers), "header/Idempotency-Key") if call.needs_key else "",
            now=now,
            until_s=until_s,
        )
        reply = await call.handler(in_references(asked))
        self._troubles.over(call.name)
        body = reply.body if isinstance(reply.body, bytes) else msgspec.json.encode(reply.body)
        return call.status, call.media.encode(), body, reply.headers
