"""What each store can sell now, laid over the vocabulary once per assortment read rather than once per request."""

from __future__ import annotations

from bisect import bisect_left

from serving.bundle import Bundle
from serving.eligible import Shelf, shelf_of, whole_chain
from serving.gate import OnlineGate
from serving.online_port import Assortment


class Shelves:
    """Remembers the shelf of each store for as long as the online features keep handing out the same assortment.

    before: the shelves of the bundle before this one, whose assortments are remembered on: a new model must not forget what
    stores sell while nobody can be asked.
    """

    def __init__(self, bundle: Bundle, before: Shelves | None = None) -> None:
        self._bundle = bundle
        self._chain = whole_chain(bundle)
        self._laid: dict[str, tuple[Assortment, Shelf]] = {}
        self._told: dict[str, Assortment] = {}
        if before is not None:
            self._told = before._told | {store_id: told for store_id, (told, _) in list(before._laid.items())}

    def of(self, gate: OnlineGate, store_id: str | None, in_hurry: bool = False) -> tuple[Shelf, str | None]:
        """(the store's shelf, a warning or None). Without an assortment all products are on the shelf.

        When the online store can't say, or has lost it, the assortment last seen is better than none: `stale_assortment`.
        in_hurry: it isn't asked.
        """
        if store_id is None:
            return self._chain, None
        could_say, assortment = (False, None) if in_hurry else gate.store(store_id)
        if assortment is not None:
            return self._lay(store_id, assortment), None
        known = self._laid.get(store_id)
        if known is not None or store_id in self._told:
            return known[1] if known else self._lay(store_id, self._told[store_id]), "stale_assortment"
        if not could_say or (not gate.has_others and self._is_known(store_id)):
            return self._chain, "no_assortment"
        return self._chain, None if self._is_known(store_id) else "unknown_store"

    def _is_known(self, store_id: str) -> bool:
        return store_id in self._bundle.zones or store_id in self._bundle.ranker.store_ids.row

    def _lay(self, store_id: str, assortment: Assortment) -> Shelf:
        known = self._laid.get(store_id)
        if known is None or known[0] is not assortment:
            known = self._laid[store_id] = (assortment, shelf_of(self._bundle, assortment))
        return known[1]


def units(gate: OnlineGate, store_id: str, product_id: str) -> int | None:
    """Units in stock as the online store last heard, None when nobody knows: the desk's `stock`. Blocking."""
    _, assortment = gate.store(store_id)
    if assortment is None:
        return None
    row = bisect_left(assortment.product_ids, product_id)
    known = row < len(assortment.product_ids) and assortment.product_ids[row] == product_id
    return int(assortment.stock_units[row]) if known and assortment.stock_known[row] else None
