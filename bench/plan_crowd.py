"""A crowd for the planner, made block by block from a seed: any number of users, the same each time they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from offers.knapsack import Arrays, Block, Budgets, dense

DEPTHS = np.array([50, 100, 150, 200, 300], dtype=np.float32)
REGIMES = {"tight": 0.1, "middle": 0.3, "loose": 0.7}
"""Budgets as shares of what everybody's dearest wish costs."""
USERS_A_BLOCK = 4_000


@dataclass(frozen=True)
class Crowd:
    """Users with `n_arms` candidate arms each: a product at a depth, most at their own store, the rest at another.

    Value is what a redemption earns times its chance, less a message's cost; users differ in both.
    """

    n_users: int
    seed: int = 0
    n_arms: int = 50
    n_stores: int = 20
    at_home: float = 0.7

    def blocks(self) -> Iterator[Block]:
        """Blocks of USERS_A_BLOCK users."""
        for start in range(0, self.n_users, USERS_A_BLOCK):
            yield self._block(start, min(USERS_A_BLOCK, self.n_users - start))

    def _block(self, start: int, n: int) -> Block:
        rng = np.random.default_rng((self.seed, start))
        size = (n, self.n_arms)
        store = np.repeat(rng.integers(0, self.n_stores, (n, 1), dtype=np.int16), self.n_arms, axis=1)
        store[:, int(self.at_home * self.n_arms) :] = rng.integers(0, self.n_stores, (n, 1), dtype=np.int16)
        paid = rng.random(size, dtype=np.float32) ** 4 * DEPTHS[rng.integers(0, len(DEPTHS), size, dtype=np.int8)]
        taste = rng.gamma(2.0, 0.5, (n, 1)).astype(np.float32)
        value = paid * taste * rng.standard_exponential(size, dtype=np.float32) * np.float32(1.5) - np.float32(5.0)
        block = dense(value, np.maximum(np.ceil(paid), 1).astype(np.int32), store)
        return Block(block.indptr, block.value, block.cost, block.store, first_user=start, width=self.n_arms)

    def in_memory(self) -> Arrays:
        """The same users as arrays."""
        n = self.n_users * self.n_arms
        value, cost, store = np.empty(n, np.float32), np.empty(n, np.int32), np.empty(n, np.int16)
        for block in self.blocks():
            at = slice(block.first_user * self.n_arms, (block.first_user + len(block)) * self.n_arms)
            value[at], cost[at], store[at] = block.value, block.cost, block.store
        size = (self.n_users, self.n_arms)
        return Arrays(dense(value.reshape(size), cost.reshape(size), store.reshape(size)))

    def budgets(self, share: float) -> Budgets:
        """Money for a share of what every user's dearest wish costs, told by 20,000 of them; unequal between the stores."""
        told = Crowd(min(self.n_users, 20_000), self.seed, self.n_arms, self.n_stores, self.at_home)
        need = np.zeros(self.n_stores)
        for block in told.blocks():
            best = np.argmax(block.value.reshape(-1, self.n_arms), axis=1) + np.arange(len(block)) * self.n_arms
            best = best[block.value[best] > 0]
            need += np.bincount(block.store[best], block.cost[best], self.n_stores)
        need *= share * self.n_users / told.n_users
        unequal = np.random.default_rng((self.seed, 7)).uniform(0.6, 1.6, self.n_stores)
        return Budgets(int(need.sum()), np.floor(need * unequal).astype(np.int64))
