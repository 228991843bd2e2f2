"""Rows: what the planner still has to choose, one arm or nothing each, all of it in memory.

A row is a user, or one slot of a user who may take several arms. Where a user has more slots than arms left to take, their
rows are coupled: they carry the user's number as `group`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from offers.knapsack import Block


@dataclass(frozen=True)
class Rows:
    """R rows, none of them empty; their A arms are indptr[r] to indptr[r+1]. `store`, `item`: places in `Budgets.limits`."""

    user: np.ndarray
    """int64[R]."""
    group: np.ndarray
    """int64[R]: the user of a coupled row, else -1."""
    cap: np.ndarray
    """int64[R]: of the user."""
    indptr: np.ndarray
    """int64[R+1]."""
    place: np.ndarray
    """int32[A]: 1 for the user's first arm."""
    value: np.ndarray
    """float64[A]."""
    cost: np.ndarray
    """int64[A]."""
    store: np.ndarray
    """int32[A]."""
    item: np.ndarray
    """int32[A]."""

    def __len__(self) -> int:
        return len(self.user)

    @cached_property
    def row(self) -> np.ndarray:
        """int64[A]: the row of each arm."""
        return np.repeat(np.arange(len(self)), np.diff(self.indptr))

    def reduced(self, prices: np.ndarray) -> np.ndarray:
        """float64[A]: value less what the arm uses, at prices float64[limits] of which the last is zero."""
        return self.value - (prices[0] + prices[self.store]) * self.cost - prices[self.item]

    def only(self, keep: np.ndarray) -> Rows:
        """The rows of a mask bool[R], or int[k] in ascending order."""
        numbers = np.flatnonzero(keep) if keep.dtype == bool else keep
        sizes = np.diff(self.indptr)[numbers]
        indptr = np.concatenate(([0], np.cumsum(sizes)))
        arms = np.repeat(self.indptr[numbers] - indptr[:-1], sizes) + np.arange(indptr[-1])
        return Rows(
            *(self.user[numbers], self.group[numbers], self.cap[numbers], indptr),
            *(column[arms] for column in (self.place, self.value, self.cost, self.store, self.item)),
        )

    def thinned(self, keep: np.ndarray) -> Rows:
        """The arms of a mask bool[A]; rows left without any are dropped."""
        sizes = np.add.reduceat(keep, self.indptr[:-1], dtype=np.int64) if len(self) else np.empty(0, np.int64)
        full = sizes > 0
        return Rows(
            *(self.user[full], self.group[full], self.cap[full], np.concatenate(([0], np.cumsum(sizes[full])))),
            *(column[keep] for column in (self.place, self.value, self.cost, self.store, self.item)),
        )


def join(parts: Sequence[Rows]) -> Rows:
    """Rows one after another; at least one part."""
    if len(parts) == 1:
        return parts[0]
    columns = {
        f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Rows) if f.name != "indptr"
    }
    sizes = np.concatenate([np.diff(part.indptr) for part in parts])
    return Rows(**columns, indptr=np.concatenate(([0], np.cumsum(sizes))))


@dataclass(frozen=True)
class Split:
    """How a block's arms fall into rows: after `order` (None: as they are), row r has arms indptr[r] to indptr[r+1]."""

    order: np.ndarray | None
    indptr: np.ndarray
    user: np.ndarray
    """int64[R]: place of the row's user in the block."""
    coupled: np.ndarray
    """bool[R]."""


def split(block: Block) -> Split:
    """One row a user who may take one arm; else one for each of their slots. Users without arms have none."""
    users, sizes = np.arange(len(block)), np.diff(block.indptr)
    several = block.caps > 1
    if block.slot is None or not several.any():
        full = sizes > 0
        starts = block.indptr[:-1][full]
        return Split(None, np.append(starts, block.indptr[-1]), users[full], np.zeros(len(starts), dtype=bool))
    user = np.repeat(users, sizes)
    slot = np.where(several[user], block.slot, 0)
    order = np.lexsort((np.arange(len(user)), slot, user))
    user, slot = user[order], slot[order]
    starts = np.flatnonzero(np.append(True, (user[1:] != user[:-1]) | (slot[1:] != slot[:-1]))[: len(user)])
    of_row = user[starts]
    n_slots = np.bincount(of_row, minlength=len(block))
    return Split(order, np.append(starts, len(user)), of_row, (several & (n_slots > block.caps))[of_row])
