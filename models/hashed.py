"""The rows of many ids at once, by their words in flat arrays.

A dict's index, entries, keys and values lie in four places, and a processor waits for each in turn; of arrays it fetches many.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.packed import LONGEST, WORD, Packed

SPARE = 8
"""Slots an id, at least: one in twenty finds its slot taken, and has the next free one."""
# Multiply-shift hashing of vectors (Dietzfelbinger et al. 1997), an odd factor a word: powers of 2^64 over the golden ratio
# (Knuth 1973, 6.4), which spread ids that count up. Zeros add nothing: a slot is the same however many words neighbours need.
_FACTORS = np.array([pow(0x9E3779B97F4A7C15, number, 2**64) for number in range(1, LONGEST // WORD + 1)], np.uint64)


@dataclass(frozen=True)
class Hashed:
    """Slot s holds the row of one id, int32; -1 where none is. Ids made up to share a slot cost time, and are told apart all the
    same: words are compared."""

    known: Packed
    rows: np.ndarray

    @classmethod
    def of(cls, known: Packed) -> Hashed:
        """known: distinct ids."""
        size = 1 << (SPARE * len(known)).bit_length()
        hashed = cls(known, np.full(size, -1, np.int32))
        slots, left = hashed._slots(known), np.arange(len(known), dtype=np.int32)
        while len(left):
            at = slots[left]
            free = hashed.rows[at] < 0
            hashed.rows[at[free]] = left[free]  # of several for one slot the last has it
            left = left[hashed.rows[at] != left]
            slots[left] = (slots[left] + 1) & (size - 1)
        return hashed

    def find(self, ids: Packed) -> np.ndarray:
        """int32[k]: the row of each, -1 for an unknown one."""
        slots = self._slots(ids)
        found = self.rows.take(slots)
        left = self._others(found, ids.words)
        while len(left):
            slots[left] = at = (slots[left] + 1) & (len(self.rows) - 1)
            found[left] = other = self.rows.take(at)
            left = left[self._others(other, ids.words[:, left])]
        return found

    def _slots(self, ids: Packed) -> np.ndarray:
        total = np.zeros(len(ids), np.uint64)
        for word, factor in zip(ids.words, _FACTORS, strict=False):
            total += word * factor
        total >>= np.uint64(65 - len(self.rows).bit_length())
        return total.view(np.int64)

    def _others(self, found: np.ndarray, words: np.ndarray) -> np.ndarray:
        """int64: where a slot holds another's row."""
        other, mine = np.zeros(len(found), bool), self.known.words
        for own, word in zip(mine, words, strict=False):
            other |= own.take(found) != word
        for own in mine[len(words) :]:
            other |= own.take(found) != 0
        for word in words[len(mine) :]:
            other |= word != 0
        other &= found >= 0
        return other.nonzero()[0]
