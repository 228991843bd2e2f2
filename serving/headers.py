"""The request line and headers, bounded and without contradictions, before anything else is read; and an answer's headers.

The server in front of us keeps what it was sent before we are asked, so a reverse proxy bounds that too (docs/security.md).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from secrets import token_hex
from typing import Any

from people.plain import is_plain
from serving.deadline import HEADER as DEADLINE
from serving.problems import Problem, malformed

MAX_HEADERS = 100
MAX_HEADER_BYTES = 16 * 1024
MAX_TARGET_BYTES = 8 * 1024
# Two of one of these say two things; whoever stands before us may have believed the other one (RFC 9110, 5.3).
ONCE = frozenset(
    (
        b"authorization",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"host",
        b"idempotency-key",
        b"transfer-encoding",
        b"x-request-id",
        DEADLINE.encode(),
    )
)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")


def check_request(scope: Mapping[str, Any]) -> None:
    """Raises Problem 414 for a path and query no call could have, 431 for too much of headers, 400 for one that stands twice and
    may not, 501 for a body in a transfer coding other than chunked (RFC 9112, 6.1)."""
    if len(scope["path"]) + len(scope.get("query_string", b"")) > MAX_TARGET_BYTES:
        raise Problem(414, "uri_too_long", f"path and query are over {MAX_TARGET_BYTES} bytes")
    n_bytes, seen = 0, set()
    for n, (name, value) in enumerate(scope["headers"], 1):
        n_bytes += len(name) + len(value)
        if n > MAX_HEADERS or n_bytes > MAX_HEADER_BYTES:
            raise Problem(
                431, "headers_too_large", f"over {MAX_HEADERS} headers, or over {MAX_HEADER_BYTES} bytes of them"
            )
        if name in seen and name in ONCE:
            place = f"header/{name.decode()}"
            raise malformed(f"{place}: given twice; send it once", place, "header_repeated")
        seen.add(name)
        if name == b"transfer-encoding" and value.strip().lower() != b"chunked":
            # Its end is where those think who stand before us, not where we do.
            raise Problem(
                501,
                "unsupported_transfer_coding",
                "send the body as it is, whole or chunked, in no other Transfer-Encoding",
                headers={"Connection": "close"},
            )


def request_id_of(headers: Mapping[str, str]) -> str:
    """The id the client wished for, if it is one that a log can hold; else a new one."""
    wished = headers.get("x-request-id", "")
    return wished if _REQUEST_ID.fullmatch(wished) and not is_plain(wished) else token_hex(16)


def told_headers(kind: bytes, body: bytes, request_id: str, more: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """An answer's own, and `more`."""
    raw = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"x-request-id", request_id.encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    return raw + [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in more.items()]
