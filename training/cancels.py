"""Refunds and voids against purchases: which pieces stand, and what came back for those that don't.

The rule, for each refund or void line of a product (a missing quantity is 1):
1. If it names an order that holds the product, it cancels that order's pieces of it, whenever it was booked: the order of that
   number in the store that it states; where it states none, or one without such an order (brought back elsewhere), in any.
2. Otherwise, when it names a user, it cancels that user's latest still standing purchases of the product at or before it.
3. What finds nothing to cancel (a purchase before our time, an anonymous ticket) cancels nothing; it never goes below zero.
Of lines of one moment the greater event_id counts as the later. A line stands while any of its quantity stands: habits count
visits, not pieces.

What came back is the purchaser's, whoever brought it. A piece is worth what the cancelling line says it is, without a price what
was paid for it; cancelled by the second rule, the mean of what the user paid for the product.
"""

from __future__ import annotations

import polars as pl

CANCELS = ("refund", "void")
_ORDERS = (["store_id", "order_id", "product_id"], ["order_id", "product_id"])
_MINE = ["user_id", "product_id"]
BACK = pl.Schema({"user_id": pl.String, "cents": pl.Float64})


def net(bought: pl.DataFrame, cancelled: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(the lines of `bought` of which something stands, `quantity` what does; what came back, the columns of BACK, a row or more
    a user).

    Both: event_id, user_id, product_id, store_id, order_id, occurred_at, quantity (pieces) and `each`, net cents of a piece or
    null.
    """
    lines, came_back = bought.with_row_index("line").with_columns(left="quantity"), [pl.DataFrame(schema=BACK)]
    for order in _ORDERS:
        named = cancelled.join(lines, on=order, how="semi")
        cancelled = cancelled.join(lines, on=order, how="anti")
        pairs = _pairs(lines, named, order)
        taken = pairs.group_by("line").agg(pl.col.pieces.sum())
        lines = lines.join(taken, on="line", how="left", maintain_order="left")
        lines = lines.with_columns(left=pl.col.left - pl.col.pieces.fill_null(0)).drop("pieces")
        came_back.append(_worth(pairs, "each_bought"))
    touched = pl.col.left < pl.col.quantity
    standing = lines.filter(~touched | (pl.col.left > 0)).with_columns(quantity="left")
    loose = cancelled.filter(pl.col.user_id.is_not_null())
    if len(loose):
        mine = standing.join(loose.select(_MINE).unique(), on=_MINE, how="semi")
        rest = standing.join(loose.select(_MINE).unique(), on=_MINE, how="anti")
        stands, taken = _latest_first(mine, loose)
        priced = bought.filter(pl.col.each.is_not_null()).group_by(_MINE)
        paid = priced.agg(mean=(pl.col.each * pl.col.quantity).sum() / pl.col.quantity.sum())
        came_back.append(_worth(taken.join(paid, on=_MINE, how="left"), "mean"))
        standing = pl.concat([rest, stands])
    return standing.select(bought.columns), pl.concat(came_back)


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


def _latest_first(bought: pl.DataFrame, cancelled: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(what stands, the cancelling lines with the `pieces` that they took): the latest standing pieces at or before each go.

    Purchases push on a stack, cancellations pop. The height of a stack that cannot go below zero is S(t) - min(0, min S up to t),
    S the running sum; of a push, what stands in the end is the lowest height from then on, less the height before it.
    """
    pushes = bought.with_columns(step=pl.col.quantity, turn=0)
    pops = cancelled.with_columns(step=-pl.col.quantity, turn=1)
    moves = pl.concat([pushes, pops], how="diagonal").sort(*_MINE, "occurred_at", "turn", "event_id")
    total = pl.col.step.cum_sum().over(_MINE)
    moves = moves.with_columns(height=total - total.cum_min().over(_MINE).clip(upper_bound=0))
    before = pl.col.height.shift(1, fill_value=0).over(_MINE)
    lowest = pl.col.height.reverse().cum_min().reverse().over(_MINE)
    moves = moves.with_columns(stands=lowest - before, pieces=before - pl.col.height)
    stands = moves.filter((pl.col.turn == 0) & (pl.col.stands > 0)).with_columns(quantity="stands")
    return stands.select(bought.columns), moves.filter((pl.col.turn == 1) & (pl.col.pieces > 0))


def _worth(taken: pl.DataFrame, paid: str) -> pl.DataFrame:
    cents = pl.coalesce("each", paid).fill_null(0) * pl.col.pieces
    owned = taken.filter(pl.col.user_id.is_not_null())
    return owned.select("user_id", cents=cents).cast(BACK)
