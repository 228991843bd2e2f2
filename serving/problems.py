"""Errors as RFC 9457 problem details: one shape for everything that is not a plain answer.

A `Problem` is raised anywhere below the front and leaves as `application/problem+json`. `code` is what a program branches on,
`detail` is for the person who reads the log, `errors` points into the request (RFC 6901 JSON pointers).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec

MEDIA_TYPE = b"application/problem+json"
RETRY_AFTER_S = 1
MAX_DETAIL = 400


class Fault(msgspec.Struct, frozen=True):
    """One place of the request that is wrong: a JSON pointer (or `query/<name>`, `header/<name>`) and why."""

    pointer: str
    detail: str


class ProblemDetails(msgspec.Struct, frozen=True, kw_only=True):
    """The body of every error answer. `request_id`: of this request, or of the first one where an answer is replayed."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: tuple[Fault, ...] = ()


class Problem(Exception):
    """An answer that is not the one asked for. `extra` adds members to the body (RFC 9457, 3.2)."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        errors: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(status, code, detail)
        self.status, self.code, self.detail, self.errors = status, code, detail, tuple(errors)
        self.headers, self.extra = dict(headers or {}), dict(extra or {})


def encode(problem: Problem, request_id: str) -> bytes:
    """The problem as JSON bytes."""
    known = ProblemDetails(
        title=HTTPStatus(problem.status).phrase,
        status=problem.status,
        code=problem.code,
        detail=problem.detail[:MAX_DETAIL],
        request_id=request_id,
        errors=problem.errors,
    )
    return msgspec.json.encode({**msgspec.to_builtins(known), **problem.extra})


def malformed(detail: str, pointer: str | None = None, code: str = "malformed") -> Problem:
    """400: the request cannot be read as what the call expects."""
    return Problem(400, code, detail, () if pointer is None else (Fault(pointer, detail),))


def unavailable(code: str, detail: str) -> Problem:
    """503 with Retry-After: a part is down or late; the same request may succeed in a moment."""
    return Problem(503, code, detail, headers={"Retry-After": str(RETRY_AFTER_S)})


def not_found(code: str, detail: str) -> Problem:
    """404: the thing named in the path is not known."""
    return Problem(404, code, detail)
