"""Personal data where an id should stand: a mail address, a phone or a payment card in the clear. Pure.

Whoever writes them as such is told to write `mail:`, `phone:` or `card:` before them, which hashes them at the door; anywhere
else they have no business. They are looked for anywhere in a text, however it is written: full-width, in capitals, with words
around, `%40` for `@`. A number of 13 to 19 digits that passes Luhn's test (ISO/IEC 7812-1, annex B) is a card where it is grouped
as cards are; ungrouped, only where a person is named or beside words, as orders have such numbers too. So it is with a phone that
is written without its plus. Bank accounts: `people.iban`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from people.iban import SUSPECT_IBAN, has_iban

# These four are read by polars too, which looks neither ahead nor back.
MAIL = r"[^\s@:<>()\[\],;\"/]+@[^\s@<>()\[\],;\"/]+"
"""Generous: a domain without a dot is one."""
PHONE = r"\+[ (]{0,2}[1-9](?:[ \-./()_]{0,3}[0-9]){6,14}"
_CALLED = r"(?:telephone|telefon|tel|phone|mobile|mobil|handy|natel)"
# Few branches, each with few letters to begin with: most bodies and columns are looked through by it, and hold nothing. A sign
# that a mail, a phone or an escape needs; a kind's or a caller's last letter; digits.
_SUSPECT = (
    r"[^\x00-\x24\x26-\x2A\x2C-\x3F\x41-\x5B\x5D-\x7F]|[DELNOYdelnoy](?:\s*:|[\s.:]+\(?0)"
    rf"|[0-9]{{4}}[\s._\-]+(?:[0-9]{{4}}|[0-9]{{6}})[\s._\-]|[0-9](?:\s*[0-9]){{14}}|{SUSPECT_IBAN}"
)
SUSPECT_ID = _SUSPECT
SUSPECT_PERSON = (
    rf"{_SUSPECT}|[0-9](?:\s*[0-9]){{12}}|[0-9]{{3}}\)?[\s.\-/]+[0-9]{{3}}[\s.\-/]+[0-9]{{4}}"
    r"|(?:^|[^0-9A-Za-z.\-])\(?0[0-9]{1,4}\)?[\s.\-/()]*[0-9]{2}"
)
"""What `is_plain` and `is_plain_person` say yes to holds this; most texts don't, and need no second look."""

# In a domain the last part is letters, or versions (`latte@1.5`) would be addresses.
_CLEAR = re.compile(
    r"[^\s@]@[^\s@]*[^\s@.]\.[^\W\d_]{2}"
    rf"|(?<![0-9a-z]){PHONE}(?![0-9])|(?<=phone){PHONE}|(?<=tel){PHONE}"
    r"|(?:^|\s)(?:mail|mailto|phone|tel|card)\s*:"
)
# Mastercard's second range is 2221 to 2720: no year is among them, so neither is an order's date.
_BEGIN = r"(?:(?<![0-9a-z])|(?<=card))(?=[3-6]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)"
_END = r"(?![0-9a-z])"
_BY_FOUR = r"[0-9]{4}(?:[ ._\-][0-9]{4}){2}[ ._\-][0-9]{1,7}"
_GROUPED = [
    re.compile(rf"{_BEGIN}(?=({form}){_END})")
    for form in (
        _BY_FOUR,
        r"[0-9]{4}(?:[ ._\-][0-9]{4}){3}[ ._\-][0-9]{1,3}",
        r"[0-9]{4}[ ._\-][0-9]{6}[ ._\-][0-9]{4,5}",
    )
]
_WHOLE = re.compile(rf"{_BEGIN}{_BY_FOUR}{_END}")
_BARE = re.compile(rf"{_BEGIN}([0-9](?: ?[0-9]){{12,18}}){_END}")
_NAMED_BARE = re.compile(rf"(?:{_BEGIN}|(?<![0-9a-z])[a-z]{{1,2}}(?=[2-6]))([0-9]{{16,19}})(?:[a-z]{{1,2}})?{_END}")
# 13 and 14 digits are products' (EAN), which have names beside them.
_WORDED = re.compile(rf"(?<![0-9a-z])(?=[3-6]|2[2-7])([0-9](?: ?[0-9]){{14,18}}){_END}")
_WORD = re.compile(r"(?:^|\s)\S*[^\W\d_]{2}|(?:^|\s)[^\W\d_](?:\s|$)")
_TOLD_PHONE = re.compile(rf"(?<![^\W_]){_CALLED}[ .:]{{1,3}}\(?0(?:[ \-./()_]{{0,3}}[0-9]){{7,14}}{_END}")
# Phones without a plus: as one dials abroad, with a trunk's 0, in North America's groups. Without any group the last two are ids.
_ABROAD = re.compile(rf"(?<![0-9a-z])\(?00(?=[1-9])([0-9](?:[ \-./()]{{0,3}}[0-9]){{9,13}}){_END}")
_REACHES = re.compile(r"1[2-9][0-9]{9}|7[0-9]{10}|[2-689][0-9]{10,12}")
_TRUNK = re.compile(rf"(?<![0-9a-z.\-])\(?(0[1-9][0-9]{{0,3}}\)?(?:[ \-./]{{1,2}}[0-9]{{2,8}}){{1,4}}){_END}")
_AMERICAN = re.compile(
    r"(?<![0-9a-z.\-])(?:1[ .\-])?\(?[0-9]{3}\)?[ .\-/]{1,2}[0-9]{3}[ .\-/][0-9]{4}(?![0-9a-z]|[.\-][0-9])"
)
_TRUNK_DIGITS = range(9, 12)
_UUID = re.compile(r"(?<![0-9a-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-z])")
_ID, _PERSON, _SPACES = re.compile(SUSPECT_ID), re.compile(SUSPECT_PERSON), re.compile(r"\s+")
_DASHES = {ord(dash): "-" for dash in "\u2010\u2012\u2013\u2014\u2015\u2212"}
# In prose a phone may stand without its plus, and a long number is nobody's business whatever it is; a date is.
_DATE = re.compile(r"\b(?:(?:19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]|[0-3]?[0-9]\.[01]?[0-9]\.(?:19|20)[0-9]{2})\b")
_WITHIN = re.compile(
    r"[0-9]{9,}|\b0[0-9]{1,3}(?:[ /.\-]?[0-9]{2,4}){2,}\b|\b[0-9]{3}[ .\-][0-9]{4}\b|\b(?:mailto|mail|phone|tel|card):"
)
_IN_GROUPS = re.compile(r"\b[0-9]{1,4}\)?(?:[ /.\-]{1,2}\(?[0-9]{2,4}\)?){2,}\b")
_PROSE_DIGITS = 7


def is_plain(text: str) -> bool:
    """Whether an id of anything but a person holds personal data in the clear."""
    return _ID.search(text) is not None and _holds(flat(text))


def is_plain_person(text: str) -> bool:
    """Whether an id of a person, no identity, does; an ungrouped card counts too, or one in odd groups with spaces."""
    if _PERSON.search(text) is None:
        return False
    said = flat(text)
    return _holds(said) or _any_card(_BARE, said) or _any_card(_NAMED_BARE, said) or _holds_phone(said)


def tells_of_somebody(text: str, names: Iterable[str] = ()) -> bool:
    """Whether prose that outlives a person names one: by a mail address or a long number, or by one of these ids.

    Seven digits in groups are a phone, unless they are a date. The name of a person can't be told from another word.
    """
    said = flat(text)
    undated = _DATE.sub("|", said)
    if _holds(said) or _WITHIN.search(undated):
        return True
    if any(sum(map(str.isdigit, found[0])) >= _PROSE_DIGITS for found in _IN_GROUPS.finditer(undated)):
        return True
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) for name in names)


def flat(text: str) -> str:
    """The text in one way of writing: NFKC, no capitals, one space for many, any digits as 0 to 9, any dash as a hyphen."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_DASHES)
        text = "".join(str(unicodedata.decimal(letter, letter)) for letter in text)
    text = _SPACES.sub(" ", text.casefold()).strip()
    return text.replace("%40", "@").replace("%2b", "+") if "%" in text else text


def passes_luhn(digits: str) -> bool:
    """Luhn's test of a number's last digit."""
    doubled = (int(digit) * 2 for digit in digits[-2::-2])
    return (sum(n - 9 if n > 9 else n for n in doubled) + sum(int(digit) for digit in digits[-1::-2])) % 10 == 0


def _holds(said: str) -> bool:
    if _CLEAR.search(said) or _TOLD_PHONE.search(said) or _WHOLE.fullmatch(said) or has_iban(said):
        return True
    said = _UUID.sub("|", said)
    if _WORD.search(said) and _any_card(_WORDED, said):
        return True
    return any(_any_card(form, said) for form in _GROUPED)


def _any_card(form: re.Pattern[str], said: str) -> bool:
    numbers = (re.sub(r"[^0-9]", "", found[1]) for found in form.finditer(said))
    return any(13 <= len(number) <= 19 and passes_luhn(number) for number in numbers)


def _holds_phone(said: str) -> bool:
    """Whether who a person is, is told by a phone without its plus."""
    said = _DATE.sub("|", _UUID.sub("|", said))
    abroad = (re.sub(r"[^0-9]", "", found[1]) for found in _ABROAD.finditer(said))
    if _AMERICAN.search(said) or any(_REACHES.fullmatch(digits) for digits in abroad):
        return True
    return any(sum(map(str.isdigit, found[1])) in _TRUNK_DIGITS for found in _TRUNK.finditer(said))
