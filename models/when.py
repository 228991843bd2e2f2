"""When and where users come next: an artifact and a block of users' visits in, chances out; the same offline and online."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from models.artifact import Artifact, ArtifactError
from models.habits import Habits
from models.next_store import NextStore, StoreChance
from models.shelf import current, load
from models.slot_mix import SlotMix
from models.visit_chance import VisitChance
from models.visits import Visits
from models.vocabulary import Vocabulary
from models.when_checks import check_values
from models.when_options import Options, check_shapes, options_of

NAME = "when"
"""The artifact's name on the shelf."""
LEAST_VISITS = 5
FALLBACKS = ("own_visits", "few_visits", "no_visits")
"""What a user's chances rest on, by code: their own visits; fewer than `LEAST_VISITS`, so largely on what store and chain
do; none, so on nothing else."""


class When:
    """Built once from an artifact, never changed, safe to share between threads.

    Ask in blocks of some ten thousand users (`Visits.block`): a block of 10,000 takes some 100 MB.
    """

    def __init__(self, arrays: Mapping[str, np.ndarray], options: Options, version: str = "") -> None:
        """Of checked arrays; `from_artifact` is the usual door."""
        self.version = version
        self.options = options
        self.store_ids = Vocabulary.from_arrays(arrays["stores_text"], arrays["stores_offsets"], "stores")
        self.visits = VisitChance.of(arrays, options.stranger_week)
        self.slot = SlotMix.of(arrays, options.topic_sizes)
        self.next_store = NextStore.of(arrays)

    @classmethod
    def from_artifact(cls, artifact: Artifact) -> When:
        """ArtifactError when an array or a parameter is missing, misaligned or unknown to this build."""
        if artifact.name != NAME:
            raise ArtifactError(f"{artifact.path}: a {artifact.name} artifact, not a {NAME}: point at a {NAME}")
        try:
            return cls.from_arrays(artifact.arrays, artifact.manifest["parameters"], artifact.version)
        except ArtifactError as error:
            raise ArtifactError(f"{artifact.path}: {error}") from error

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], parameters: Mapping[str, Any], version: str = "") -> When:
        """The same of arrays in memory, as training has them."""
        options = options_of(parameters)
        check_shapes(arrays, options)
        check_values(arrays)
        return cls(arrays, options, version)

    def visit_chance(self, visits: Visits, as_of_day: int, n_days: int) -> np.ndarray:
        """float64[n, n_days]: the chance of a visit on as_of_day, the day after, …; see `VisitChance.by_day`."""
        return self.visits.by_day(visits, as_of_day, n_days)

    def within_week(self, visits: Visits, as_of_day: int) -> np.ndarray:
        """float64[n]: the chance of any visit in the seven days from as_of_day on; calibrated by itself, and never below
        the greatest nor above the sum of the first seven of `visit_chance`."""
        return self.visits.within_week(visits, as_of_day)

    def habits(self, visits: Visits, as_of_day: int, store_row: np.ndarray) -> Habits:
        """The users' hours, counted once for `slot_density` of any number of days; store_row int64[n], -1 for no known store."""
        return self.slot.habits(visits, as_of_day, store_row)

    def slot_density(self, habits: Habits, day: np.ndarray, open_hours: np.ndarray) -> np.ndarray:
        """float64[n, 24]: the hour of a visit on day int64[n], given that there is one; closed hours are 0, rows sum to 1.

        open_hours bool[n, 24], on the store's clock. A row with no open hour is all 0.
        """
        return self.slot.density(habits, day, open_hours)

    def store_chance(self, visits: Visits, as_of_day: int) -> StoreChance:
        """The stores a user has been to, each with its chance of being next."""
        return self.next_store.chances(visits, as_of_day)

    def fallback(self, visits: Visits) -> np.ndarray:
        """uint8[n]: code in `FALLBACKS` of what each user's answers rest on."""
        return np.where(visits.n_visits >= LEAST_VISITS, 0, np.where(visits.n_visits > 0, 1, 2)).astype(np.uint8)


def in_use(shelf: Path) -> When | None:
    """The `when` that was promoted on a shelf, None before the first promotion. ArtifactError when it is damaged."""
    version = current(shelf, NAME)
    return None if version is None else When.from_artifact(load(shelf, NAME, version))
