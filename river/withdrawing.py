"""After the tables have changed: offers that nobody has sent yet and nobody can use any more are taken back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from settings import Settings

if TYPE_CHECKING:
    from offers.desk import Desk

_STOCK = ("product_ids", "stock_units", "stock_known")


def withdraw_unsent(settings: Settings, now: datetime) -> Mapping[str, int]:
    """Bring the ledger's clocks of stores up to the lake's table, then withdraw by the newest features' stock and by what
    people said; how many offers by reason. Raises PlanError, LedgerError."""
    from offers.erasing import NO_CONSENT, withdraw_open
    from offers.market import read_clocks
    from river.steps import open_desk

    stores = settings.lake / "stores.parquet"
    with open_desk(settings) as desk:
        if stores.is_file():
            desk.put_stores(list(read_clocks(stores).values()), now)
        swept = desk.sweep(now, stock_of(settings, now))
        # Issued by a plan that had begun before the no was said.
        n_unwanted = withdraw_open(desk.journal, unwilling_of(desk), NO_CONSENT, now)
    return {**swept, NO_CONSENT: n_unwanted} if n_unwanted else swept


def unwilling_of(desk: Desk) -> list[str]:
    """Ids of people who said no to offers."""
    from people.consent import spoken
    from people.directory import resolved

    with desk.journal.read() as connection:
        persons = resolved(connection)
        no = {person for person, yes in spoken(connection, persons, "offers").items() if not yes}
    return sorted(no | {one for one, person in persons.items() if person in no})


def stock_of(settings: Settings, now: datetime) -> Callable[[str, str], int | None]:
    """Units in stock by store and product as of the features at or before `now`; None where nobody said."""
    from offers.snapshots import newest, rows_of

    file = settings.features / "store_assortment.parquet"
    chosen = newest(file, "store_id", now) if file.is_file() else {}
    rows = {row["store_id"]: row for row in rows_of(file, "store_id", chosen, _STOCK)} if chosen else {}

    @cache
    def shelf(store_id: str) -> Mapping[str, int]:
        columns = (rows[store_id][name] or () for name in _STOCK) if store_id in rows else ((), (), ())
        return {product: units for product, units, known in zip(*columns, strict=True) if known}

    return lambda store_id, product_id: shelf(store_id).get(product_id)
