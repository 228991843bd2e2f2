"""What products are called, what they cost and what kind they are, row by row beside the artifact's vocabulary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from models.vocabulary import Vocabulary

MAX_LANGUAGES = 10


class CatalogueError(Exception):
    """A reference table of the lake cannot be used. One line: the file, the reason and what to do."""


@dataclass(frozen=True)
class Catalogue:
    """Row r of everything is product r of the vocabulary it was read for."""

    names: Mapping[str, Sequence[str]]
    """By locale (`zh`, `pt-br`; lower case, hyphen); the key "" is the plain `name`, the product's id if it has none."""
    price_cents: np.ndarray
    """int64[n], meaningless where `priced` is false."""
    priced: np.ndarray
    """bool[n]."""
    category: np.ndarray
    """int32[n]: number of the category, −1 for none."""
    categories: Mapping[str, int]

    def names_for(self, wanted: Sequence[str]) -> Sequence[str]:
        """Names in the first language of `wanted` that the catalogue has (`zh-Hans-CN` also finds `zh`), else plain."""
        for language in wanted:
            parts = language.lower().replace("_", "-").split("-")
            for length in range(len(parts), 0, -1):
                if (names := self.names.get("-".join(parts[:length]))) is not None:
                    return names
        return self.names[""]


def languages(locale: str | None, accept_language: str, fallback: str) -> list[str]:
    """Languages wanted, best first: the request's own, else those of an Accept-Language header, then `fallback`."""
    if locale is not None:
        return [locale, fallback]
    if not accept_language:
        return [fallback]
    weighted = []
    for place, part in enumerate(accept_language.split(",")[:MAX_LANGUAGES]):
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.partition("=")[2]) if weight else 1.0
        except ValueError:
            continue
        if tag.strip() not in ("", "*") and quality > 0:
            weighted.append((-quality, place, tag.strip()))
    return [*(tag for _, _, tag in sorted(weighted)), fallback]


def read_catalogue(lake: Path, products: Vocabulary) -> Catalogue:
    """Read `products.parquet` for these products; without the file every product is its id, unpriced.

    Raises CatalogueError when the file is damaged or lacks product_id.
    """
    table = _read(lake / "products.parquet", "product_id")
    positions, rows = products.rows(_column(table, "product_id"))
    plain = list(products.ids)
    names: dict[str, list[str]] = {"": plain}
    for column in [c for c in table.column_names if c == "name" or c.startswith("name_")]:
        # A name missing in one language falls back on the plain one, which stands before it.
        locale = column[5:].lower().replace("_", "-")
        named = plain if locale == "" else names.setdefault(locale, list(plain))
        texts = _column(table, column)
        for position, row in zip(positions.tolist(), rows.tolist(), strict=True):
            named[row] = texts[position] or named[row]
    prices, priced = np.zeros(len(products), np.int64), np.zeros(len(products), bool)
    kinds, category = _column(table, "category"), np.full(len(products), -1, np.int32)
    categories = {kind: number for number, kind in enumerate(sorted({k for k in kinds if k}))}
    costs = _column(table, "price_cents")
    for position, row in zip(positions.tolist(), rows.tolist(), strict=True):
        if costs[position] is not None:
            prices[row], priced[row] = costs[position], True
        category[row] = categories.get(kinds[position], -1)
    del table
    pa.default_memory_pool().release_unused()
    return Catalogue(names, prices, priced, category, categories)


def read_zones(lake: Path) -> dict[str, ZoneInfo]:
    """store_id → the store's zone. Without the file, none. Raises CatalogueError for a damaged file or unknown zone."""
    path = lake / "stores.parquet"
    table = _read(path, "store_id")
    zones = {}
    for store_id, zone in zip(_column(table, "store_id"), _column(table, "timezone"), strict=True):
        try:
            zones[store_id] = ZoneInfo(zone)
        except (KeyError, ValueError, OSError, TypeError):
            raise CatalogueError(f"{path}: store {store_id!r} has no zone {zone!r}; ingest the stores again") from None
    return zones


def _read(path: Path, key: str) -> pa.Table:
    try:
        # Not `read_table`, which loads Arrow's machinery for many files: 0.2 s, and 40 MiB with what its threads keep.
        with pq.ParquetFile(path) as file:
            table = file.read(use_threads=False)
    except FileNotFoundError:
        return pa.table({key: pa.array([], pa.string())})
    except (OSError, pa.ArrowException) as error:
        reason = " ".join(str(error).split())[:200]
        raise CatalogueError(f"{path}: cannot be read ({reason}); ingest it again") from None
    if key not in table.column_names:
        raise CatalogueError(f"{path}: has no column {key}; ingest it again")
    # `name` before `name_zh`, so that a language without a name falls back on the plain one.
    return table.select(sorted(table.column_names))


def _column(table: pa.Table, name: str) -> list:  # type: ignore[type-arg]
    return table.column(name).to_pylist() if name in table.column_names else [None] * table.num_rows
