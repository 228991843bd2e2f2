"""Spending one budget over many users: a multiple-choice knapsack, solved by its Lagrangian price.

Each user's arms lie on a concave hull of (cost, value), so the linear relaxation is solved by taking steps along all
hulls in order of value per cent spent until the money ends (Sinha and Zoltners 1979). The slope of the step that no
longer fits whole is the budget's price; the relaxation's optimum equals the Lagrangian dual there, and bounds every plan.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Choice:
    """One arm a user within the budget. `bound_cents` is the dual bound; no plan is worth more."""

    arm: np.ndarray
    """int64[users]: 0 is nothing, a the user's a-th arm."""
    value_cents: float
    cost_cents: int
    bound_cents: float
    price: float
    """Value the last cent buys; 0 when the budget doesn't bind."""

    @property
    def gap(self) -> float:
        """How far the plan may be from the best, as a share of the bound; 0 for an empty bound."""
        return 0.0 if self.bound_cents <= 0 else max(0.0, 1.0 - self.value_cents / self.bound_cents)


def choose(indptr: np.ndarray, value_cents: np.ndarray, cost_cents: np.ndarray, budget_cents: int) -> Choice:
    """The arms to send. Arms of user u are rows indptr[u] to indptr[u+1], each hull ascending in cost and value.

    indptr int64[users+1]; value_cents float64[a] above zero; cost_cents int64[a] at least 1. Ties go to the first user.
    """
    n_users = len(indptr) - 1
    user = np.repeat(np.arange(n_users), np.diff(indptr))
    first = np.zeros(len(user), dtype=bool)
    first[indptr[:-1][np.diff(indptr) > 0]] = True
    d_value = np.where(first, value_cents, np.diff(value_cents, prepend=0.0))
    d_cost = np.where(first, cost_cents, np.diff(cost_cents, prepend=0)).astype(np.int64)
    slope = d_value / np.maximum(d_cost, 1)
    order = np.lexsort((np.arange(len(user)), -slope))
    spent = np.cumsum(d_cost[order])
    n_whole = int(np.searchsorted(spent, budget_cents, side="right"))
    arm = np.zeros(n_users, dtype=np.int64)
    np.add.at(arm, user[order[:n_whole]], 1)
    value = float(d_value[order[:n_whole]].sum())
    cost = int(spent[n_whole - 1]) if n_whole else 0
    if n_whole == len(order):
        return Choice(arm, value, cost, value, 0.0)
    price = float(slope[order[n_whole]])
    bound = value + price * (budget_cents - cost)
    for step in order[n_whole:].tolist():  # fill what is left with later steps that still fit
        if budget_cents - cost <= 0:
            break
        next_of_user = step == indptr[user[step]] + arm[user[step]]
        if next_of_user and d_cost[step] <= budget_cents - cost:
            arm[user[step]] += 1
            value, cost = value + float(d_value[step]), cost + int(d_cost[step])
    return Choice(arm, value, cost, bound, price)


def best_at(value_cents: np.ndarray, cost_cents: np.ndarray, price: float) -> int:
    """The arm of one user (0 = nothing) that is best when a cent costs `price` of value; ties go to the cheaper."""
    gain = np.concatenate(([0.0], value_cents - price * cost_cents))
    return int(np.argmax(gain))
