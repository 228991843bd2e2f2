"""Purchase lines that stood: what refunds and voids cancelled is taken out, and the store's own day is written beside each.

The rule, for each refund or void line of a product (a missing quantity is 1):
1. If it names an order that holds the product, it cancels that order's quantity of it, whenever it was booked.
2. Otherwise, when it names a user, it cancels that user's latest still standing purchases of the product at or before it.
3. What finds nothing to cancel (a purchase before our time, an anonymous ticket) cancels nothing; it never goes below zero.
A line stands while any of its quantity stands: habits count visits, not pieces.
"""

from __future__ import annotations

import polars as pl

CANCELS = ("refund", "void")
_TEXT = ("event_id", "event_type", "user_id", "product_id", "store_id", "order_id")


def sales(events: pl.LazyFrame, stores: pl.DataFrame | None = None) -> pl.DataFrame:
    """Purchase lines that stand, anonymous ones included.

    events: `product_id` and `occurred_at` (datetime; one without a zone is UTC) needed; `event_type` (all purchases without it),
    `event_id`, `user_id` (null is anonymous), `store_id`, `order_id`, `quantity` (pieces) if there. Rows with a known `event_id`
    count once. stores: `store_id`, `timezone` (IANA).
    Returns, one row per standing line, in no promised order: user_id, product_id, store_id, order_id (text, null when not
    stated), occurred_at (datetime us, UTC), zone (text: the store's, else that of the column as given), and in that zone day
    (date) and hour_of_week (uint8, Monday 00:00 = 0). Rows without a product are left out. KeyError without `occurred_at`, and
    polars' own errors for times, quantities or zones that are none: `training.baskets` reads any file into what is wanted here.
    """
    schema = events.collect_schema()
    own_zone = getattr(schema["occurred_at"], "time_zone", None) or "UTC"
    lines = _lines(events, schema)
    bought = lines.filter(pl.col.event_type == "purchase")
    cancelled = lines.filter(pl.col.event_type.is_in(CANCELS))
    if len(cancelled):
        bought = _net(bought, cancelled)
    return _localised(bought, stores, own_zone).select(
        "user_id", "product_id", "store_id", "order_id", "occurred_at", "zone", "day", "hour_of_week"
    )


def coded(lines: pl.DataFrame) -> pl.DataFrame:
    """The same lines with each id column (user_id, product_id, store_id, order_id) an Enum of its ids, ascending, sorted by user,
    day and product: grouping and joining them is several times faster. Nulls stay null.
    """
    ids = ("user_id", "product_id", "store_id", "order_id")
    coded = [pl.col(name).cast(pl.Enum(lines[name].drop_nulls().unique().sort())) for name in ids]
    return lines.with_columns(coded).sort("user_id", "day", "product_id", maintain_order=True)


def _lines(events: pl.LazyFrame, schema: pl.Schema) -> pl.DataFrame:
    have = [pl.col(name).cast(pl.String) for name in _TEXT if name in schema]
    lack = [pl.lit(None, dtype=pl.String).alias(name) for name in _TEXT if name not in schema]
    pieces = pl.col.quantity.cast(pl.Int64) if "quantity" in schema else pl.lit(1, dtype=pl.Int64)
    zone = getattr(schema["occurred_at"], "time_zone", None)
    stamp = pl.col.occurred_at.cast(pl.Datetime("us", zone))
    zoned = stamp.dt.convert_time_zone("UTC") if zone else stamp.dt.replace_time_zone("UTC")
    lines = events.select(*have, *lack, pieces.fill_null(1).alias("quantity"), zoned.alias("occurred_at"))
    lines = lines.with_columns(pl.col.event_type.fill_null("purchase"))
    lines = lines.filter(pl.col.event_type.is_in(["purchase", *CANCELS]) & pl.col.product_id.is_not_null())
    held = lines.collect()
    if "event_id" in schema:
        # Mostly nothing repeats, and then the costly look at which came first is spared.
        repeated = held["event_id"].is_duplicated() & held["event_id"].is_not_null()
        if repeated.any():
            nth = pl.int_range(pl.len()).over("event_id")
            held = held.filter(~repeated | (nth == 0))
    return held.drop("event_id")


def _net(bought: pl.DataFrame, cancelled: pl.DataFrame) -> pl.DataFrame:
    """Take cancelled quantities out of `bought`; returns the lines of which something stands."""
    order = ["order_id", "product_id"]
    held = bought.select(order).unique()
    named = cancelled.join(held, on=order, how="semi")
    loose = cancelled.join(held, on=order, how="anti").filter(pl.col.user_id.is_not_null())
    taken = named.group_by(order).agg(pl.col.quantity.sum().alias("taken"))
    first = pl.col.quantity.cum_sum().over(order, order_by="occurred_at", descending=True) - pl.col.quantity
    bought = bought.join(taken, on=order, how="left").with_columns(
        (pl.col.quantity - (pl.col.taken.fill_null(0) - first).clip(0)).alias("left")
    )
    standing = bought.filter(pl.col.taken.is_null() | (pl.col.left > 0))
    standing = standing.with_columns(
        pl.when(pl.col.taken.is_null()).then("quantity").otherwise("left").alias("quantity")
    )
    standing = standing.drop("taken", "left")
    key = ["user_id", "product_id"]
    touched = standing.join(loose.select(key).unique(), on=key, how="semi")
    return pl.concat([standing.join(loose.select(key).unique(), on=key, how="anti"), _latest_first(touched, loose)])


def _latest_first(bought: pl.DataFrame, cancelled: pl.DataFrame) -> pl.DataFrame:
    """Cancel the latest standing pieces at or before each cancellation: purchases push on a stack, cancellations pop.

    The height of a stack that cannot go below zero is S(t) - min(0, min S up to t), S the running sum; of a push, what stands
    in the end is the lowest height from then on, less the height before it.
    """
    key = ["user_id", "product_id"]
    moves = pl.concat(
        [bought.with_columns(step=pl.col.quantity, turn=0), cancelled.with_columns(step=-pl.col.quantity, turn=1)]
    ).sort(*key, "occurred_at", "turn")
    total = pl.col.step.cum_sum().over(key)
    moves = moves.with_columns(height=total - total.cum_min().over(key).clip(upper_bound=0))
    before = pl.col.height.shift(1, fill_value=0).over(key)
    lowest = pl.col.height.reverse().cum_min().reverse().over(key)
    stands = lowest - before
    moves = moves.with_columns(stands=stands)
    return moves.filter((pl.col.turn == 0) & (pl.col.stands > 0)).select(bought.columns)


def _localised(bought: pl.DataFrame, stores: pl.DataFrame | None, own_zone: str) -> pl.DataFrame:
    zones = pl.DataFrame({"store_id": [], "zone": []}, schema={"store_id": pl.String, "zone": pl.String})
    if stores is not None and len(stores):
        zones = stores.select("store_id", pl.col.timezone.alias("zone")).unique("store_id", keep="first")
    bought = bought.join(zones, on="store_id", how="left", maintain_order="left")
    bought = bought.with_columns(pl.col.zone.fill_null(own_zone))
    local = pl.lit(None, dtype=pl.Datetime("us"))
    for zone in bought["zone"].unique().sort():
        moved = pl.col.occurred_at.dt.convert_time_zone(zone).dt.replace_time_zone(None)
        local = pl.when(pl.col.zone == zone).then(moved).otherwise(local)
    hour = (pl.col.local.dt.weekday() - 1).cast(pl.UInt8) * 24 + pl.col.local.dt.hour().cast(pl.UInt8)
    return bought.with_columns(local=local).with_columns(day=pl.col.local.dt.date(), hour_of_week=hour)
