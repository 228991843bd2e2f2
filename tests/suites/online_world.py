"""The tiny world through the river: lake, features, registry, and an online store that runs while the block does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from embedded import OnlineStore, lease_online_store
from settings import Settings
from tests import world


@contextmanager
def online_world(settings: Settings) -> Iterator[OnlineStore]:
    """The store. `settings.home` stands for itself afterwards."""
    from training import features

    world.fill(settings.lake)
    with lease_online_store(settings) as store:
        features.compute(settings, world.END)
        features.apply(settings)
        features.materialise(settings, world.END)
        yield store
