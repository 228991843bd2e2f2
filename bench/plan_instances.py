"""Random and adversarial questions for the planner, and HiGHS' answers to them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_matrix

from offers.knapsack import Arrays, Block, Budgets

KINDS = (
    "random", "equal slopes", "all alike", "one giant coupon", "no money", "a store without money", "every store binds",
    "stock of one", "several slots", "free arms", "extremes", "whole numbers",
)  # fmt: skip


def instances(n: int, n_users: tuple[int, int], seed: int) -> Iterator[tuple[str, Arrays, Budgets]]:
    """(kind, users, budgets), kinds in turn; between n_users[0] and n_users[1] users each."""
    for number in range(n):
        rng = np.random.default_rng((seed, number))
        kind = KINDS[number % len(KINDS)]
        yield kind, *_instance(kind, int(rng.integers(n_users[0], n_users[1] + 1)), rng)


def _instance(kind: str, n: int, rng: np.random.Generator) -> tuple[Arrays, Budgets]:
    n_stores, n_items = int(rng.integers(1, 6)), int(rng.integers(0, 5))
    sizes = rng.integers(0, 7, n)
    indptr = np.concatenate(([0], np.cumsum(sizes)))
    user, a = np.repeat(np.arange(n), sizes), int(indptr[-1])
    home = rng.integers(0, n_stores, n)[user]
    store = np.where(rng.random(a) < rng.choice([0.0, 0.3]), rng.integers(-1, n_stores, a), home)
    cost: np.ndarray = rng.integers(1, int(rng.choice([6, 60, 600])), a)
    value: np.ndarray = rng.gamma(1.5, 1.0, a) * np.where(rng.random(a) < 0.8, cost, 5) - 0.5
    item = rng.integers(-1, n_items, a) if n_items else None
    share, stock = float(rng.choice([0.05, 0.15, 0.4, 1.5])), rng.integers(0, 2 + n // 4, n_items)
    slot = rng.integers(0, 3, a) if kind == "several slots" else None
    cap = rng.integers(0, 4, n) if kind == "several slots" else 1
    cost, value = _arms(kind, cost, value, rng)
    if kind == "stock of one":
        item, stock = rng.integers(0, 3, a), np.ones(3, dtype=np.int64)
    money = int(cost[cost < 10**9].sum() * share)
    each = (money / n_stores * rng.uniform(0.3, 2.0, n_stores)).astype(np.int64)
    if kind == "every store binds":
        each = each // 4
    elif kind == "a store without money":
        each[0] = 0
    elif kind == "no money":
        money = 0
    if kind == "one giant coupon" and a:
        cost[0], value[0] = max(1, money), 1e7
    if kind == "extremes":
        money = 10**12
    block = Block(indptr, value.astype(np.float32), cost, store, item, slot, cap)
    return Arrays(block), Budgets(money, each, stock.astype(np.int64))


def _arms(kind: str, cost: np.ndarray, value: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Costs and values as the kind has them."""
    a = len(cost)
    if kind == "equal slopes":
        return cost, cost * 2.0
    if kind == "all alike":
        return np.full(a, 7), np.full(a, 3.0)
    if kind == "extremes":
        return np.where(rng.random(a) < 0.2, 2_000_000_000, cost), value * 10.0 ** rng.integers(-3, 9, a)
    if kind == "free arms":
        return np.where(rng.random(a) < 0.3, 0, cost), value
    return cost, np.round(value) if kind == "whole numbers" else value


def matrix(block: Block, budgets: Budgets) -> tuple[csr_matrix, np.ndarray]:
    """Limits, caps and slots as rows of one sparse matrix over the arms, with their right-hand sides."""
    a, n, limits = len(block.value), len(block), budgets.limits
    user = np.repeat(np.arange(n), np.diff(block.indptr))
    m = len(limits)
    slot = np.zeros(a, dtype=np.int64) if block.slot is None else np.asarray(block.slot)
    slots, in_slot = np.unique(np.stack((user, slot)), axis=1, return_inverse=True)
    places = [
        np.zeros(a),
        budgets.store_limit(block.store),
        budgets.item_limit(block.item, a),
        m + user,
        m + n + in_slot.ravel(),
    ]
    amounts = [block.cost, block.cost, np.ones(a), np.ones(a), np.ones(a)]
    shape = (m + n + slots.shape[1], a)
    made = csr_matrix((np.concatenate(amounts), (np.concatenate(places), np.tile(np.arange(a), 5))), shape=shape)
    right = np.concatenate((limits.astype(np.float64), block.caps, np.ones(slots.shape[1])))
    right[m - 1] = np.inf
    return made, right


def optimum(block: Block, budgets: Budgets) -> float:
    """The value of the best plan, by HiGHS' branch and bound without a gap."""
    if not len(block.value):
        return 0.0
    made, right = matrix(block, budgets)
    ones, value = np.ones(len(block.value)), block.value.astype(np.float64)
    scale = float(np.abs(value).max())
    found = milp(
        -value / scale, constraints=LinearConstraint(made, -np.inf, right), bounds=Bounds(0, 1), integrality=ones,
        options={"mip_rel_gap": 0.0},
    )  # fmt: skip
    if found.status != 0:
        raise RuntimeError(f"HiGHS finds no optimum: {found.message}")
    return float(value[found.x > 0.5].sum())


def relaxation(block: Block, budgets: Budgets, method: str = "highs-ipm") -> float:
    """The value of the best fractional plan of users who take one arm, by HiGHS' interior point."""
    made, right = matrix(block, budgets)
    # One row a user says all; slots would say it again.
    keep = np.isfinite(right) & (np.arange(len(right)) < len(budgets.limits) + len(block))
    found = linprog(-block.value.astype(np.float64), A_ub=made[keep], b_ub=right[keep], bounds=(0, None), method=method)
    if found.status != 0:
        raise RuntimeError(f"HiGHS finds no optimum: {found.message}")
    return -float(found.fun)
