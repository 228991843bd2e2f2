"""The stores that are known here: those of the lake's table and those the ledger was opened with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

_NAMED = 12


def stores_known(settings: Settings, engine: Engine) -> set[str]:
    """Ids of every store; empty where no table was ever given. Raises PlanError for a damaged table, LedgerError."""
    import sqlalchemy as sa

    from offers.database import transaction
    from offers.market import read_clocks
    from offers.tables import stores

    file = settings.lake / "stores.parquet"
    with transaction(engine, write=False) as connection:
        known = set(connection.execute(sa.select(stores.c.store_id)).scalars())
    return known | set(read_clocks(file) if file.is_file() else ())


def check_store(settings: Settings, engine: Engine, store_id: str | None) -> None:
    """Raises KeyFault for a store that doesn't exist, where any is known; else as `stores_known`."""
    from feature_repo.events import in_one_form
    from serving.keys import KeyFault

    if store_id is None or not (known := stores_known(settings, engine)) or in_one_form(store_id) in known:
        return
    more = f" and {len(known) - _NAMED} more" if len(known) > _NAMED else ""
    raise KeyFault(f"--store {store_id}: no store has this id; there are {', '.join(sorted(known)[:_NAMED])}{more}")
