"""How a view, a service and an entity are declared here: owner, description, tags and life on every one.

`DAYPART__FEATURES` names the folder of the views' parquet files when a view is declared, not when this page is read.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from feast import Entity, FeatureService, FeatureView, Field, FileSource, ValueType
from feast.types import String

OWNER = "daypart"


def view(
    name: str, of: Entity, fields: list[Field], description: str, pii: str = "behaviour", writer: str = "training",
    cadence: str = "snapshot",
) -> FeatureView:  # fmt: skip
    """A view whose rows are kept for 90 days, keyed by the entity's text id."""
    return FeatureView(
        name=name,
        entities=[of],
        ttl=timedelta(days=90),
        schema=[Field(name=of.join_key, dtype=String), *fields],
        source=_source(name),
        description=description,
        owner=OWNER,
        tags={"pii": pii, "writer": writer, "cadence": cadence},
    )


def service(name: str, views: list[FeatureView], description: str, pii: str = "behaviour") -> FeatureService:
    """Views that are read together under one name."""
    return FeatureService(name=name, features=[*views], description=description, owner=OWNER, tags={"pii": pii})


user = Entity(name="user", join_keys=["user_id"], value_type=ValueType.STRING, description="A person.", owner=OWNER)
product = Entity(
    name="product", join_keys=["product_id"], value_type=ValueType.STRING, description="A thing sold.", owner=OWNER
)
store = Entity(name="store", join_keys=["store_id"], value_type=ValueType.STRING, description="A place.", owner=OWNER)


def _source(name: str) -> FileSource:
    folder = Path(os.environ.get("DAYPART__FEATURES", ".daypart/features"))
    return FileSource(
        name=f"{name}_source",
        path=str(folder / f"{name}.parquet"),
        timestamp_field="event_timestamp",
        description=f"Snapshots of {name}: a row holds what was known strictly before its event_timestamp.",
        owner=OWNER,
    )
