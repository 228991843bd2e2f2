"""No request brings in personal data where an id should stand: what is not taken can't be stored, logged or shown. And every text
comes in in one form, whoever typed it."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from feature_repo.events import in_one_form
from people.plain import is_plain
from people.spelling import NULL_WORDS, misspelt
from serving.door import decode
from serving.problems import malformed
from serving.wire_events import EventsAsk

CODE = "personal_data"
SAYS = "personal data in the clear; who somebody is belongs into user_id, with mail:, phone: or card: before it"
MISSPELT = "spaces around it, invisible or lost characters, or a word for nothing"
_PERSONS = ("/user_id", "/identity")
# Prose, words of ours and the merchant's words for goods may be anything; links are judged one by one.
_NO_IDS = ("/why", "/ruling", "/identity", "/evidence")
_WORDS = "/categories/"
# Most bodies are let through by a look at their bytes; an escape may hide whatever. It finds what SUSPECT_ID does, and spaces at
# an end of a text, and words for nothing. Several looks, each with few letters to begin with, take half the time of one.
_NULLS = "|".join(map(re.escape, sorted(NULL_WORDS)))
_LOOKS = tuple(
    re.compile(form.encode()).search
    for form in (
        r"[^\x00-\x24\x26-\x2A\x2C-\x3F\x41-\x5B\x5D-\x7F]",
        r"[\s.:](?<=[DELNOYdelnoy][\s.:])(?:(?<=:)|(?<=\s)\s*:|[\s.:]*\(?0)",
        r"[0-9][0-9]{3}[\s._\-]+(?:[0-9]{4}|[0-9]{6})[\s._\-]",
        r"[0-9](?=[0-9\s]{14})(?:\s*[0-9]){14}",
        r"[0-9](?=[0-9][0-9A-Za-z\s]{11})(?<=[^0-9A-Za-z][A-Za-z]{2}[0-9])[0-9](?:\s*[0-9A-Za-z]){11}",
        r"[:,\[]\s*\"\s",
        r"\s\"\s*[,}\]]",
        rf"\"(?:{_NULLS})\"",
    )
)


def is_suspect(raw: bytes) -> bool:
    """Whether a JSON text of one of our structs may hold anything that `check_word` refuses or changes."""
    found = [look(raw) for look in _LOOKS]
    return any(found)


def impersonal(raw: bytes, kind: type[Any]) -> Any:
    """The body as a struct of `kind`, its texts in one form, unless one of them, whichever, holds a mail address, a phone or a
    card; events are judged one by one. Raises Problem 400."""
    body = decode(raw, kind)
    if not isinstance(body, EventsAsk) and is_suspect(raw):
        told = msgspec.to_builtins(body)
        form = _checked(told, "")
        if form != told:
            return decode(msgspec.json.encode(form), kind)
    return body


def check_word(text: str, pointer: str) -> str:
    """The text of a body, header or path in one form, if it isn't such. Who it is about may be an identity, which the handler
    hashes or refuses. Raises Problem 400."""
    if is_plain(text) and not pointer.endswith(_PERSONS):
        raise malformed(f"{pointer}: {SAYS}", pointer, CODE)
    is_id = not pointer.endswith(_NO_IDS) and _WORDS not in pointer
    # How long each may be, the wire says.
    if is_id and misspelt(text) not in (None, "too_long"):
        raise malformed(f"{pointer}: {MISSPELT}", pointer, "invalid_field")
    return in_one_form(text)


def _checked(value: Any, pointer: str) -> Any:
    """The same with every text checked and in one form."""
    if isinstance(value, str):
        return check_word(value, pointer)
    if isinstance(value, dict):
        return {name: _checked(inner, f"{pointer}/{name}") for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_checked(inner, f"{pointer}/{place}") for place, inner in enumerate(value))
    return value
