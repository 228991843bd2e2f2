"""What could be sent to one user on one date, before the budget: windows, send times and arms, or the reason why nothing can."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from offers.drafts import NOTHING, Arm
from offers.usual_slot import Slot

REASONS = {
    "no_consent": "they don't allow offers",
    "no_store": "no usual store is known, or it isn't in the tables",
    "other_store": "the usual store isn't one of the campaign's",
    "store_closed": "the usual store has no open hour that day, or none in the campaign's dayparts",
    "slot_passed": "the usual hour is too near or past to announce",
    "no_product": "no product of the store allows a discount above its margin floor",
    "comes_anyway": "they would come anyway: every discount gives away more than it brings",
    "no_gain": "no discount earns what it gives away and a message costs",
    "explored": "drawn by chance to get nothing, to learn what happens without",
    "user_limit": "they have had what the campaign allows one person",
    "budget": "the money went to offers that earn more",
    "store_budget": "their store's own money went to offers that earn more",
    "stock": "what is on the shelf went to offers that earn more",
    "holdout": "kept without offers, by chance, to show what happens without",
}


@dataclass(frozen=True)
class Candidate:
    """One user before the budget. `holdout`: their own draw, the side on which a lift counts them. Aligned with the arms, the
    first of which is nothing: the ranker rows of their products, prices, floors, and places in `slots` (-1 for nothing). Without
    an arm to plan, `reason` says why."""

    user_id: str
    store_id: str | None
    as_of: datetime
    holdout: bool
    arms: tuple[Arm, ...] = (NOTHING,)
    rows: tuple[int, ...] = (-1,)
    prices: tuple[int, ...] = (0,)
    floors: tuple[int, ...] = (0,)
    slot_of: tuple[int, ...] = (-1,)
    slots: tuple[Slot, ...] = ()
    reason: str | None = None
    kind: str | None = None
    """How offers move them most likely, one of `models.response_kinds.KINDS`; None while nothing was learned."""
    n_planned: int | None = None
    """Arms after the first that the plan may take, the rest are tried by chance only; None: all of them."""
    tries: tuple[float, ...] = ()
    """Each arm's chance on a day that explores; empty where none does."""
    drawn: int | None = None
    """The arm that chance has drawn, None on a day that doesn't explore."""
    spared: bool = False
    """Whether they are sent nothing because another id of theirs was held out when it was decided about (`offers.persons`)."""
    n_draws: int = 1
    """Ids of theirs whose draws decide whether they are sent anything."""
    again: int = 0
    """How often the date was decided for them before."""

    def within(self, left_cents: int | None) -> Candidate:
        """The same without arms that take off more than is left to this user (None: all); then nothing is tried by chance."""
        if left_cents is None or all(arm.discount_cents <= left_cents for arm in self.arms):
            return self
        kept = [0, *(n for n, arm in enumerate(self.planable, 1) if arm.discount_cents <= left_cents)]
        names = ("arms", "rows", "prices", "floors", "slot_of")
        fewer: dict[str, Any] = {name: tuple(getattr(self, name)[n] for n in kept) for name in names}
        reason = self.reason or ("user_limit" if len(kept) == 1 else None)
        return replace(self, **fewer, reason=reason, n_planned=None, tries=(), drawn=None)

    @property
    def silent(self) -> bool:
        """Whether they are sent nothing, whatever was meant for them."""
        return self.holdout or self.spared

    @property
    def planable(self) -> tuple[Arm, ...]:
        """The arms that the plan may take, nothing left out."""
        return self.arms[1:] if self.n_planned is None else self.arms[1 : 1 + self.n_planned]
