"""The rows of many ids at once, by their hashes in flat arrays.

A dict's index, entries, keys and values lie in four places, and a processor waits for each in turn; of arrays it fetches many.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

SPARE = 4
"""Slots an id, at least: one in nine ids finds its slot taken, and stays with the dict."""


@dataclass(frozen=True)
class Hashed:
    """Slot s holds the hash of one id, int64, and its row, int32; -1 where no id is. `row` is asked for what is not found.

    Two ids are told apart by Python's 64 bits, keyed anew in each process: an unknown id is taken for one of n known ones with a
    chance of n in 2^64.
    """

    row: Mapping[str, int]
    hashes: np.ndarray
    rows: np.ndarray

    @classmethod
    def of(cls, row: Mapping[str, int]) -> Hashed:
        """row: ids to 0, 1, 2 and so on, in this order. Of several ids of one slot the last has it."""
        size = 1 << (SPARE * len(row)).bit_length()
        told = np.fromiter(map(hash, row), np.int64, len(row))
        rows = np.full(size, -1, np.int32)
        rows[told & (size - 1)] = np.fromiter(row.values(), np.int32, len(row))
        hashes = np.zeros(size, np.int64)
        held = rows >= 0
        hashes[held] = told[rows[held]]
        return cls(row, hashes, rows)

    def find(self, ids: Sequence[str]) -> np.ndarray:
        """int32[k]: the row of each, -1 for an unknown one."""
        told = np.fromiter(map(hash, ids), np.int64, len(ids))
        slots = told & (len(self.rows) - 1)
        found = self.rows.take(slots)
        for place in ((self.hashes.take(slots) != told) | (found < 0)).nonzero()[0].tolist():
            found[place] = self.row.get(ids[place], -1)
        return found
