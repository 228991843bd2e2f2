"""No request brings in personal data where an id should stand: what is not taken can't be stored, logged or shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from people.plain import SUSPECT_ID, is_plain
from serving.door import decode
from serving.problems import malformed
from serving.wire_events import EventsAsk

CODE = "personal_data"
SAYS = "personal data in the clear; who somebody is belongs into user_id, with mail:, phone: or card: before it"
_PERSONS = ("/user_id", "/identity")
# Most bodies are let through by a look at their bytes; an escape may hide whatever.
_SUSPECT = re.compile(rb"\\|" + SUSPECT_ID.encode())


def impersonal(raw: bytes, kind: type[Any]) -> Any:
    """The body as a struct of `kind`, unless a text of it, whichever, holds a mail address, a phone or a card; events are
    judged one by one. Raises Problem 400."""
    body = decode(raw, kind)
    if not isinstance(body, EventsAsk) and _SUSPECT.search(raw):
        for pointer, text in _texts(msgspec.to_builtins(body), ""):
            check_word(text, pointer)
    return body


def check_word(text: str, pointer: str) -> str:
    """The text of a body, header or path, if it isn't such. Who it is about may be an identity, which the handler hashes or
    refuses. Raises Problem 400."""
    if is_plain(text) and not pointer.endswith(_PERSONS):
        raise malformed(f"{pointer}: {SAYS}", pointer, CODE)
    return text


def _texts(value: Any, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield pointer, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, f"{pointer}/{name}")
    elif isinstance(value, (list, tuple)):
        for place, inner in enumerate(value):
            yield from _texts(inner, f"{pointer}/{place}")
