"""Refunds and voids against purchases: which pieces stand, and what came back for those that don't.

The rule, for each refund or void line of a product (a missing quantity is 1). One that states a store speaks of that store's
lines alone, as a till whose key is bound always does; one that states none speaks of any store's.
1. If it names an order that holds the product, it cancels that order's pieces of it, whenever it was booked.
2. Otherwise, when it names a user, it cancels that user's latest still standing purchases of the product at or before it. A void
   that names an order does not: struck before payment, it may never have been a purchase.
3. What finds nothing to cancel (a purchase before our time, an anonymous ticket, another store's) cancels nothing; it never goes
   below zero, and what is left of it is `untaken`.
Those that state a store take first. Of lines of one moment the greater event_id counts as the later. A line stands while any of
its quantity stands: habits count visits, not pieces.

What came back is the purchaser's, whoever brought it. A piece is worth what the cancelling line says it is, without a price what
was paid for it; cancelled by the second rule, the mean of what the user paid for the product (in that store).
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

CANCELS = ("refund", "void")
_STATED = pl.col.store_id.is_not_null()
_ORDERS = ((_STATED, ["store_id", "order_id", "product_id"]), (~_STATED, ["order_id", "product_id"]))
_OWNED = ((_STATED, ["user_id", "product_id", "store_id"]), (~_STATED, ["user_id", "product_id"]))
_LOOSE = pl.col.user_id.is_not_null() & ((pl.col.event_type != "void") | pl.col.order_id.is_null())
BACK = pl.Schema({"user_id": pl.String, "store_id": pl.String, "cents": pl.Float64})


class Net(NamedTuple):
    """standing: the purchase lines of which something stands, `quantity` what does. back: what came back, the columns of BACK, a
    row or more a user: store_id is the one that was stated. untaken: the cancelling lines that found less than they say,
    `quantity` what they didn't find."""

    standing: pl.DataFrame
    back: pl.DataFrame
    untaken: pl.DataFrame


def net(bought: pl.DataFrame, cancelled: pl.DataFrame) -> Net:
    """Both: event_id, event_type, user_id, product_id, store_id, order_id, occurred_at, quantity (pieces) and `each`, net cents
    of a piece or null."""
    lines = bought.with_row_index("line").with_columns(left="quantity")
    asked = waiting = cancelled.with_row_index("asked")
    came_back, found = [pl.DataFrame(schema=BACK)], []
    for some, order in _ORDERS:
        named = waiting.filter(some).join(lines, on=order, how="semi")
        waiting = waiting.join(named, on="asked", how="anti")
        pairs = _pairs(lines, named, order)
        taken = pairs.group_by("line").agg(pl.col.pieces.sum())
        lines = lines.join(taken, on="line", how="left", maintain_order="left")
        lines = lines.with_columns(left=pl.col.left - pl.col.pieces.fill_null(0)).drop("pieces")
        came_back.append(_worth(pairs, "each_bought"))
        found.append(pairs.select("asked", "pieces"))
    touched = pl.col.left < pl.col.quantity
    standing = lines.filter(~touched | (pl.col.left > 0)).with_columns(quantity="left")
    for some, owned in _OWNED:
        loose = waiting.filter(_LOOSE & some)
        if loose.is_empty():
            continue
        mine = standing.join(loose, on=owned, how="semi")
        rest = standing.join(loose, on=owned, how="anti")
        stands, taken = _latest_first(mine, loose, owned)
        priced = bought.filter(pl.col.each.is_not_null()).group_by(owned)
        paid = priced.agg(mean=(pl.col.each * pl.col.quantity).sum() / pl.col.quantity.sum())
        came_back.append(_worth(taken.join(paid, on=owned, how="left"), "mean"))
        found.append(taken.select("asked", "pieces"))
        standing = pl.concat([rest, stands])
    met = asked.join(pl.concat(found).group_by("asked").agg(pl.col.pieces.sum()), on="asked", how="left")
    met = met.with_columns(quantity=pl.col.quantity - pl.col.pieces.fill_null(0)).filter(pl.col.quantity > 0)
    return Net(standing.select(bought.columns), pl.concat(came_back), met.select(cancelled.columns))


def _pairs(lines: pl.DataFrame, named: pl.DataFrame, order: list[str]) -> pl.DataFrame:
    """Pieces of a line that a cancelling line takes: an order's latest lines go first, the earliest cancelling line takes first.

    Laid end to end, both are stretches of one ruler; what overlaps belongs together.
    """
    held = lines.join(named, on=order, how="semi").sort("occurred_at", "event_id", descending=True)
    held = held.with_columns(held_to=pl.col.left.cum_sum().over(order))
    asked = named.sort("occurred_at", "event_id").with_columns(asked_to=pl.col.quantity.cum_sum().over(order))
    pairs = asked.join(held, on=order, how="inner", suffix="_bought")
    first = pl.max_horizontal(pl.col.asked_to - pl.col.quantity, pl.col.held_to - pl.col.left)
    pairs = pairs.with_columns(pieces=pl.min_horizontal("asked_to", "held_to") - first).filter(pl.col.pieces > 0)
    return pairs.with_columns(user_id="user_id_bought")


def _latest_first(bought: pl.DataFrame, cancelled: pl.DataFrame, owned: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(what stands, the cancelling lines with the `pieces` that they took): the latest standing pieces at or before each go.

    Purchases push on a stack, cancellations pop. The height of a stack that cannot go below zero is S(t) - min(0, min S up to t),
    S the running sum; of a push, what stands in the end is the lowest height from then on, less the height before it.
    """
    pushes = bought.with_columns(step=pl.col.quantity, turn=0)
    pops = cancelled.with_columns(step=-pl.col.quantity, turn=1)
    moves = pl.concat([pushes, pops], how="diagonal").sort(*owned, "occurred_at", "turn", "event_id")
    total = pl.col.step.cum_sum().over(owned)
    moves = moves.with_columns(height=total - total.cum_min().over(owned).clip(upper_bound=0))
    before = pl.col.height.shift(1, fill_value=0).over(owned)
    lowest = pl.col.height.reverse().cum_min().reverse().over(owned)
    moves = moves.with_columns(stands=lowest - before, pieces=before - pl.col.height)
    stands = moves.filter((pl.col.turn == 0) & (pl.col.stands > 0)).with_columns(quantity="stands")
    return stands.select(bought.columns), moves.filter((pl.col.turn == 1) & (pl.col.pieces > 0))


def _worth(taken: pl.DataFrame, paid: str) -> pl.DataFrame:
    cents = pl.coalesce("each", paid).fill_null(0) * pl.col.pieces
    owned = taken.filter(pl.col.user_id.is_not_null())
    return owned.select("user_id", "store_id", cents=cents).cast(BACK)
