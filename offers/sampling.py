"""Samples of a source's users, spread evenly over it, the same ones for the same seed."""

from __future__ import annotations

import numpy as np

from offers.knapsack import Block, Source


def sample(source: Source, n: int, rng: np.random.Generator) -> Block:
    """One of every n_users / n neighbours, as one block; one reading of the source."""
    total = source.n_users
    # Drawn at random within each stretch: users may come in an order that repeats itself.
    edges = np.linspace(0, total, min(n, total) + 1).astype(np.int64)
    chosen = edges[:-1] + (rng.random(len(edges) - 1) * np.diff(edges)).astype(np.int64)
    found = []
    for block in source.blocks():
        mine = chosen[(chosen >= block.first_user) & (chosen < block.first_user + len(block))]
        if len(mine):
            found.append(take(block, mine - block.first_user))
    return joined(found)


def take(block: Block, users: np.ndarray) -> Block:
    """Some users of a block (places in it, ascending) as a block that counts them from 0."""
    sizes = np.diff(block.indptr)[users]
    indptr = np.concatenate(([0], np.cumsum(sizes)))
    arms = np.repeat(block.indptr[users] - indptr[:-1], sizes) + np.arange(indptr[-1])
    return Block(
        indptr=indptr,
        value=block.value[arms],
        cost=block.cost[arms],
        store=block.store[arms],
        item=None if block.item is None else block.item[arms],
        slot=None if block.slot is None else block.slot[arms],
        cap=block.cap if isinstance(block.cap, int) else block.caps[users],
        width=block.width,
    )


def joined(blocks: list[Block]) -> Block:
    """Blocks of one source, at least one, as one that counts users from 0."""
    one = blocks[0]

    def all_of(name: str) -> np.ndarray | None:
        return None if getattr(one, name) is None else np.concatenate([getattr(block, name) for block in blocks])

    sizes = np.concatenate([np.diff(block.indptr) for block in blocks])
    value, cost, store = (
        np.concatenate([getattr(block, name) for block in blocks]) for name in ("value", "cost", "store")
    )
    return Block(
        indptr=np.concatenate(([0], np.cumsum(sizes))),
        value=value,
        cost=cost,
        store=store,
        item=all_of("item"),
        slot=all_of("slot"),
        cap=one.cap if isinstance(one.cap, int) else np.concatenate([block.caps for block in blocks]),
        width=one.width,
    )
