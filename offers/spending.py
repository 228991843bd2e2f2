"""From candidates to a plan: their arms as one knapsack under the campaign's means, solved, audited and read back."""

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


@dataclass(frozen=True)
class Spending:
    """The plan of some candidates, each with one arm or nothing."""

    choice: Choice
    planned: Sequence[int]
    """Each candidate's arm; a held-out one's is what the plan's prices would have given them, and costs nothing."""
    stores: Sequence[str]
    """Stores that have a budget, in the order of the choice's prices."""

    @property
    def store_prices(self) -> dict[str, float]:
        """Value that the last cent of a store's budget buys, beyond the campaign's price; of stores whose budget binds."""
        prices = self.choice.prices[1 : 1 + len(self.stores)].tolist()
        return {store: price for store, price in zip(self.stores, prices, strict=True) if price > 0}


def spend(candidates: Sequence[Candidate], means: Means) -> Spending:
    """Spread the means over the candidates outside the holdout. Raises PlanError if the plan doesn't pass its audit."""
    stores, items = sorted(means.store_cents), sorted(means.units)
    block = _block(candidates, {store: n for n, store in enumerate(stores)}, {key: n for n, key in enumerate(items)})
    budgets = Budgets(
        means.cents,
        np.array([means.store_cents[store] for store in stores], dtype=np.int64),
        np.array([means.units[key] for key in items], dtype=np.int64),
    )
    source = Arrays(block)
    choice = allot(source, budgets)
    wrong = faults(source, budgets, choice)
    if wrong:
        raise PlanError(f"the plan fails its audit ({wrong[0]}); nothing was issued, report this as a fault of ours")
    planned = np.where(block.caps > 0, choice.arm, _best_at(block, budgets, choice.prices))
    return Spending(choice, planned.tolist(), stores)


def _block(candidates: Sequence[Candidate], stores: dict[str, int], items: dict[tuple[str, str], int]) -> Block:
    """Every arm but nothing; who is held out may take none."""
    pairs = [(candidate, arm) for candidate in candidates for arm in candidate.arms[1:]]
    where = [candidate.store_id or "" for candidate, _ in pairs]
    sizes = [len(candidate.arms) - 1 for candidate in candidates]
    return Block(
        indptr=np.concatenate(([0], np.cumsum(sizes, dtype=np.int64))),
        value=np.array([arm.value_cents for _, arm in pairs], dtype=np.float64),
        cost=np.array([reserved(arm.cost_cents) for _, arm in pairs], dtype=np.int64),
        store=np.array([stores.get(store, -1) for store in where], dtype=np.int64),
        item=np.array(
            [items.get((store, arm.product_id or ""), -1) for store, (_, arm) in zip(where, pairs, strict=True)],
            dtype=np.int64,
        ),
        cap=np.array([0 if candidate.holdout else 1 for candidate in candidates], dtype=np.int64),
    )


def _best_at(block: Block, budgets: Budgets, prices: np.ndarray) -> np.ndarray:
    """int64[users]: the arm (0 = nothing) that is best at the prices, whatever is left; ties go to the first."""
    store, item = budgets.store_limit(block.store), budgets.item_limit(block.item, len(block.value))
    worth = block.value - (prices[0] + prices[store]) * block.cost - prices[item]
    bounds = zip(block.indptr[:-1].tolist(), block.indptr[1:].tolist(), strict=True)
    return np.array([int(np.argmax(np.append(0.0, worth[low:high]))) for low, high in bounds], dtype=np.int64)
