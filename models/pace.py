"""How often products of histories were bought and how long ago, and the words that reasons make of it."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from models.block import Block
from models.habit import mean_gap
from models.ragged import Ragged

WORDS_KEPT = 8_192
"""Of each kind of words, as the same numbers come again and again: some 2 MB."""
_ONCE = ("on your last visit", "1 visit before the last")


class Pace(NamedTuple):
    """Of m products; what is said of one that is not owned means nothing."""

    counts: np.ndarray
    """int64[m]: visits that had it."""
    n_visits: np.ndarray
    """int64[m]: of its question."""
    gap: np.ndarray
    """float32[m]: visits from one purchase of it to the next."""
    since: np.ndarray
    """int64[m]: visits since the last."""
    mean_since: np.ndarray
    """float64[m]: of all products that the question owns."""

    def often(self, at: np.ndarray) -> list[tuple[str, str]]:
        """In how many visits each of places int64[c] was bought."""
        return list(map(_often, self.counts[at].tolist(), self.n_visits[at].tolist()))

    def recently(self, at: np.ndarray) -> list[tuple[str, str]]:
        """When each was bought last."""
        return list(map(_recently, self.since[at].tolist()))

    def again(self, at: np.ndarray) -> list[tuple[str, str]]:
        """How often each is bought, and when last."""
        return list(map(_again, self.gap[at].tolist(), self.since[at].tolist()))


def pace_of(block: Block, told: Ragged, places: np.ndarray) -> Pace:
    """Of product rows; places int64[m]: of them, as `Block.places` has it."""
    if not len(block.owned.rows):
        none = np.zeros(len(places), np.int64)
        return Pace(none, none, none, none, none)
    counts, gap = np.rint(block.counts[places]).astype(np.int64), mean_gap(block)[places]
    return Pace(counts, block.n_visits[places], gap, block.visits_since[places], block.mean_since.take(told.of))


@lru_cache(maxsize=WORDS_KEPT)
def _often(n: int, of: int) -> tuple[str, str]:
    return "bought_before", f"{n} of your last {of} visits" if of > 1 else "on your only visit"


@lru_cache(maxsize=WORDS_KEPT)
def _recently(since: int) -> tuple[str, str]:
    return "bought_recently", _last(since)


@lru_cache(maxsize=WORDS_KEPT)
def _again(gap: float, since: int) -> tuple[str, str]:
    return "due_again", f"usually every {gap:.1f} visits, last {_last(since)}"


def _last(since: int) -> str:
    return f"{since} visits before the last" if since > 1 else _ONCE[since]
