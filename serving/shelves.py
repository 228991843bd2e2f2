"""What each store can sell now, laid over the vocabulary once per assortment read rather than once per request."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from serving.bundle import Bundle
from serving.eligible import Rows, Shelf, rows_of, shelf_of, whole_chain
from serving.gate import OnlineGate
from serving.online_port import Assortment

LAID_BYTES = 16 << 20
"""Of the shelves kept at hand, two numbers a product each: of all stores of most chains, of the latest of a large one."""


class Shelves:
    """Remembers the shelves asked for last for as long as the online features keep handing out the same assortments, and the
    assortment of each store. The loop's thread alone asks for a store's.

    before: the shelves of the bundle before this one, whose assortments are remembered on: a new model must not forget what
    stores sell while nobody can be asked.
    """

    def __init__(self, bundle: Bundle, before: Shelves | None = None) -> None:
        self._bundle = bundle
        self._chain = whole_chain(bundle)
        self._most = max(1, LAID_BYTES // max(1, self._chain.n_bytes))
        # The one asked for last is last.
        self._laid: dict[str, tuple[Assortment, Shelf]] = {}
        # By the identity of the list, which is held: stores that sell the same have their rows looked up once.
        self._rows: dict[int, tuple[Sequence[str], Rows]] = {}
        self._told: dict[str, Assortment] = {} if before is None else before._told

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
        if (told := self._told.get(store_id)) is not None:
            return self._lay(store_id, told), "stale_assortment"
        if not could_say or (not gate.filled.others and self._is_known(store_id)):
            return self._chain, "no_assortment"
        return self._chain, None if self._is_known(store_id) else "unknown_store"

    def _is_known(self, store_id: str) -> bool:
        return store_id in self._bundle.zones or store_id in self._bundle.ranker.store_ids.row

    def _lay(self, store_id: str, assortment: Assortment) -> Shelf:
        known = self._laid.pop(store_id, None)
        if known is None or known[0] is not assortment:
            self._told[store_id] = assortment
            known = assortment, shelf_of(self._chain, assortment, self._listed(assortment))
            if len(self._laid) >= self._most:
                del self._laid[next(iter(self._laid))]
        self._laid[store_id] = known
        return known[1]

    def _listed(self, assortment: Assortment) -> Rows:
        ids = assortment.product_ids
        if (known := self._rows.get(id(ids))) is not None:
            return known[1]
        if len(self._rows) > 2 * len(self._told):
            held = {id(told.product_ids) for told in self._told.values()}
            self._rows = {key: listed for key, listed in self._rows.items() if key in held}
        found = rows_of(self._bundle, assortment)
        self._rows[id(ids)] = ids, found
        return found


def units(gate: OnlineGate, store_id: str, product_id: str) -> int | None:
    """Units in stock as the online store last heard, None when nobody knows: the desk's `stock`. Blocking."""
    _, assortment = gate.store(store_id)
    if assortment is None:
        return None
    row = bisect_left(assortment.product_ids, product_id)
    known = row < len(assortment.product_ids) and assortment.product_ids[row] == product_id
    return int(assortment.stock_units[row]) if known and assortment.stock_known[row] else None
