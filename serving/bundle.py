"""Everything that one promoted version serves with, as one immutable value, so that a swap is one assignment."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from models.artifact import Artifact, ArtifactError
from models.ranker import Ranker
from models.shelf import CURRENT, load, load_current, published
from serving.catalogue import Catalogue, CatalogueError, read_catalogue, read_zones
from settings import Settings

ARTIFACT = "ranker"
Stamp = tuple[int, int, int] | None


@dataclass(frozen=True)
class Bundle:
    """A ranker and the reference tables read for its vocabulary."""

    version: str
    ranker: Ranker
    catalogue: Catalogue
    zones: Mapping[str, ZoneInfo]
    exploration_share: float
    trained_through: str
    """RFC 3339, as the manifest has it."""
    read_of: tuple[Stamp, ...] = ()
    """`stamps` of what it was read of, taken before."""
    in_place_because: str = ""
    """Why it serves in place of the current version; nothing for the current one."""

    def zone_of(self, store_id: str | None) -> tzinfo | None:
        """The store's zone, None when the store is unknown."""
        return None if store_id is None else self.zones.get(store_id)

    def hour_of_week(self, store_id: str | None, moment: datetime) -> int:
        """0 for Monday 00:00 up to 167: by the store's clock, without a known store by the clock `moment` was told in."""
        local = moment.astimezone(self.zone_of(store_id) or moment.tzinfo or UTC)
        return local.weekday() * 24 + local.hour


def load_bundle(settings: Settings) -> Bundle:
    """Open the current artifact and its tables. Raises ArtifactError or CatalogueError."""
    read_of = stamps(settings)
    return _with_tables(settings, load_current(settings.shelf, ARTIFACT), read_of)


def load_bundle_to_start(settings: Settings) -> Bundle:
    """The same for a process that has nothing to serve on with: while what is current can't be loaded it is the version that
    served before it, `published` and whole, latest first. One that was never promoted isn't taken, as nobody said that it may
    serve: then there is none, which raises what the current one raised."""
    try:
        return load_bundle(settings)
    except (ArtifactError, CatalogueError) as error:
        read_of = stamps(settings)
        for version in _published(settings):
            with suppress(ArtifactError, CatalogueError):
                found = _with_tables(settings, load(settings.shelf, ARTIFACT, version), read_of)
                return replace(found, in_place_because=f"{type(error).__name__}: {error}")
        raise


def _published(settings: Settings) -> list[str]:
    try:
        return published(settings.shelf, ARTIFACT)
    except ArtifactError:
        return []


def _with_tables(settings: Settings, artifact: Artifact, read_of: tuple[Stamp, ...]) -> Bundle:
    ranker = Ranker.from_artifact(artifact)
    return Bundle(
        version=artifact.version,
        ranker=ranker,
        catalogue=read_catalogue(settings.lake, ranker.product_ids),
        zones=read_zones(settings.lake),
        exploration_share=settings.exploration_share,
        trained_through=str(artifact.manifest["trained_through"]),
        read_of=read_of,
    )


def stamps(settings: Settings) -> tuple[Stamp, ...]:
    """What changes when the pointer to the current version or a table of the lake is replaced, whatever the clock says."""
    tables = (settings.lake / name for name in ("products.parquet", "stores.parquet"))
    return tuple(_stamp(path) for path in (settings.shelf / ARTIFACT / CURRENT, *tables))


def _stamp(path: Path) -> Stamp:
    try:
        told = path.stat()
    except OSError:
        return None
    return told.st_mtime_ns, told.st_ino, told.st_size
