"""What a handler is given and what it gives back: one request, already authorised, read and checked."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from serving.deadline import ANSWER_S, TICK_S
from serving.door import SMALL_BODY
from serving.keys import ApiKey
from serving.parts import Parts
from serving.problems import malformed

T = TypeVar("T")
# Moments outside are typing errors, and adding an offset to the ends of the calendar overflows.
_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class Asked(msgspec.Struct, frozen=True, gc=False):
    """One request. `body` and `query` are the structs that the call names, `path` its checked path parameters."""

    parts: Parts
    key: ApiKey
    path: Mapping[str, str]
    query: Any
    body: Any
    headers: Mapping[str, str]
    idempotency_key: str
    now: datetime
    until_s: float = math.inf
    """By the clock of the event loop: when the caller stops waiting."""

    def patience_s(self, most_s: float) -> float:
        """How long this request may wait for something it can do without: 0 or less when it had better not ask."""
        return min(most_s, self.until_s - asyncio.get_running_loop().time() - ANSWER_S)

    def is_late(self) -> bool:
        """Whether the caller's time is over."""
        return asyncio.get_running_loop().time() >= self.until_s - TICK_S

    def begin(self, work: Callable[..., T], *args: Any) -> asyncio.Future[T]:
        """Start a blocking call (the ledger, above all) beside the event loop; await what comes back."""
        return asyncio.get_running_loop().run_in_executor(self.parts.pool, work, *args)


@dataclass(frozen=True)
class Reply:
    """A plain answer: a struct or JSON values, with headers of its own if need be."""

    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One row of the HTTP table: routing, authorisation, reading, answering and the OpenAPI document all follow it."""

    name: str
    method: str
    path: str
    scopes: tuple[str, ...]
    handler: Callable[[Asked], Awaitable[Reply]]
    answer: Any
    summary: str
    status: int = 200
    body: Any = None
    query: Any = None
    max_body: int = SMALL_BODY
    needs_key: bool = False
    media: str = "application/json"
    """Of the answer; one that isn't JSON is bytes already."""
    refuses: bool = False
    """Whether the rules may refuse it (422)."""
    finds: bool = False
    """Whether what its path names may be unknown (404)."""


def plausible(moment: datetime, pointer: str) -> datetime:
    """The moment, if it is one of our times. Raises Problem 400."""
    if not _EARLIEST <= moment < _LATEST:
        raise malformed(f"{pointer}: not between {_EARLIEST.year} and {_LATEST.year}", pointer, "implausible_time")
    return moment
