"""What a merge or a split means for everything that hangs on a person. Pure rules over the ids that the person bears.

History, coupons, decisions and orders keep the id they were written under, for good; whose that is, is asked when they are
read. So a merge moves all of it at once, a split moves it back, no purchase is lost or counted twice, and the journal's
replay never changes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TypeVar

Money = TypeVar("Money", int, float)


def person_of(resolved: Mapping[str, str], user_id: str) -> str:
    """Who an id is: itself unless somebody's. resolved: the ids that are not their own person's name."""
    return resolved.get(user_id, user_id)


def summed(resolved: Mapping[str, str], by_id: Iterable[tuple[str, Money]]) -> dict[str, Money]:
    """Sums by person of what stands by id: purchases, coupons used, cents spent. The total stays."""
    sums: dict[str, Money] = {}
    for user_id, amount in by_id:
        person = person_of(resolved, user_id)
        sums[person] = sums[person] + amount if person in sums else amount
    return sums


def may_use(resolved: Mapping[str, str], coupon_user: str | None, asking: str | None) -> bool:
    """Whether a coupon is the asking person's (refusal `wrong_user`): of any id of theirs. Nobody told is nobody to refuse."""
    return asking is None or (
        coupon_user is not None and person_of(resolved, coupon_user) == person_of(resolved, asking)
    )


def limit_left(limit: int | None, used: Iterable[int]) -> int | None:
    """What a limit per user leaves a person whose ids used so much: limits are a person's, so uses add up; never below zero.

    Two ids that each were at their limit are over it together. What was redeemed stays redeemed; nothing more is.
    """
    return None if limit is None else max(0, limit - sum(used))


def is_spared(names: Sequence[str], decided: Collection[str], held_out: Callable[[str], bool]) -> bool:
    """Whether a person is sent nothing: if any id under which they were ever decided was held out, or their name is.

    names: all ids of the person, their name first. decided: those with a decision on record. Ids that nobody decided about
    are not drawn, or a person with many would be held out for having many. After a split each id goes by its own draw again.
    """
    return held_out(names[0]) or any(held_out(name) for name in names if name in decided)


def side(name: str, held_out: Callable[[str], bool]) -> bool:
    """The side on which a lift counts a person: their name's own draw, which no merge can have influenced."""
    return held_out(name)
