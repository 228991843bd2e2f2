"""What a factor model or the place says of products: of all of them, or only of those that are asked about."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.lanes import Lanes
from models.ragged import Ragged
from models.terms import Ask


class Wide:
    """One wide term of several questions. Not shared by threads."""

    __slots__ = ("_asks", "_name", "_whole")

    def __init__(self, asks: Sequence[Ask], name: str) -> None:
        """Nothing is reckoned before it is read."""
        self._asks, self._name = asks, name
        self._whole: dict[int, np.ndarray] = {}

    def __getitem__(self, number: int) -> np.ndarray:
        """float32[n]: of every product, for one question."""
        found = self._whole.get(number)
        if found is None:
            found = self._whole[number] = wide_term(self._asks[number], self._name)
        return found

    def at(self, told: Ragged) -> np.ndarray:
        """float32[m]: the same numbers at product rows of each question alone."""
        asks = self._asks
        if self._name != "cold" or not asks[0].parts.has_tastes or len(self._whole) == len(asks):
            return np.concatenate([self[number].take(rows) for number, rows in enumerate(told.each())])
        lanes = Lanes.of(told)
        columns = asks[0].parts.arrays["cold_factors"].take(lanes.rows, axis=0).T.copy()
        found = np.empty(len(lanes.rows), np.float32)
        for ask, start, end in zip(asks, lanes.bounds, lanes.bounds[1:], strict=False):
            if start < end:
                np.matmul(ask.cold_user, columns[:, start:end], out=found[start:end])
        return found.take(lanes.at)


def wide_term(ask: Ask, name: str) -> np.ndarray:
    """float32[n]: a factor model's say, or the place's."""
    n = len(ask.parts.products)
    if name == "als":
        return np.asarray(ask.parts.arrays["als_factors"] @ ask.als_user)
    if name == "cold":
        known = ask.parts.has_tastes
        return np.asarray(ask.cold_user @ ask.parts.cold_lanes)[:n] if known else np.zeros(n, np.float32)
    return ask.parts.here(ask.store, ask.daypart_number)
