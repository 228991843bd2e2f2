"""The door: bytes and headers (and query strings: `query`) become checked values here, once, or a 400-family problem.

Nothing a client can send may become a 5xx: sizes are bounded before parsing, nesting and numbers by msgspec, text by `wire.Id`.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec

from serving.problems import Fault, Problem, malformed
from serving.repeats import list_repeats, repeats
from serving.surrogates import without_halves
from serving.wire import HeaderKey, Id
from serving.wire_events import EventsAsk

T = TypeVar("T")
KIB = 1024
SMALL_BODY = 64 * KIB
EVENTS_BODY = 2048 * KIB
REPEATED = "an object names a member twice"

_PLACE = re.compile(r" - at `(?:key in )?\$(?P<path>[^`]*)`$")
_STEP = re.compile(r"\.([^.\[\]]+)|\[([^\]]*)\]")
_FIELD = re.compile(r"^Object (?:missing required|contains unknown) field `(?P<name>[^`]*)`")


def check_json(headers: dict[str, str]) -> None:
    """Refuse a body that does not say it is plain JSON in UTF-8. Raises Problem 415."""
    kind, _, parameters = headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().replace('"', "")
    if kind.strip().lower() != "application/json" or charset not in ("", "charset=utf-8"):
        raise Problem(415, "unsupported_media_type", "send the body as Content-Type: application/json, in UTF-8")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(415, "unsupported_encoding", "send the body without Content-Encoding")


async def read_body(receive: Callable[[], Awaitable[Any]], headers: dict[str, str], limit: int) -> bytes:
    """The whole body, at most `limit` bytes. Raises Problem 413 beyond it, ConnectionError when the client leaves."""
    declared = headers.get("content-length", "")
    if declared.isdecimal() and len(declared) < 20 and int(declared) > limit:
        raise _too_large(limit)
    chunks, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError("the client left before its body was read")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


def _too_large(limit: int) -> Problem:
    return Problem(413, "body_too_large", f"the body is over {limit} bytes; split it", headers={"Connection": "close"})


def decode(body: bytes, kind: type[T]) -> T:
    """The body as `kind`. Raises Problem 400 with a JSON pointer to the first fault."""
    try:
        decoded = msgspec.json.decode(body, type=kind)
        # The rows of a list of events are judged one by one, this too.
        if list_repeats(body, decoded.events) if isinstance(decoded, EventsAsk) else repeats(body):
            raise Problem(400, "repeated_member", REPEATED, [Fault("", REPEATED)])
        return decoded
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if kind is EventsAsk and (whole := without_halves(body)) != body:
            return decode(whole, kind)
        fault = fault_of(error)
        raise Problem(400, "malformed", f"{fault.pointer or 'body'}: {fault.detail}", [fault]) from None


def fault_of(error: Exception) -> Fault:
    """Where and why msgspec refused: its `$.a[0]` becomes the JSON pointer `/a/0`."""
    if isinstance(error, UnicodeDecodeError):
        return Fault("", "the body is not UTF-8")
    if isinstance(error, RecursionError):
        return Fault("", "the body is nested too deeply")
    text = str(error)
    place = _PLACE.search(text)
    detail = text[: place.start()] if place else text
    steps = [a or b for a, b in _STEP.findall(place["path"])] if place else []
    if named := _FIELD.match(detail):
        steps.append(named["name"][:64])
    return Fault("".join(f"/{_escape(step)}" for step in steps), detail[:200])


def _escape(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")


def checked_id(value: str, name: str) -> str:
    """An id from the path: bounded, without control characters. Raises Problem 400."""
    return _checked(value, Id, f"path/{name}", f"{name} is empty, too long or holds control characters")


def idempotency_key(headers: dict[str, str]) -> str:
    """The Idempotency-Key header. Raises Problem 400."""
    if not headers.get("idempotency-key"):
        detail = "send an Idempotency-Key header, new for each act and the same for its retries"
        raise malformed(detail, "header/Idempotency-Key", "idempotency_key_missing")
    key = headers["idempotency-key"]
    return _checked(
        key, HeaderKey, "header/Idempotency-Key", "the Idempotency-Key is not 1 to 128 visible ASCII letters"
    )


def _checked(value: str, kind: Any, pointer: str, detail: str) -> str:
    try:
        return str(msgspec.convert(value, type=kind))
    except msgspec.ValidationError:
        raise malformed(detail, pointer) from None
