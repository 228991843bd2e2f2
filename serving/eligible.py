"""Which products may be shown, decided before the best k are taken: a slate is never short because of what was struck out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.vocabulary import Vocabulary
from serving.bundle import Bundle
from serving.online_port import Assortment
from serving.wire import Filter

NO_SCORE = np.float32(np.nan)


@dataclass(frozen=True)
class Shelf:
    """What one store, or the chain when no assortment is known, can sell. Row r is product r of the vocabulary."""

    on_sale: np.ndarray
    """bool[n]: in the assortment, and in stock or of unknown stock."""
    price_cents: np.ndarray
    """int64[n], meaningless where `priced` is false."""
    priced: np.ndarray
    """bool[n]."""

    @cached_property
    def struck(self) -> np.ndarray:
        """float32[n]: 0 where on sale, NaN elsewhere: added to scores it strikes out what isn't sold, without a branch."""
        return np.where(self.on_sale, np.float32(0.0), NO_SCORE)

    def prices(self, rows: np.ndarray) -> list[int | None]:
        """The prices of product rows int64[m] in cents, None where nobody said."""
        told = zip(self.price_cents[rows].tolist(), self.priced[rows].tolist(), strict=True)
        return [cents if is_priced else None for cents, is_priced in told]


def whole_chain(bundle: Bundle) -> Shelf:
    """Every product the artifact knows, at the product table's price."""
    catalogue = bundle.catalogue
    return Shelf(np.ones(len(catalogue.priced), bool), catalogue.price_cents, catalogue.priced)


def shelf_of(bundle: Bundle, assortment: Assortment) -> Shelf:
    """A store's assortment laid over the vocabulary; a product without a price there keeps the product table's."""
    catalogue = bundle.catalogue
    positions, rows = bundle.ranker.product_ids.rows(assortment.product_ids)
    stock = np.asarray(assortment.stock_units, np.int64)[positions]
    known = np.asarray(assortment.stock_known, bool)[positions]
    on_sale = np.zeros(len(catalogue.priced), bool)
    on_sale[rows] = ~known | (stock > 0)
    prices, priced = catalogue.price_cents.copy(), catalogue.priced.copy()
    told = np.asarray(assortment.price_cents, np.int64)[positions]
    priced_here = told > 0
    prices[rows[priced_here]] = told[priced_here]
    priced[rows[priced_here]] = True
    return Shelf(on_sale, prices, priced)


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
        standing[~(shelf.priced & (shelf.price_cents <= wanted.max_price_cents))] = NO_SCORE
    return standing


def _marked(products: Vocabulary, ids: tuple[str, ...]) -> np.ndarray:
    marked = np.zeros(len(products), bool)
    marked[products.rows(ids)[1]] = True
    return marked
