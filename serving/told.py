"""What the ledger tells of a person while their list is made: who they are, what they allow, their coupons.

In time or not at all; what was last known makes up for what is not told. `ledger_gate` says when nobody is to be asked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from offers.answers import Offer
from serving.admitting import micros
from serving.asked import Asked
from serving.episode import Episode
from serving.identified import names, wallet_of
from serving.ledger_gate import PATIENCE_S, LedgerAway
from serving.persons import Names
from serving.standing import NONE, Purposes

T = TypeVar("T")


async def names_told(asked: Asked, user_id: str | None) -> Names:
    """The ids of the person, their name first: those last known while the registry can't be asked."""
    if user_id is None:
        return ()
    if (known := asked.parts.persons.recall(user_id)) is not None:
        return known
    try:
        return await _ask(asked, lambda: names(asked, user_id), asked.parts.persons.unasked)
    except LedgerAway:
        return asked.parts.persons.remembered(user_id)


async def allowed_told(asked: Asked, theirs: Names) -> tuple[Purposes, bool]:
    """(what a person allows, whether that could be asked). Who can't be asked and isn't remembered allows nothing."""
    standing = asked.parts.standing
    if (known := standing.recall(theirs)) is not None:
        return known, True
    try:
        found = await _ask(asked, lambda: asked.begin(standing.allows, theirs, micros(asked.now)), standing.unasked)
    except LedgerAway:
        found = standing.remembered(theirs) or NONE
    else:
        if not standing.unasked.is_on:
            return found, True
    return found, standing.remembered(theirs) is not None


async def wallet_told(asked: Asked, theirs: Names) -> list[Offer] | None:
    """A person's coupons that can still be used, None when nobody can say in time."""
    try:
        return await _ask(asked, lambda: wallet_of(asked, theirs))
    except LedgerAway:
        return None


async def _ask(asked: Asked, begin: Callable[[], Awaitable[T]], unasked: Episode | None = None) -> T:
    """unasked: the trouble of one that makes up for a ledger that fails, so that what it comes to is no word of the ledger's."""
    has_told = None if unasked is None else lambda: not unasked.is_on
    return await asked.parts.ledger_gate.asked(begin, asked.patience_s(PATIENCE_S), has_told)
