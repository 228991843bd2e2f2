"""The plan's auditor: everything a plan claims, added up again from the arms alone.

It shares no arithmetic with what made the plan. The bound is proven by weak duality: at any prices that aren't negative,
limits · prices plus each user's best worth is at least what any plan earns, so the bound may not be below that.
"""

from __future__ import annotations

import numpy as np

from offers.choice import Choice
from offers.knapsack import Block, Budgets, Source

TOLERANCE = 1e-7
"""Of the sums compared: float64 adds up in another order here."""


def faults(source: Source, budgets: Budgets, choice: Choice) -> list[str]:
    """What is wrong with the plan, a sentence each; nothing when it keeps every limit and its figures are true."""
    table = choice.arm if choice.arm.ndim == 2 else choice.arm[:, None]
    if len(table) != source.n_users or len(choice.prices) != len(budgets.limits):
        return [f"{len(table)} users and {len(choice.prices)} prices, not {source.n_users} and {len(budgets.limits)}"]
    limits, prices = budgets.limits, choice.prices
    used, value, bound, wrong = np.zeros(len(limits), dtype=np.int64), 0.0, float(limits @ prices), []
    for block in source.blocks():
        users = table[block.first_user : block.first_user + len(block)]
        wrong += _misdealt(block, users)
        if wrong:
            return wrong
        user, rank = np.nonzero(users)
        arm = block.indptr[user] + users[user, rank] - 1
        value += float(block.value[arm].sum(dtype=np.float64))
        cost, places = block.cost[arm].astype(np.int64), _places(block, budgets, arm)
        used[0] += cost.sum()
        np.add.at(used, places[0], cost)
        np.add.at(used, places[1], 1)
        bound += _best(block, budgets, prices)
    used[-1] = 0
    names = ["the campaign", *(f"store {n}" for n in range(len(budgets.store_cents)))]
    names += [f"stock item {n}" for n in range(len(budgets.stock))]
    wrong += [f"{names[n]}: {used[n]} used of {limits[n]}" for n in np.flatnonzero(used > limits)]
    if not np.array_equal(used, choice.used) or choice.cost_cents != used[0]:
        wrong.append(
            f"{choice.cost_cents} cents claimed to be used, found {used[0]}, or another share of a store or item"
        )
    if (prices < 0).any() or prices[-1] != 0 or not np.isfinite(prices).all():
        wrong.append("a price is below zero or no number")
    near = TOLERANCE * (1.0 + abs(bound))
    if abs(value - choice.value_cents) > near:
        wrong.append(f"a value of {choice.value_cents:.4f} cents claimed, found {value:.4f}")
    if not bound <= choice.bound_cents + near:
        wrong.append(f"a bound of {choice.bound_cents:.4f} cents claimed, the prices prove {bound:.4f}")
    return wrong


def _misdealt(block: Block, users: np.ndarray) -> list[str]:
    """Arms that aren't the user's, that earn nothing, taken twice, two in a slot, or more than the cap."""
    user, rank = np.nonzero(users)
    place, sizes = users[user, rank], np.diff(block.indptr)
    strange = (place < 0) | (place > sizes[user])
    if strange.any():
        return [f"user {block.first_user + user[strange][0]} has no arm {place[strange][0]}"]
    arm = block.indptr[user] + place - 1
    slot = np.zeros(len(arm), dtype=np.int64) if block.slot is None else block.slot[arm].astype(np.int64)
    order = np.lexsort((slot, user))
    twice = (np.diff(user[order]) == 0) & (np.diff(slot[order]) == 0)
    many = np.bincount(user, minlength=len(sizes)) > block.caps
    found = [f"user {block.first_user + u}: two offers in one slot" for u in user[order][1:][twice][:1]]
    found += [f"user {block.first_user + u}: more offers than the cap" for u in np.flatnonzero(many)[:1]]
    worthless = ~(block.value[arm] > 0)
    return found + [f"user {block.first_user + u}: an offer that earns nothing" for u in user[worthless][:1]]


def _places(block: Block, budgets: Budgets, arm: np.ndarray | slice) -> tuple[np.ndarray, np.ndarray]:
    """Where in the limits an arm's store and item stand; the last place for none."""
    none, first_item = len(budgets.limits) - 1, 1 + len(budgets.store_cents)
    store = block.store[arm].astype(np.int64)
    item = np.full(len(store), -1) if block.item is None else block.item[arm].astype(np.int64)
    return np.where(store < 0, none, store + 1), np.where(item < 0, none, item + first_item)


def _best(block: Block, budgets: Budgets, prices: np.ndarray) -> float:
    """The most a block's users are worth at the prices, of arms that fit their limits on their own."""
    store, item = _places(block, budgets, slice(None))
    cost, limits = block.cost.astype(np.int64), budgets.limits
    worth = block.value.astype(np.float64) - (prices[0] + prices[store]) * cost - prices[item]
    user = np.repeat(np.arange(len(block)), np.diff(block.indptr))
    keep = (cost <= limits[0]) & (cost <= limits[store]) & (limits[item] > 0) & (worth > 0)
    worth, user = worth[keep], user[keep]
    slot = np.zeros(len(user), dtype=np.int64) if block.slot is None else block.slot[keep].astype(np.int64)
    order = np.lexsort((-worth, slot, user))
    user, slot, worth = user[order], slot[order], worth[order]
    first = np.append(True, (np.diff(user) != 0) | (np.diff(slot) != 0))[: len(user)]
    user, worth = user[first], worth[first]
    order = np.lexsort((-worth, user))
    user, worth = user[order], worth[order]
    rank = np.arange(len(user)) - np.searchsorted(user, user)
    return float(worth[rank < block.caps[user]].sum())
