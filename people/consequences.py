"""What a merge or a split means for everything that hangs on a person. Pure rules over the ids that the person bears.

History, coupons, decisions and orders keep the id they were written under, for good; whose that is, is asked when they are
read. So a merge moves all of it at once, a split moves it back, no purchase is lost or counted twice, and the journal's
replay never changes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence


def person_of(resolved: Mapping[str, str], user_id: str) -> str:
    """Who an id is: itself unless somebody's. resolved: the ids that are not their own person's name."""
    return resolved.get(user_id, user_id)


def is_spared(names: Sequence[str], decided: Collection[str], held_out: Callable[[str], bool]) -> bool:
    """Whether a person is sent nothing: if any id under which they were ever decided was held out, or their name is.

    names: all ids of the person, their name first. decided: those with a decision on record. Ids that nobody decided about
    are not drawn, or a person with many would be held out for having many. After a split each id goes by its own draw again.
    Stated for the planner to take up, which goes by id as yet (ADR 14).
    """
    return held_out(names[0]) or any(held_out(name) for name in names if name in decided)
