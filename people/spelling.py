"""How an id may be written, whatever it names and by whichever door it comes: one rule for bodies, paths, links and files. Pure.

Letters are judged by the Unicode tables of this Python alone. What they don't know yet is refused: another library's tables may
call it invisible, or put it together with its neighbour (NFC), and one id would be two by the door that it came through.
"""

from __future__ import annotations

import sys
from functools import cache
from itertools import groupby
from unicodedata import category

from feature_repo.events import MAX_ID_LENGTH, in_one_form

# What programs write for nothing; as an id it would make one person of all who have none.
NULL_WORDS = frozenset(
    ("nan", "NaN", "null", "NULL", "none", "None", "NONE", "undefined", "<NA>", "NaT", "N/A", "n/a", "[object Object]")
)
LOST = "\ufffd"
"""Stands where bytes were no text: what was meant is lost, and many are the same now."""
# Controls, formats (zero width, direction), unassigned, surrogates, and Unicode's own line breaks.
_UNSEEN = frozenset(("Cc", "Cf", "Cn", "Cs", "Zl", "Zp"))
_SURROGATES = range(0xD800, 0xE000)


def misspelt(text: str) -> str | None:
    """Why the text can't be an id, a reason of `training.faults`: bad_encoding, control_character, padded, too_long or null_word;
    None where it can."""
    if LOST in text:
        return "bad_encoding"
    if not (text.isascii() and text.isprintable()) and any(category(letter) in _UNSEEN for letter in text):
        return "control_character"
    if text != text.strip():
        return "padded"
    if max(len(text), len(in_one_form(text))) > MAX_ID_LENGTH:
        return "too_long"
    return "null_word" if text in NULL_WORDS else None


@cache
def unseen() -> str:
    """The same letters as a class of a regular expression, for who reads columns. No surrogates: its texts hold none."""
    points = (n for n in range(sys.maxunicode + 1) if n not in _SURROGATES and category(chr(n)) in _UNSEEN)
    runs = [list(run) for _, run in groupby(enumerate(points), lambda placed: placed[1] - placed[0])]
    return "[" + "".join(f"\\x{{{run[0][1]:x}}}-\\x{{{run[-1][1]:x}}}" for run in runs) + "]"
