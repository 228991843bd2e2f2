"""The online store as Feast's own client reads it: every feature of a view, whoever wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from embedded import lease_online_store
from settings import Settings
from training.feast_store import open_store
from training.snapshots import VIEWS


def read_online(settings: Settings, view: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Rows by id of those of `ids` of whom anything is there."""
    with lease_online_store(settings) as online:
        store = open_store(settings, online)
        names = [feature.name for feature in store.get_feature_view(view).features]
        asked = [{VIEWS[view]: one} for one in ids]
        found = store.get_online_features(features=[f"{view}:{name}" for name in names], entity_rows=asked).to_dict()
    rows = {one: {name: found[name][place] for name in names} for place, one in enumerate(ids)}
    return {one: row for one, row in rows.items() if any(value is not None for value in row.values())}
