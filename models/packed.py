"""Ids as numbers: the UTF-8 of each in whole words of eight bytes, so that many are compared and looked up at once.

Text is made of them when somebody reads it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, overload

import numpy as np

WORD = 8
"""Bytes of one."""
LONGEST = 40
"""Bytes of an id that is packed, a UUID with room to spare. Longer ones stay text, of which many histories share one."""
# Row b keeps the first b bytes of a word.
_KEPT = np.array([((1 << WORD * b) - 1) << WORD * (WORD - b) for b in range(WORD + 1)], np.uint64)
_least, _most = np.minimum.reduce, np.maximum.reduce


class Packed(Sequence[str]):
    """n ids of 1 to LONGEST bytes of UTF-8 without NUL, in `words` uint64[w, n]: column i is id i, its first byte the most
    significant, zeros after its last; so that ids are in order where their columns are."""

    __slots__ = ("words",)

    def __init__(self, words: np.ndarray) -> None:
        self.words = words

    @classmethod
    def of(cls, ids: Sequence[str]) -> Packed | None:
        """None where one of the ids is empty, too long, no valid text or holds a NUL."""
        if isinstance(ids, Packed):
            return ids
        try:
            text = "\0".join((*ids, "")).encode()
        except UnicodeEncodeError:
            return None
        ends = (np.frombuffer(text, np.uint8) == 0).nonzero()[0]
        starts = np.zeros(len(ends), np.int64)
        starts[1:] = ends[:-1] + 1
        lengths = ends - starts
        if len(ends) != len(ids) or (len(ids) and not 0 < _least(lengths) <= _most(lengths) <= LONGEST):
            return None
        return cls.cut(text, starts, lengths)

    @classmethod
    def cut(cls, text: bytes, starts: np.ndarray, lengths: np.ndarray) -> Packed:
        """Ids that stand in a text of UTF-8, int64[n] each: from which byte on, of how many bytes, 1 to LONGEST."""
        n_words = words_for(int(_most(lengths))) if len(lengths) else 0
        padded = text + bytes(WORD * (n_words + 1))
        windows = np.ndarray((len(padded) - WORD + 1,), ">u8", padded, strides=(1,))
        words = np.empty((n_words, len(starts)), np.uint64)
        for number, word in enumerate(words):
            if number:
                starts, lengths = starts + WORD, lengths - WORD
            word[:] = windows[starts]
            word &= _KEPT.take(lengths, mode="clip")
        return cls(words)

    @classmethod
    def joined(cls, several: Sequence[Packed]) -> Packed:
        """All end to end."""
        if len(several) == 1:
            return several[0]
        found = np.zeros((max((len(one.words) for one in several), default=0), sum(map(len, several))), np.uint64)
        at = 0
        for one in several:
            n_words, n = one.words.shape
            found[:n_words, at : at + n] = one.words
            at += n
        return cls(found)

    @property
    def ascends(self) -> np.ndarray:
        """bool[n]: whether each comes after the one before it; true of the first."""
        found, equal = np.ones(len(self), bool), np.ones(max(len(self) - 1, 0), bool)
        after = found[1:]
        for number, word in enumerate(self.words):
            if number:
                after |= equal & (word[1:] > word[:-1])
            else:
                np.greater(word[1:], word[:-1], out=after)
            if number < len(self.words) - 1:
                equal &= word[1:] == word[:-1]
        return found

    def part(self, start: int, end: int, longest: int) -> Packed:
        """Ids start to end in memory of their own; longest: bytes of the longest of them, or more."""
        return Packed(self.words[: words_for(longest), start:end].copy())

    def __len__(self) -> int:
        return int(self.words.shape[1])

    def __iter__(self) -> Iterator[str]:
        return iter(_texts(self.words))

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...
    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        if isinstance(at, slice):
            return Packed(self.words[:, at])
        return b"".join(word.to_bytes(WORD, "big") for word in self.words[:, at].tolist()).rstrip(b"\0").decode()

    def __eq__(self, other: Any) -> bool:
        if isinstance(other, Packed | tuple):
            return len(self) == len(other) and tuple(self) == tuple(other)
        return NotImplemented

    def __repr__(self) -> str:
        return f"Packed({tuple(self)!r})"


def taken(ids: Sequence[str], places: np.ndarray) -> Sequence[str]:
    """Those of the ids that stand at places int64[k]: packed ones stay so."""
    return Packed(ids.words[:, places]) if isinstance(ids, Packed) else tuple(ids[place] for place in places.tolist())


def words_for(n_bytes: int) -> int:
    """How many words hold so many bytes."""
    return -(-n_bytes // WORD)


def _texts(words: np.ndarray) -> list[str]:
    # numpy's text of fixed width ends before its trailing zeros, of which an id has none.
    found = words.T.astype(">u8", order="C").view(f"S{WORD * len(words)}") if words.size else np.empty(0, "S1")
    return [text.decode() for text in found.ravel().tolist()]
