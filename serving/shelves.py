"""What each store can sell now, laid over the vocabulary once per assortment read rather than once per request."""

from __future__ import annotations

from bisect import bisect_left

from serving.bundle import Bundle
from serving.eligible import Shelf, shelf_of, whole_chain
from serving.gate import OnlineGate
from serving.online_port import Assortment


class Shelves:
    """Remembers the shelf of each store for as long as the online features keep handing out the same assortment."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._chain = whole_chain(bundle)
        self._laid: dict[str, tuple[Assortment, Shelf]] = {}

    def of(self, gate: OnlineGate, store_id: str | None) -> tuple[Shelf, str | None]:
        """(the store's shelf, a warning or None). Without an assortment all products are on the shelf.

        When the online store can't say, the assortment last seen is better than none: `stale_assortment`.
        """
        if store_id is None:
            return self._chain, None
        could_say, assortment = gate.store(store_id)
        known = self._laid.get(store_id)
        if not could_say:
            return (known[1], "stale_assortment") if known else (self._chain, "no_assortment")
        if assortment is None:
            is_known = store_id in self._bundle.zones or store_id in self._bundle.ranker.store_ids.row
            return self._chain, None if is_known else "unknown_store"
        if known is None or known[0] is not assortment:
            known = self._laid[store_id] = (assortment, shelf_of(self._bundle, assortment))
        return known[1], None


def units(gate: OnlineGate, store_id: str, product_id: str) -> int | None:
    """Units in stock as the online store last heard, None when nobody knows: the desk's `stock`. Blocking."""
    _, assortment = gate.store(store_id)
    if assortment is None:
        return None
    row = bisect_left(assortment.product_ids, product_id)
    known = row < len(assortment.product_ids) and assortment.product_ids[row] == product_id
    return int(assortment.stock_units[row]) if known and assortment.stock_known[row] else None
