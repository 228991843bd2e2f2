"""What a merge or a split means for everything that hangs on a person.

History, coupons, decisions and orders keep the id they were written under, for good; whose that is, is asked when they are
read. So a merge moves all of it at once, a split moves it back, no purchase is lost or counted twice, and the journal's
replay never changes.
"""

from __future__ import annotations

from collections.abc import Mapping


def person_of(resolved: Mapping[str, str], user_id: str) -> str:
    """Who an id is: itself unless somebody's. resolved: the ids that are not their own person's name."""
    return resolved.get(user_id, user_id)
