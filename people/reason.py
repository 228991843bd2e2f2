"""Why something was done, for an audit that is kept for ever: it may name nobody. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from people.plain import tells_of_somebody

MAX_WHY = 160


class ReasonFault(ValueError):
    """A reason that can't be kept. One line, which doesn't repeat it."""


def checked(why: str, names: Iterable[str] = ()) -> str:
    """The reason without spaces around it, if the audit may keep it; an empty one may be.

    names: ids of whom it is about. Raises ReasonFault where it is too long, or `people.plain.tells_of_somebody` sees a mail
    address, a phone, a long number or one of the names; what somebody is called it can't see.
    """
    why = why.strip()
    if len(why) > MAX_WHY:
        raise ReasonFault(f"why: at most {MAX_WHY} letters")
    if tells_of_somebody(why, names):
        raise ReasonFault("why: say it without naming anybody and without long numbers, it is kept for ever")
    return why
