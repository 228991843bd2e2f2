"""Purchase lines that stood: what refunds and voids cancelled is taken out, and the store's own day is written beside each."""

from __future__ import annotations

import polars as pl

from training.cancels import BACK, CANCELS, Net, net

__all__ = ["CANCELS", "coded", "n_untaken", "order_key", "paid", "sales"]

_TEXT = ("event_id", "event_type", "user_id", "product_id", "store_id", "order_id")
_MONEY = ("quantity", "unit_price_cents", "discount_cents")


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
    bought = _standing(_lines(events, schema)).standing
    return _localised(bought, stores, own_zone).select(
        "user_id", "product_id", "store_id", "order_id", "occurred_at", "zone", "day", "hour_of_week"
    )


def paid(events: pl.LazyFrame) -> pl.DataFrame:
    """user_id, cents (float): paid for purchases, less what came back of them (`training.cancels`).

    events: as `sales` takes them, with `unit_price_cents` and `discount_cents`. A line without a price is worth nothing. What a
    store takes back is never more than was paid there, whatever price it states.
    """
    lines = _lines(events, events.collect_schema())
    spent = lines.filter((pl.col.event_type == "purchase") & pl.col.user_id.is_not_null())
    spent = spent.select("user_id", "store_id", cents=(pl.col.each * pl.col.quantity).fill_null(0))
    came_back = _standing(lines).back.with_columns(cents=-pl.col.cents)
    by_store = pl.concat([spent, came_back]).group_by("user_id", "store_id").agg(pl.col.cents.sum())
    # What was brought back by a line that states no store belongs to any: it has no floor of its own.
    floored = pl.when(pl.col.store_id.is_null()).then("cents").otherwise(pl.col.cents.clip(0))
    return by_store.with_columns(cents=floored).group_by("user_id").agg(pl.col.cents.sum())


def n_untaken(events: pl.LazyFrame) -> int:
    """Refunds and voids that found less to take back than they say, or nothing. events: as `sales` takes them."""
    return len(_standing(_lines(events, events.collect_schema())).untaken)


def order_key() -> pl.Expr:
    """What tells orders of a user apart: the number in its store; of lines without a number, the day."""
    number = pl.concat_str("order_id", pl.lit("\x1f"), pl.col.store_id.fill_null(""))
    return pl.coalesce(number, pl.col.day.cast(pl.String))


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
    each = pl.col.unit_price_cents - pl.col.discount_cents.fill_null(0) / pl.col.quantity.fill_null(1).clip(1)
    each = each if all(name in schema for name in _MONEY) else pl.lit(None)
    zone = getattr(schema["occurred_at"], "time_zone", None)
    stamp = pl.col.occurred_at.cast(pl.Datetime("us", zone))
    zoned = stamp.dt.convert_time_zone("UTC") if zone else stamp.dt.replace_time_zone("UTC")
    lines = events.select(
        *have, *lack, pieces.fill_null(1).alias("quantity"), zoned.alias("occurred_at"), each=each.cast(pl.Float64)
    )
    lines = lines.with_columns(pl.col.event_type.fill_null("purchase"))
    lines = lines.filter(pl.col.event_type.is_in(["purchase", *CANCELS]) & pl.col.product_id.is_not_null())
    held = lines.collect()
    if "event_id" in schema:
        # Mostly nothing repeats, and then the costly look at which came first is spared.
        repeated = held["event_id"].is_duplicated() & held["event_id"].is_not_null()
        if repeated.any():
            nth = pl.int_range(pl.len()).over("event_id")
            held = held.filter(~repeated | (nth == 0))
    return held


def _standing(lines: pl.DataFrame) -> Net:
    bought = lines.filter(pl.col.event_type == "purchase")
    cancelled = lines.filter(pl.col.event_type.is_in(CANCELS))
    return net(bought, cancelled) if len(cancelled) else Net(bought, pl.DataFrame(schema=BACK), cancelled)


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
