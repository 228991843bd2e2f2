"""What Feast's registry says of feature services, read without Feast: which features of which views stand under one name.

The registry is one protocol buffer in a file, or in production a table of a SQL database with a protocol buffer a row
(feast/infra/registry/sql.py of Feast).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from google.protobuf.message import DecodeError
from sqlalchemy.exc import SQLAlchemyError

from embedded import OnlineStoreError
from embedded.feast_config import repo_config, unreachable_registry
from serving.feast_messages import registry_class, service_class
from settings import Settings

Views = Mapping[str, tuple[str, ...]]
"""The features of each view, in their order."""
USER, STORE, PORTRAIT = "recommendations_v1", "store_v1", "portrait_v1"
WAIT_S = 5
_TABLE = sa.table("feature_services", sa.column("project_id"), sa.column("feature_service_proto"))


def feature_services(settings: Settings) -> dict[str, Views]:
    """Every feature service of our project by name.

    Raises OnlineStoreError when the registry does not answer, or lacks what serving can't do without: `USER` and `STORE`.
    """
    config = repo_config(settings, "localhost:0")
    project, where = config["project"], config["registry"]["path"]
    try:
        found = _rows(where, project) if settings.registry_url else _file(Path(where), project)
        services = {one.spec.name: _views(one) for one in found}
    except (OSError, DecodeError) as error:
        raise _unfilled(f"{where}: {getattr(error, 'strerror', None) or 'no registry of Feast'}") from None
    except SQLAlchemyError as error:
        raise OnlineStoreError(unreachable_registry(settings, error)) from None
    for name in (USER, STORE):
        if name not in services:
            raise _unfilled(f"no feature service {name}")
    return services


def _file(path: Path, project: str) -> list[Any]:
    registry = registry_class().FromString(path.read_bytes())
    return [service for service in registry.feature_services if service.spec.project == project]


def _rows(url: str, project: str) -> list[Any]:
    """Here the column tells the project, the protocol buffer doesn't. A database without Feast's tables has no service."""
    waits = {"connect_args": {"connect_timeout": WAIT_S}} if sa.make_url(url).get_backend_name() == "postgresql" else {}
    engine = sa.create_engine(url, hide_parameters=True, poolclass=sa.NullPool, **waits)
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table(_TABLE.name):
            return []
        asked = sa.select(_TABLE.c.feature_service_proto).where(_TABLE.c.project_id == project)
        return [service_class().FromString(bytes(one)) for one in connection.scalars(asked)]


def _views(service: Any) -> Views:
    return {
        view.feature_view_name: tuple(column.name for column in view.feature_columns) for view in service.spec.features
    }


def _unfilled(why: str) -> OnlineStoreError:
    return OnlineStoreError(f"the feature registry is not filled ({why}); run `daypart features`")
