"""The store where each user is likeliest next, of those that a plan may use, and how likely it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from models.visits import Visits, rows_of
from models.when import When
from offers.slots import Store


def likely_stores(
    when: When, visits: Visits, as_of: int, usual: Sequence[Store], clocks: Mapping[str, Store]
) -> tuple[list[Store], np.ndarray]:
    """(store, float64[n] chance that a visit is there), for visits before day `as_of`; usual: of those users, row-aligned.

    Who was in none of `clocks` keeps the usual store: with a chance of 1 where nothing is known of their stores, else 0.
    """
    names = sorted(clocks)
    place = np.full(len(when.store_ids) + 1, -1, dtype=np.int64)
    place[rows_of(when.store_ids, names)] = np.arange(len(names))
    place[-1] = -1  # where a store is that the artifact doesn't know
    found = when.store_chance(visits, as_of)
    kept = np.flatnonzero(place[found.store] >= 0)
    # Ascending, so that the last write stays: the greatest chance, ties to the lower row.
    order = kept[np.lexsort((-found.store[kept], found.chance[kept], found.owner[kept]))]
    chosen, chance = np.full(len(usual), -1, dtype=np.int64), np.ones(len(usual))
    chance[found.owner] = 0.0
    chosen[found.owner[order]], chance[found.owner[order]] = place[found.store[order]], found.chance[order]
    stores = [clocks[names[at]] if at >= 0 else store for at, store in zip(chosen.tolist(), usual, strict=True)]
    return stores, chance
