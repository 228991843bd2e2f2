"""Personal data where an id should stand: a mail address, a phone or a payment card in the clear. Pure.

Whoever writes them as such is told to write `mail:`, `phone:` or `card:` before them, which hashes them at the door; anywhere
else they have no business. A bare number of 13 to 19 digits that passes Luhn's test (ISO/IEC 7812-1, annex B) is a card only
where a person is named: orders have such numbers too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

MAIL = r"[^\s@:]+@[^\s@]+\.[^\s@]+"
PHONE = r"\+[0-9][0-9 \-./()]{6,}[0-9]"
GROUPED_CARD = r"[3-6][0-9]{3}(?:[ \-][0-9]{4}){2}[ \-][0-9]{1,7}"
_CLEAR = rf"{MAIL}|{PHONE}|{GROUPED_CARD}"
ANYWHERE = rf"(?:mail|phone|card):.*|{_CLEAR}"
"""What no id may be but that of a person, who may be named by an identity, as that is hashed."""
_PLAIN, _ANYWHERE = re.compile(_CLEAR), re.compile(ANYWHERE)
# In prose a phone may stand without its plus, and a long number is nobody's business whatever it is.
_NATIONAL = r"\b0[0-9]{1,3}(?:[ /.\-]?[0-9]{2,4}){2,}\b"
_WITHIN = re.compile(rf"{_CLEAR}|[0-9]{{9,}}|{_NATIONAL}|\b(?:mail|phone|card):")
_CARD = re.compile(r"[3-6][0-9]{12,18}")


def is_plain(text: str) -> bool:
    """Whether an id of anything but a person is personal data in the clear."""
    return ("@" in text or ":" in text or text[:1] == "+" or text[4:5] in " -") and bool(_ANYWHERE.fullmatch(text))


def is_plain_person(text: str) -> bool:
    """Whether an id of a person, no identity, is; a bare card number counts too."""
    return _PLAIN.fullmatch(text) is not None or (_CARD.fullmatch(text) is not None and passes_luhn(text))


def tells_of_somebody(text: str, names: Iterable[str] = ()) -> bool:
    """Whether prose that outlives a person names one: by a mail address or a long number, or by one of these ids."""
    if _WITHIN.search(text):
        return True
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) for name in names)


def passes_luhn(digits: str) -> bool:
    """Luhn's test of a number's last digit."""
    doubled = (int(digit) * 2 for digit in digits[-2::-2])
    return (sum(n - 9 if n > 9 else n for n in doubled) + sum(int(digit) for digit in digits[-1::-2])) % 10 == 0
