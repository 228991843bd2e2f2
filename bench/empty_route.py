"""The empty ASGI route that answers are measured beside: it reads what is sent and says `{}`."""

from __future__ import annotations

from typing import Any

_HEAD = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"2")],
}
_BODY = {"type": "http.response.body", "body": b"{}"}


async def empty(scope: Any, receive: Any, send: Any) -> None:
    """ASGI."""
    while (await receive()).get("more_body", False):
        pass
    await send(_HEAD)
    await send(_BODY)
