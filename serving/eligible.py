"""Which products may be shown, decided before the best k are taken: a slate is never short because of what was struck out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from models.vocabulary import Vocabulary
from serving.bundle import Bundle
from serving.online_port import Assortment, narrowed
from serving.wire import Filter

NO_SCORE = np.float32(np.nan)
Rows = tuple[np.ndarray | None, np.ndarray]


@dataclass(frozen=True)
class Shelf:
    """What one store, or the chain when no assortment is known, can sell. Row r is product r of the vocabulary."""

    struck: np.ndarray
    """float32[n]: 0 where on sale (in the assortment, and in stock or of unknown stock), NaN elsewhere: added to scores it
    strikes out what isn't sold, without a branch."""
    cents: np.ndarray
    """int32[n], or int64[n] where that is too narrow: the price, −1 where nobody said."""

    @property
    def on_sale(self) -> np.ndarray:
        """bool[n]."""
        return np.asarray(self.struck == 0.0)

    @property
    def n_bytes(self) -> int:
        """Memory it takes."""
        return self.struck.nbytes + self.cents.nbytes

    def prices(self, rows: np.ndarray) -> list[int | None]:
        """The prices of product rows int64[m] in cents, None where nobody said."""
        return [None if cents < 0 else cents for cents in self.cents.take(rows).tolist()]


def whole_chain(bundle: Bundle) -> Shelf:
    """Every product the artifact knows, at the product table's price."""
    catalogue = bundle.catalogue
    cents = np.where(catalogue.priced, catalogue.price_cents, -1)
    return Shelf(np.zeros(len(cents), np.float32), narrowed(cents))


def shelf_of(chain: Shelf, assortment: Assortment, listed: Rows) -> Shelf:
    """A store's assortment laid over the vocabulary; a product without a price there keeps the chain's. listed: `rows_of`."""
    positions, rows = listed
    stock, known, told = (
        column if positions is None else column[positions]
        for column in (assortment.stock_units, assortment.stock_known, assortment.price_cents)
    )
    struck = np.full(len(chain.struck), NO_SCORE)
    struck[rows[~known | (stock > 0)]] = 0.0
    cents = chain.cents.astype(np.promote_types(chain.cents.dtype, told.dtype))
    priced = told > 0
    cents[rows[priced]] = told[priced]
    return Shelf(struck, cents)


def rows_of(bundle: Bundle, assortment: Assortment) -> Rows:
    """(int64[m], which products of the assortment the artifact knows, None for all; int32[m], their rows)."""
    positions, rows = bundle.ranker.product_ids.rows(assortment.product_ids)
    return None if len(positions) == len(assortment.product_ids) else positions, rows


def struck(bundle: Bundle, shelf: Shelf, wanted: Filter, cart: Iterable[str]) -> np.ndarray:
    """float32[n]: 0 for what the store sells and the filter lets through, NaN for all else and for what lies in the cart already:
    to be added to scores, and never written to.

    With `max_price_cents` a product of unknown price is out: nobody can say that it is cheap enough.
    """
    products, catalogue, gone = bundle.ranker.product_ids, bundle.catalogue, (*wanted.exclude, *cart)
    if not gone and wanted.include is None and wanted.categories is None and wanted.max_price_cents is None:
        return shelf.struck
    standing = shelf.struck.copy()
    if wanted.include is not None:
        standing[~_marked(products, wanted.include)] = NO_SCORE
    if gone:
        standing[products.rows(gone)[1]] = NO_SCORE
    if wanted.categories is not None:
        numbers = [catalogue.categories[kind] for kind in wanted.categories if kind in catalogue.categories]
        standing[~np.isin(catalogue.category, np.array(numbers, np.int32))] = NO_SCORE
    if wanted.max_price_cents is not None:
        standing[(shelf.cents < 0) | (shelf.cents > wanted.max_price_cents)] = NO_SCORE
    return standing


def _marked(products: Vocabulary, ids: tuple[str, ...]) -> np.ndarray:
    marked = np.zeros(len(products), bool)
    marked[products.rows(ids)[1]] = True
    return marked
