"""From candidates to a plan: days that explore first, the rest as one knapsack under what is left, solved, audited, read back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from offers.allotment import allot
from offers.candidates import Candidate
from offers.choice import Choice
from offers.deciding import reserved
from offers.errors import PlanError
from offers.knapsack import Arrays, Block, Budgets
from offers.means import Means
from offers.plan_check import faults
from offers.trying import Tried, tried


@dataclass(frozen=True)
class Spending:
    """The plan of some candidates, each with one arm or nothing; row-aligned with them."""

    choice: Choice
    """Of the knapsack, days that explore left out."""
    planned: Sequence[int]
    """Each candidate's arm, tried or planned; a held-out one's is what the prices would have given, and costs nothing."""
    chance: Sequence[float]
    """Of what is sent (nothing where held out) to have been meant; 1 or 0 where nothing is left to chance."""
    binding: Sequence[str | None]
    """What an arm was refused for, where one would have paid: `budget`, `store_budget` or `stock`."""
    stores: Sequence[str]
    """Stores that have a budget, in the order of the choice's prices."""
    tried: Tried

    @property
    def rows(self) -> tuple[Sequence[int], Sequence[float], Sequence[str | None]]:
        """What is told of each candidate: arm, chance, binding limit."""
        return self.planned, self.chance, self.binding

    @property
    def store_prices(self) -> dict[str, float]:
        """Value that the last cent of a store's budget buys, beyond the campaign's price; of stores whose budget binds."""
        prices = self.choice.prices[1 : 1 + len(self.stores)].tolist()
        return {store: price for store, price in zip(self.stores, prices, strict=True) if price > 0}


def spend(
    candidates: Sequence[Candidate], means: Means, share: float = 0.0, rng: np.random.Generator | None = None
) -> Spending:
    """Spread the means over the candidates outside the holdout, at most a share of them on days that explore (`offers.trying`).

    `rng` draws the order of those; without it nobody explores. Raises PlanError if the plan doesn't pass its audit.
    """
    first = tried(candidates, means, share if rng is not None else 0.0, rng or np.random.default_rng(0))
    left = first.left
    stores, items = sorted(left.store_cents), sorted(left.units)
    block = _block(
        candidates, first, {store: n for n, store in enumerate(stores)}, {key: n for n, key in enumerate(items)}
    )
    budgets = Budgets(
        left.cents,
        np.array([left.store_cents[store] for store in stores], dtype=np.int64),
        np.array([left.units[key] for key in items], dtype=np.int64),
    )
    source = Arrays(block)
    choice = allot(source, budgets)
    wrong = faults(source, budgets, choice)
    if wrong:
        raise PlanError(f"the plan fails its audit ({wrong[0]}); nothing was issued, report this as a fault of ours")
    beyond = _beyond(block, budgets)
    greedy = np.where(block.caps > 0, choice.arm, _best_at(block, budgets, choice.prices, beyond)).tolist()
    planned = [plan if arm is None else arm for plan, arm in zip(greedy, first.arm, strict=True)]
    chance = [
        _chance(candidate, arm, plan, share if may else 0.0)
        for candidate, arm, plan, may in zip(candidates, planned, greedy, first.open, strict=True)
    ]
    return Spending(choice, planned, chance, _binding(block, budgets, choice, greedy, beyond), stores, first)


def _chance(candidate: Candidate, arm: int, plan: int, share: float) -> float:
    sent = 0 if candidate.silent else arm
    return (1.0 - share) * (sent == plan) + (share * candidate.tries[sent] if share else 0.0)


def _block(
    candidates: Sequence[Candidate], first: Tried, stores: dict[str, int], items: dict[tuple[str, str], int]
) -> Block:
    """Every arm but nothing that a plan may take; who is held out or explores may take none."""
    pairs = [(candidate, arm) for candidate in candidates for arm in candidate.planable]
    where = [candidate.store_id or "" for candidate, _ in pairs]
    sizes = [len(candidate.planable) for candidate in candidates]
    free = [not c.silent and arm is None for c, arm in zip(candidates, first.arm, strict=True)]
    return Block(
        indptr=np.concatenate(([0], np.cumsum(sizes, dtype=np.int64))),
        value=np.array([arm.value_cents for _, arm in pairs], dtype=np.float64),
        cost=np.array([reserved(arm.cost_cents) for _, arm in pairs], dtype=np.int64),
        store=np.array([stores.get(store, -1) for store in where], dtype=np.int64),
        item=np.array(
            [items.get((store, arm.product_id or ""), -1) for store, (_, arm) in zip(where, pairs, strict=True)],
            dtype=np.int64,
        ),
        cap=np.array(free, dtype=np.int64),
    )


def _best_at(block: Block, budgets: Budgets, prices: np.ndarray, beyond: np.ndarray) -> np.ndarray:
    """int64[users]: the arm (0 = nothing) that is best at the prices, of those that anybody could have been given; whatever else
    is left. Ties go to the first."""
    worth = np.where(beyond.any(axis=0), -np.inf, block.value - _charges(block, budgets, prices).sum(axis=0))
    bounds = zip(block.indptr[:-1].tolist(), block.indptr[1:].tolist(), strict=True)
    return np.array([int(np.argmax(np.append(0.0, worth[low:high]))) for low, high in bounds], dtype=np.int64)


def _charges(block: Block, budgets: Budgets, prices: np.ndarray) -> np.ndarray:
    """float64[3, a]: what an arm's use of the campaign's money, its store's and its shelf costs at the prices."""
    store, item = budgets.store_limit(block.store), budgets.item_limit(block.item, len(block.value))
    return np.stack([prices[0] * block.cost, prices[store] * block.cost, prices[item]])


def _beyond(block: Block, budgets: Budgets) -> np.ndarray:
    """bool[3, a]: whether an arm alone uses more than the campaign, its store or its shelf has."""
    limits, store = budgets.limits, budgets.store_limit(block.store)
    item = budgets.item_limit(block.item, len(block.value))
    return np.stack([block.cost > limits[0], block.cost > limits[store], limits[item] < 1])


def _binding(
    block: Block, budgets: Budgets, choice: Choice, planned: Sequence[int], full: np.ndarray
) -> list[str | None]:
    """Of those without an arm, the limit that their dearest arm presses most: by what it charges, or for want of any room."""
    charges = _charges(block, budgets, choice.prices)
    found: list[str | None] = []
    for low, high, arm in zip(block.indptr[:-1].tolist(), block.indptr[1:].tolist(), planned, strict=True):
        if arm or low == high:
            found.append(None)
            continue
        dearest = low + int(np.argmax(block.value[low:high]))
        pressed = np.where(full[:, dearest], np.inf, charges[:, dearest])
        found.append(("budget", "store_budget", "stock")[int(np.argmax(pressed))])
    return found
