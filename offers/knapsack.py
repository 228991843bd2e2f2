"""The plan's question as arrays: a multiple-choice knapsack over users' arms, under money, stock and caps.

An arm is one product at one depth in one slot and store. Taking it earns `value` and uses `cost` cents of the campaign's
budget and of its store's, and one unit of its stock item (a product in a store and slot). A user takes at most one arm
a slot and `cap` in all; taking nothing is always allowed. Users come in blocks, which a source gives again and again,
so that more of them can be planned than fit in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

MOST_CENTS = 10**15
"""No budget needs more; a sum of costs below it is exact in float64."""


@dataclass(frozen=True)
class Block:
    """Some users in a row. Arms of the block's user u are rows indptr[u] to indptr[u+1] of the arrays, all of length a."""

    indptr: np.ndarray
    """int64[users+1]."""
    value: np.ndarray
    """float32[a] or float64[a]: cents, finite; an arm at or below zero is never taken."""
    cost: np.ndarray
    """int32[a] or int64[a]: whole cents, at least 0."""
    store: np.ndarray
    """int[a]: row of the store's budget; -1: only the campaign's."""
    item: np.ndarray | None = None
    """int[a]: row of the stock item; -1: there is enough. None: there is enough of everything."""
    slot: np.ndarray | None = None
    """int[a]: the time slot, any number. None: all the same."""
    cap: np.ndarray | int = 1
    """int[users], or one for all: arms a user may still take, at least 0."""
    first_user: int = 0
    width: int | None = None
    """The number of arms of every user, where it is the same: dense blocks are quicker."""

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @property
    def caps(self) -> np.ndarray:
        """int64[users]."""
        return np.broadcast_to(np.asarray(self.cap, dtype=np.int64), len(self))


class Source(Protocol):
    """Where users come from: the same blocks, in the same order, each time they are asked for."""

    @property
    def n_users(self) -> int:
        """All of them."""
        ...

    def blocks(self) -> Iterator[Block]:
        """Every user once, in order; at least one block, be it empty."""
        ...


@dataclass(frozen=True)
class Budgets:
    """What may be used: cents of the campaign and of each store (int64[stores]), units of each stock item (int64[items])."""

    campaign_cents: int
    store_cents: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    stock: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))

    @property
    def limits(self) -> np.ndarray:
        """int64[1 + stores + items + 1]: all of them in one row, none below zero; the last stands for "no limit"."""
        parts = ([self.campaign_cents], self.store_cents, self.stock, [MOST_CENTS])
        return np.clip(np.concatenate([np.asarray(part, dtype=np.int64) for part in parts]), 0, MOST_CENTS)

    def store_limit(self, store: np.ndarray) -> np.ndarray:
        """Places of the arms' stores in `limits`."""
        return np.where(store >= 0, store.astype(np.int32) + 1, len(self.store_cents) + len(self.stock) + 1)

    def item_limit(self, item: np.ndarray | None, n: int) -> np.ndarray:
        """Places of n arms' stock items in `limits`."""
        none = len(self.store_cents) + len(self.stock) + 1
        if item is None:
            return np.full(n, none, dtype=np.int32)
        return np.where(item >= 0, item.astype(np.int32) + 1 + len(self.store_cents), none)


@dataclass(frozen=True)
class Arrays:
    """A source in memory (or memory-mapped): one block of everything, handed out in slices of about `arms_a_block`."""

    whole: Block
    arms_a_block: int = 100_000

    @property
    def n_users(self) -> int:
        """All of them."""
        return len(self.whole)

    def blocks(self) -> Iterator[Block]:
        """Slices; views, not copies."""
        n_arms = max(1, int(self.whole.indptr[-1]))
        step = max(1, self.arms_a_block * max(1, self.n_users) // n_arms)
        for start in range(0, max(1, self.n_users), step):
            yield part(self.whole, start, min(start + step, self.n_users))


def part(block: Block, start: int, stop: int) -> Block:
    """Users start to stop of a block, as views."""
    low, high = int(block.indptr[start]), int(block.indptr[stop])

    def cut(array: np.ndarray | None) -> np.ndarray | None:
        return None if array is None else array[low:high]

    return replace(
        block,
        indptr=block.indptr[start : stop + 1] - low,
        value=block.value[low:high],
        cost=block.cost[low:high],
        store=block.store[low:high],
        item=cut(block.item),
        slot=cut(block.slot),
        cap=block.cap if isinstance(block.cap, int) else block.cap[start:stop],
        first_user=block.first_user + start,
    )


def dense(value: np.ndarray, cost: np.ndarray, store: np.ndarray, item: np.ndarray | None = None) -> Block:
    """A block of users × arms matrices: value, cost, store and item [users, arms]; one slot, one arm a user."""
    n, width = value.shape
    indptr = np.arange(n + 1, dtype=np.int64) * width
    flat = (value.ravel(), cost.ravel(), store.ravel())
    return Block(indptr, *flat, None if item is None else item.ravel(), width=width)
