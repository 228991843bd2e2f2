"""A plan as it is handed on: who gets which arm, what that earns and uses, and how far it may be from the best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offers.repair import rank_in


@dataclass(frozen=True)
class Choice:
    """One plan. `bound_cents` is the dual bound at `prices`; no plan is worth more."""

    arm: np.ndarray
    """int32[users]: 0 is nothing, a the user's a-th arm. int32[users, n] where some user takes n > 1, the rest filled with 0."""
    value_cents: float
    cost_cents: int
    bound_cents: float
    prices: np.ndarray
    """float64[limits]: value that the last cent of the campaign, of each store and the last unit of each item buys."""
    used: np.ndarray
    """int64[limits]: what it takes of each, in the order of `Budgets.limits`."""
    exact: bool
    """Whether it is proven that no plan is worth more."""

    @property
    def price(self) -> float:
        """Value the last cent of the campaign's budget buys; 0 when it doesn't bind."""
        return float(self.prices[0])

    @property
    def gap(self) -> float:
        """How far the plan may be from the best, as a share of the bound; 0 when it is proven to be the best."""
        return 0.0 if self.exact or self.bound_cents <= 0 else max(0.0, 1.0 - self.value_cents / self.bound_cents)


def arm_table(n_users: int, user: np.ndarray, place: np.ndarray) -> np.ndarray:
    """`Choice.arm` of pairs in any order."""
    order = np.lexsort((place, user))
    user, place = user[order], place[order]
    rank = rank_in(user)
    width = int(rank.max(initial=0)) + 1
    table = np.zeros((n_users, width), dtype=np.int32)
    table[user, rank] = place
    return table[:, 0] if width == 1 else table
