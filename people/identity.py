"""Identities as they are written, `card:4000 1234`, and the one form each is brought to before anything else is done with it.

A text is an identity when it begins with a kind, in whatever case, and a colon; any other text is an id that the merchant gave,
and left alone.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from people.spelling import LOST, NULL_WORDS

KINDS = ("app", "card", "phone", "device", "receipt", "mail")
USER = "user"
"""The kind of an id that the merchant gave: it needs no prefix and is never hashed."""
MAX_LENGTH = 256
_FORM = re.compile(rf"({'|'.join(KINDS)}):(.*)", re.DOTALL | re.IGNORECASE | re.ASCII)
_REFERENCE = re.compile(rf"({'|'.join(KINDS)})-[0-9a-f]{{32}}")
# What stands between the letters of a number, one sign for each: dashes, spaces, connectors (Unicode's Pd, Zs, Pc), and full
# stops and middle dots, which have no category of their own.
_BETWEEN = {"Pd": "-", "Zs": " ", "Pc": "_"}
_STOPS = frozenset(
    ".\u00b7\u0589\u06d4\u0701\u0702\u1362\u166e\u1803\u1809\u2022\u2024\u2027\u2043\u2219\u22c5\u2cf9\u2cfe\u2e31\u2e3c\u3002\u30fb"
    "\ua4ff\ua60e\ua6f3\ufe12\ufe52\uff0e\uff61\uff65"
)
_MINUS = frozenset("\u02d7\u2052\u2053\u2212")
# What is written about an area code, and the zero in it that nobody dials from abroad; Italy's is dialled.
_SEPARATED = ("card", "phone", "device")
_SIGNS = re.compile(r"[\s\-_.]")
_AROUND, _TRUNK = re.compile(r"[/()]"), re.compile(r"^(\+(?!39)[0-9]{1,3})\(0\)")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_NATIONAL = re.compile(r"[0-9]{5,15}")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+")


class IdentityFault(ValueError):
    """An identity that cannot be one. The message names its kind and what is asked of it, never the value."""


class Identity(NamedTuple):
    """`value` is in its one form, and personal: hash it, and neither store nor log it."""

    kind: str
    value: str


def is_identity(text: str) -> bool:
    """Whether the text is an identity in the clear: a kind and a colon before whatever."""
    return _match(text) is not None


def kind_of(reference: str) -> str:
    """The kind of a reference (`card-…`, see `people.secret`); `user` for any other text."""
    found = _REFERENCE.fullmatch(reference)
    return found[1] if found else USER


def parse(text: str) -> Identity:
    """Kind and value of `kind:value`, the value in its one form. Raises IdentityFault.

    phone: E.164, `00` read as `+`, a trunk `(0)` behind the country code dropped; without a country code the digits as they are,
    an identity of its own, as guessing the country could make two people one. card: without spaces, dashes, connectors and
    full stops, whichever of Unicode's, in capitals, leading zeros kept. device: those of one sort are one. mail: lower case.
    receipt: store, slash, order. app, device and receipt keep their case.
    """
    found = _match(text)
    if found is None:
        raise IdentityFault(f"begin an identity with one of {', '.join(kind + ':' for kind in KINDS)}")
    kind, value = found[1].lower(), found[2].strip()
    # Most are plain, and need no look at every letter.
    if not (value.isascii() and value.isprintable()):
        value = unicodedata.normalize("NFKC", value)
        value = (_plain(value) if kind in _SEPARATED else value).strip()
    if not value or len(value) > MAX_LENGTH or not value.isprintable():
        raise IdentityFault(f"{kind}: write 1 to {MAX_LENGTH} visible characters after the colon")
    if LOST in value or NULL_WORDS.intersection((value, *value.split("/"))):
        raise IdentityFault(f"{kind}: a word for nothing is nobody's")
    return Identity(kind, _FORMS[kind](value))


def receipt(store_id: str, order_id: str) -> str:
    """The identity of a ticket: `receipt:store/order`."""
    return f"receipt:{store_id}/{order_id}"


def _match(text: str) -> re.Match[str] | None:
    # Full-width letters and colons are what some keyboards write; the value is brought to its form later.
    return _FORM.fullmatch(text if text.isascii() else unicodedata.normalize("NFKC", text))


def _plain(value: str) -> str:
    """Every sign that stands between as `-`, `_`, `.` or a space, and every digit as 0 to 9."""
    return "".join(map(_plain_letter, value))


def _plain_letter(x: str) -> str:
    if x in _STOPS:
        return "."
    if x in _MINUS:
        return "-"
    return _BETWEEN.get(unicodedata.category(x)) or str(unicodedata.decimal(x, x))


def _phone(value: str) -> str:
    value = _SIGNS.sub("", value)
    value = f"+{value[2:]}" if value.startswith("00") else value
    digits = _AROUND.sub("", _TRUNK.sub(r"\1", value))
    if not (_E164.fullmatch(digits) or _NATIONAL.fullmatch(digits)):
        raise IdentityFault("phone: write + with country code and number, 7 to 15 digits in all")
    return digits


def _card(value: str) -> str:
    digits = _SIGNS.sub("", value).upper()
    if not digits:
        raise IdentityFault("card: write its number; spaces, dashes and full stops may stand between")
    return digits


def _mail(value: str) -> str:
    if not _MAIL.fullmatch(value):
        raise IdentityFault("mail: write name@domain")
    return value.lower()


def _receipt(value: str) -> str:
    store_id, slash, order_id = value.partition("/")
    if not (store_id and slash and order_id):
        raise IdentityFault("receipt: write store/order")
    return value


def _opaque(value: str) -> str:
    return value


_FORMS = {"app": _opaque, "card": _card, "phone": _phone, "device": _opaque, "receipt": _receipt, "mail": _mail}
