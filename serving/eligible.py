"""Which products may be shown, decided before the best k are taken: a slate is never short because of what was struck out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from models.vocabulary import Vocabulary
from serving.bundle import Bundle
from serving.online_port import Assortment
from serving.wire import Filter


@dataclass(frozen=True)
class Shelf:
    """What one store, or the chain when no assortment is known, can sell. Row r is product r of the vocabulary."""

    on_sale: np.ndarray
    """bool[n]: in the assortment, and in stock or of unknown stock."""
    price_cents: np.ndarray
    """int64[n], meaningless where `priced` is false."""
    priced: np.ndarray
    """bool[n]."""

    def price(self, row: int) -> int | None:
        """The price of a product in cents, None when nobody said."""
        return int(self.price_cents[row]) if self.priced[row] else None


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


def eligible(bundle: Bundle, shelf: Shelf, wanted: Filter, cart: Iterable[str]) -> np.ndarray:
    """bool[n]: what the store sells and the filter lets through, without what lies in the cart already.

    With `max_price_cents` a product of unknown price is out: nobody can say that it is cheap enough.
    """
    products, catalogue = bundle.ranker.product_ids, bundle.catalogue
    mask = shelf.on_sale.copy()
    if wanted.include is not None:
        mask &= _marked(products, wanted.include)
    for struck in (wanted.exclude, tuple(cart)):
        mask[products.rows(struck)[1]] = False
    if wanted.categories is not None:
        numbers = [catalogue.categories[kind] for kind in wanted.categories if kind in catalogue.categories]
        mask &= np.isin(catalogue.category, np.array(numbers, np.int32))
    if wanted.max_price_cents is not None:
        mask &= shelf.priced & (shelf.price_cents <= wanted.max_price_cents)
    return mask


def _marked(products: Vocabulary, ids: tuple[str, ...]) -> np.ndarray:
    marked = np.zeros(len(products), bool)
    marked[products.rows(ids)[1]] = True
    return marked
