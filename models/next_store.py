"""Which store next: the stores a user has been to, each with its chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.mixed_logit import MixedLogit
from models.response import sigmoid
from models.store_features import store_candidates
from models.visits import Visits


@dataclass(frozen=True)
class StoreChance:
    """Candidate i: user owner[i], int64, ascending; store[i] int64: row of the artifact's stores; chance[i] float64.

    A user's chances sum to 1. A user without a visit to a known store has no candidate.
    """

    owner: np.ndarray
    store: np.ndarray
    chance: np.ndarray

    def likeliest(self, n_users: int) -> np.ndarray:
        """int64[n_users]: the likeliest store, ties to the lower row; -1 for a user without a candidate."""
        order = np.lexsort((-self.store, self.chance, self.owner))
        found = np.full(n_users, -1, dtype=np.int64)
        found[self.owner[order]] = self.store[order]  # the last write stays: the greatest chance
        return found


@dataclass(frozen=True)
class NextStore:
    """Scores each store of a user's past as if alone; a user's chances are then brought to the sum of one."""

    logit: MixedLogit

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray]) -> NextStore:
        """From a `when` artifact's arrays."""
        return cls(MixedLogit.of(arrays, "store"))

    def chances(self, visits: Visits, as_of_day: int) -> StoreChance:
        """For visits that are all before `as_of_day`."""
        candidates = store_candidates(visits, as_of_day)
        alone = sigmoid(self.logit.margin(candidates.features)) + 1e-9
        total = np.bincount(candidates.owner, alone, len(visits))
        return StoreChance(candidates.owner, candidates.store, alone / total[candidates.owner])
