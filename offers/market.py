"""What could be offered where: products, stores and assortments as arrays that align with the ranker's product rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from models.vocabulary import Vocabulary
from offers.campaign_scope import Products, offered
from offers.errors import PlanError
from offers.slots import Store, closed_days_of, minute_of, zone_of
from offers.snapshots import newest, rows_of

_SHELF = ("product_ids", "price_cents", "stock_units", "stock_known")


@dataclass(frozen=True)
class Shelf:
    """What one store can offer: known to the ranker, offered by the campaign, not sold out. Rows are ranker rows (int64[k]),
    `price_cents`, `cost_cents` and `stock_units` (-1 where unknown) int64[k]."""

    rows: np.ndarray
    price_cents: np.ndarray
    cost_cents: np.ndarray
    stock_units: np.ndarray

    @property
    def margin_share(self) -> float:
        """What is left of a price after the cost, over the whole shelf; never below 0."""
        price = int(self.price_cents.sum())
        return max(0.0, 1.0 - int(self.cost_cents.sum()) / price) if price else 0.0


@dataclass(frozen=True)
class Market:
    """Products, stores and what each store sells, as of a moment."""

    product_ids: Vocabulary
    names: Mapping[str, Sequence[str | None]]
    """Locale ("" for the plain name) to one name a ranker row."""
    cost_cents: np.ndarray
    """int64[n]: cost by ranker row, 0 where unknown."""
    offered: np.ndarray
    """bool[n]: whether the campaign offers the product."""
    stores: Mapping[str, Store]
    assortments: Mapping[str, dict[str, Any]]
    assumed_cost_share: float

    @cached_property
    def _shelves(self) -> dict[str, Shelf]:
        return {}

    def shelf(self, store_id: str) -> Shelf | None:
        """The store's shelf, None when the store or its assortment is unknown.

        A product without a cost costs `assumed_cost_share` of its price there, rounded up.
        """
        if store_id not in self._shelves and store_id in self.assortments:
            self._shelves[store_id] = self._build(self.assortments[store_id])
        return self._shelves.get(store_id)

    def _build(self, row: dict[str, Any]) -> Shelf:
        places, rows = self.product_ids.rows(row["product_ids"] or [])
        price = np.asarray(row["price_cents"] or [], dtype=np.int64)[places]
        stock = np.asarray(row["stock_units"] or [], dtype=np.int64)[places]
        known = np.asarray(row["stock_known"] or [], dtype=bool)[places]
        rows = np.asarray(rows, dtype=np.int64)
        keep = (price > 0) & (~known | (stock > 0)) & self.offered[rows]
        order = np.flatnonzero(keep)[np.argsort(rows[keep], kind="stable")]
        rows, price, units = rows[order], price[order], np.where(known, stock, -1)[order]
        stated = self.cost_cents[rows]
        cost = np.where(stated > 0, stated, np.ceil(price * self.assumed_cost_share).astype(np.int64))
        return Shelf(rows, price, cost, units)

    def names_of(self, row: int) -> dict[str, str]:
        """Names of a ranker row by locale; a product without any is called by its id."""
        found = {locale: str(names[row]) for locale, names in self.names.items() if names[row]}
        return {"": self.product_ids.ids[row], **found}


def read_market(
    lake: Path, features: Path, products: Vocabulary, assumed_cost_share: float, chosen: Products, now: datetime
) -> Market:
    """Products and stores of the lake, assortments of the features at or before `now`. Raises PlanError.

    `chosen`: what the campaign offers.
    """
    table = read_table(lake / "products.parquet")
    places, rows = products.rows(table["product_id"].to_pylist())
    known = table.take(places)
    cost, takes = np.zeros(len(products), dtype=np.int64), offered(chosen, products.ids, [None] * len(products))
    if "cost_cents" in known.column_names:
        cost[rows] = [value or 0 for value in known["cost_cents"].to_pylist()]
    takes[rows] = offered(chosen, known["product_id"].to_pylist(), categories_of(known))
    names: dict[str, list[str | None]] = {}
    for column in known.column_names:
        if column == "name" or column.startswith("name_"):
            aligned: list[str | None] = [None] * len(products)
            for row, text in zip(rows.tolist(), known[column].to_pylist(), strict=True):
                aligned[row] = text
            names[column.removeprefix("name").removeprefix("_")] = aligned
    file = features / "store_assortment.parquet"
    rows_now = rows_of(file, "store_id", newest(file, "store_id", now), _SHELF)
    assortments = {row["store_id"]: row for row in rows_now}
    return Market(products, names, cost, takes, read_clocks(lake / "stores.parquet"), assortments, assumed_cost_share)


def categories_of(table: Any) -> list[str | None]:
    """The categories of a products table's rows, None where it has none."""
    found: list[str | None] = table["category"].to_pylist() if "category" in table.column_names else [None] * len(table)
    return found


def read_clocks(path: Path) -> dict[str, Store]:
    """The clocks of a stores table, by store. Raises PlanError."""
    stores = {}
    for row in read_table(path).to_pylist():
        try:
            hours = minute_of(row.get("opens")), minute_of(row.get("closes"))
            store = Store(row["store_id"], row["timezone"], *hours, closed_days_of(row.get("closed_days")))
            zone_of(store.timezone)
        except ValueError as error:
            raise PlanError(f"{path}: store {row['store_id']}: {error}, and ingest the stores again") from None
        stores[store.store_id] = store
    return stores


def read_table(path: Path) -> Any:
    """A table of the lake. Raises PlanError."""
    if not path.is_file():
        raise PlanError(f"{path}: not there; run daypart ingest first")
    try:
        return pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise PlanError(f"{path}: can't be read ({str(error).splitlines()[0]}); ingest it again") from None
