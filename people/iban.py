"""Numbers of bank accounts (IBAN), known by a country's length and two check digits: ISO 13616-1, ISO 7064 (97-10). Pure."""

from __future__ import annotations

import re

# Countries by the length of their numbers, from the registry of SWIFT; a length that no country has is no account.
_BY_LENGTH = {
    15: "no", 16: "be", 18: "dk fi fo gl nl sd", 19: "mk si", 20: "at ba ee kz lt lu xk", 21: "ch hr li lv",
    22: "bg bh cr de gb ge ie me rs va", 23: "ae gi il iq om so tl", 24: "ad cz es md pk ro sa se sk tn vg", 25: "ly pt st",
    26: "is tr", 27: "bi dj fr gr it mc mr sm", 28: "al az by cy do gt hu lb ni pl sv", 29: "br eg ps qa ua", 30: "jo kw mu",
    31: "mt sc", 32: "lc", 33: "ru",
}  # fmt: skip
_LENGTHS = {country: length for length, countries in _BY_LENGTH.items() for country in countries.split()}
# Of these all begin with a bank's digits; ids of hexadecimal letters seldom do.
_HEXADECIMAL, _BANK = frozenset(("ad", "ae", "ba", "be", "de", "ee")), slice(2, 12)
_COUNTRY = "|".join(_LENGTHS)
SUSPECT_IBAN = r"(?:^|[^0-9A-Za-z])[A-Za-z]{2}[0-9]{2}(?:\s*[0-9A-Za-z]){11}"
"""What `has_iban` says yes to holds this, in whatever letters; read by polars too."""
_BEGINS = re.compile(rf"(?<![0-9a-z])(?:{_COUNTRY})[0-9]{{2}}")
_REST = re.compile(r"[0-9a-z](?: ?[0-9a-z])*")


def has_iban(said: str) -> bool:
    """Whether a text in small letters holds one, in one piece or with a space after any four."""
    return any(_is_iban(said, found.start()) for found in _BEGINS.finditer(said))


def _is_iban(said: str, start: int) -> bool:
    length, taken = _LENGTHS[said[start : start + 2]], list[str]()
    rest = _REST.match(said, start)
    assert rest is not None
    for word in rest[0].split(" "):
        taken.append(word)
        number = "".join(taken)
        if len(number) >= length:
            is_told = number[:2] not in _HEXADECIMAL or number[_BANK].isdecimal()
            return len(number) == length and is_told and _checks(number)
    return False


def _checks(number: str) -> bool:
    digits = "".join(str(int(letter, 36)) for letter in number[4:] + number[:4])
    return int(digits) % 97 == 1
