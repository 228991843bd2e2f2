"""Ids and rows: id number r of the sorted list names row r of every array that speaks of the same things."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise, repeat
from sys import intern

import numpy as np

from models.errors import ArtifactError
from models.hashed import Hashed
from models.packed import Packed


class Vocabulary:
    """Distinct non-empty ids in ascending order (so a tie broken by row is a tie broken by id), and the row of each."""

    __slots__ = ("_hashed", "ids", "row")

    def __init__(self, ids: Sequence[str]) -> None:
        """Raises ArtifactError for ids that are empty, repeated or out of order."""
        self.ids: list[str] = list(ids)
        self.row: dict[str, int] = {name: row for row, name in enumerate(self.ids)}
        if not all(isinstance(name, str) and name for name in self.ids):
            raise ArtifactError("vocabulary: an id is empty or not text: drop it before training")
        for before, after in pairwise(self.ids):
            if before >= after:
                raise ArtifactError(f"vocabulary: {after!r} follows {before!r}: sort the ids and drop repeats")
        packed = Packed.of(self.ids)
        self._hashed = None if packed is None else Hashed.of(packed)

    def __len__(self) -> int:
        """How many ids, which is how many rows."""
        return len(self.ids)

    def rows(self, ids: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """(positions int64[k], rows int32[k]) of the ids that are known: `ids[positions[i]]` stands in `rows[i]`."""
        if self._hashed is not None and isinstance(ids, Packed):
            return _known(self._hashed.find(ids))
        return _known(np.fromiter(map(self.row.get, ids, repeat(-1)), np.int32, len(ids)))

    def rows_of_each(self, several: Sequence[Sequence[str]]) -> list[tuple[np.ndarray, np.ndarray]]:
        """`rows` of each of them, for less than they cost one after another."""
        packed = [kind for ids in several if (kind := Packed.of(ids)) is not None] if len(several) > 1 else []
        if self._hashed is None or not packed or len(packed) < len(several):
            return [self.rows(ids) for ids in several]
        found = self._hashed.find(Packed.joined(packed))
        return [_known(found[start:end]) for start, end in pairwise(accumulate(map(len, packed), initial=0))]

    @staticmethod
    def encode(ids: Sequence[str], name: str = "products") -> dict[str, np.ndarray]:
        """Arrays for an artifact: `<name>_text` uint8 (the UTF-8 of all ids, end to end), `<name>_offsets` int64[n+1].

        Raises ArtifactError for ids that `Vocabulary` refuses or UTF-8 cannot hold.
        """
        try:
            encoded = [text.encode() for text in Vocabulary(ids).ids]
        except UnicodeEncodeError as error:
            raise ArtifactError(f"vocabulary {name}: {error.object!r} is not valid text: drop it") from error
        offsets = np.zeros(len(encoded) + 1, dtype=np.int64)
        np.cumsum([len(text) for text in encoded], out=offsets[1:])
        return {f"{name}_text": np.frombuffer(b"".join(encoded), np.uint8).copy(), f"{name}_offsets": offsets}

    @classmethod
    def from_arrays(cls, text: np.ndarray, offsets: np.ndarray, name: str = "products") -> Vocabulary:
        """Read what `encode` wrote: text uint8[bytes], offsets int64[n+1]. ArtifactError when the two do not fit."""
        damaged = ArtifactError(f"vocabulary {name}: text and offsets do not fit: train again")
        if text.dtype != np.uint8 or offsets.dtype != np.int64 or text.ndim != 1 or offsets.ndim != 1:
            raise damaged
        if not len(offsets) or offsets[0] != 0 or offsets[-1] != len(text) or (np.diff(offsets) < 0).any():
            raise damaged
        data, marks = text.tobytes(), offsets.tolist()
        try:
            # One string for an id wherever in the process it is named: by the model after this one too.
            return cls([intern(data[a:b].decode()) for a, b in pairwise(marks)])
        except UnicodeDecodeError as error:
            raise damaged from error


def _known(found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if not np.count_nonzero(found < 0):
        return np.arange(len(found)), found
    positions = np.flatnonzero(found >= 0)
    return positions, found[positions]
