"""Why something was done, for an audit that is kept for ever: it may name nobody, in any spelling.

Whom it is about is known by references at most, which can't be turned back; so what the reason says is turned into references
too, every run of its words under every kind of theirs, and laid beside them. Digits in groups, or after a word like "card", are
refused whoever's they are. What can't be seen: what somebody is called, digits spelt out, and less than a whole identity.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from people.identity import USER, IdentityFault, kind_of
from people.plain import flat, tells_of_somebody
from people.secret import References

MAX_WHY = 160
_MOST_WORDS, _MOST_DECODED = 8, 4
_WORD = re.compile(r"[^\W_]+")
_NOT_SAID = re.compile(r"[\W_]+")
# Dates, times of the day, and tickets by year and number.
_HARMLESS = re.compile(
    r"\b(?:(?:19|20)[0-9]{2}-[01][0-9]-[0-3][0-9](?:t[0-9:.]+z?)?|[0-3]?[0-9]\.[01]?[0-9]\.(?:19|20)[0-9]{2}"
    r"|[0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9])?|(?:19|20)[0-9]{2}-[0-9]{1,4})\b"
)
_DIGITS = re.compile(r"[0-9](?:[\W_]{0,3}[0-9])*")
_CALLED = re.compile(
    r"\b(?:card|phone|tel|mobile|member|account|iban|konto|karte)[a-z]{0,3}[\W_]*(?:(?:no|nr|number)[\W_]*)?"
    r"[0-9](?:[\W_]{0,3}[0-9]){3}"
)
_MOST_DIGITS = 7


class ReasonFault(ValueError):
    """A reason that can't be kept. One line, which doesn't repeat it."""


def checked(why: str, names: Iterable[str] = (), references: References | None = None) -> str:
    """The reason without spaces around it, if the audit may keep it; an empty one may be.

    names: ids and references of whom it is about. references: turns what is said into such. Raises ReasonFault where it is too
    long or names somebody, SecretFault.
    """
    why = why.strip()
    if len(why) > MAX_WHY:
        raise ReasonFault(f"why: at most {MAX_WHY} letters")
    names = set(names)
    if any(_tells(said, names, references) for said in _decoded(why)):
        raise ReasonFault("why: say it without naming anybody and without long numbers, it is kept for ever")
    return why


def _decoded(why: str) -> Iterator[str]:
    """As it is written, and as whoever reads an address would."""
    for _ in range(_MOST_DECODED):
        yield why
        if (plain := unquote(why)) == why:
            return
        why = plain


def _tells(said: str, names: set[str], references: References | None) -> bool:
    left = _HARMLESS.sub("|", flat(said))
    numbers = (re.sub(r"[^0-9]", "", found[0]) for found in _DIGITS.finditer(left))
    if tells_of_somebody(said, names) or _CALLED.search(left) or any(len(one) > _MOST_DIGITS for one in numbers):
        return True
    own = {_squeezed(name) for name in names if kind_of(name) == USER} - {""}
    kinds, runs = {kind_of(name) for name in names} - {USER}, set(_runs(said))
    if any(_squeezed(run) in own for run in runs):
        return True
    return references is not None and any(_reference(references, kind, run) in names for kind in kinds for run in runs)


def _runs(said: str) -> Iterator[str]:
    """Words that stand side by side, up to so many: as they stand and in other capitals."""
    words = list(_WORD.finditer(said))
    for at, first in enumerate(words):
        for last in words[at : at + _MOST_WORDS]:
            run = said[first.start() : last.end()]
            squeezed = _NOT_SAID.sub("", run)
            yield from (run, run.lower(), run.upper(), run.title(), squeezed, f"+{squeezed}")


def _squeezed(text: str) -> str:
    return _NOT_SAID.sub("", flat(text))


def _reference(references: References, kind: str, said: str) -> str | None:
    try:
        return references.of(f"{kind}:{said}")
    except IdentityFault:
        return None
