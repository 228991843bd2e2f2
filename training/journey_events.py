"""Complete Journey's lines, redeemed coupons and mailings as events.

What the package leaves open, and what is done here:
- `sales_value` holds what the shop received, the manufacturers' coupons included. So the list price of a line is `sales_value +
  retail_disc + coupon_match_disc`, and `retail_disc + coupon_match_disc + coupon_disc` is what the customer was given off.
- `quantity` 0 becomes 1. Where one unit would cost less than half a cent (fuel counts thousandths of a gallon), the line becomes
  one unit at the line's price. Unit prices are rounded to cents, so a line of several may differ by a few cents.
- Redemptions and mailings carry days only: a redemption stands at noon, a mailing at the campaign's first midnight, shop time.
"""

from __future__ import annotations

import polars as pl

from training.shapes import TYPES

ZONE = "America/New_York"


def purchases(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines of `transactions` as purchases, one each, in their order.

    event_id `cj-<basket>-<product>`, from the second line of a product in a basket on with `-2`, `-3` … behind.
    """
    cents = {
        name: (pl.col(name) * 100).round().cast(pl.Int64)
        for name in lines.columns
        if name.endswith(("_value", "_disc"))
    }
    price = cents["sales_value"] + cents["retail_disc"] + cents["coupon_match_disc"]
    off = cents["retail_disc"] + cents["coupon_match_disc"] + cents["coupon_disc"]
    pieces = pl.col("quantity").cast(pl.Int64).clip(lower_bound=1)
    told = lines.with_columns(price.alias("price"), off.alias("off"), pieces.alias("pieces"))
    unit = (pl.col("price") / pl.col("pieces")).round().cast(pl.Int64)
    metered = (unit == 0) & (pl.col("price") > 0)
    told = told.with_columns(
        pl.when(metered).then(pl.col("price")).otherwise(unit).alias("unit"),
        pl.when(metered).then(1).otherwise(pl.col("pieces")).alias("pieces"),
    )
    return told.select(
        _numbered(pl.format("cj-{}-{}", "basket_id", "product_id")).alias("event_id"),
        pl.lit("purchase").alias("event_type"),
        pl.col("transaction_timestamp").dt.replace_time_zone("UTC").cast(TYPES["time"]).alias("occurred_at"),
        pl.col("household_id").cast(pl.String).alias("user_id"),
        pl.col("product_id").cast(pl.String),
        pl.col("store_id").cast(pl.String),
        pl.lit("store").alias("channel"),
        pl.col("basket_id").cast(pl.String).alias("order_id"),
        pl.col("pieces").alias("quantity"),
        pl.col("unit").alias("unit_price_cents"),
        pl.min_horizontal("off", pl.col("unit") * pl.col("pieces")).alias("discount_cents"),
    )


def redemptions(redeemed: pl.DataFrame) -> pl.DataFrame:
    """Rows of `coupon_redemptions`: at noon of the day, shop time; the shop is not told."""
    noon = pl.col("redemption_date").dt.truncate("1d") + pl.duration(hours=12)
    return redeemed.select(
        _numbered(pl.format("cj-redemption-{}-{}-{}", "household_id", "coupon_upc", "campaign_id")).alias("event_id"),
        pl.lit("redemption").alias("event_type"),
        _in_utc(noon).alias("occurred_at"),
        pl.col("household_id").cast(pl.String).alias("user_id"),
        pl.lit("store").alias("channel"),
        pl.col("coupon_upc").cast(pl.String).alias("coupon_id"),
    )


def exposures(mailed: pl.DataFrame, campaigns: pl.DataFrame) -> pl.DataFrame:
    """Rows of `campaigns` at the start told in `campaign_descriptions`, sorted by campaign and household."""
    return (
        mailed.join(campaigns, on="campaign_id")
        .sort("campaign_id", "household_id")
        .select(
            _numbered(pl.format("cj-exposure-{}-{}", "campaign_id", "household_id")).alias("event_id"),
            pl.lit("exposure").alias("event_type"),
            _in_utc(pl.col("start_date").dt.truncate("1d")).alias("occurred_at"),
            pl.col("household_id").cast(pl.String).alias("user_id"),
            pl.format("campaign:{}", "campaign_id").alias("coupon_id"),
        )
    )


def _numbered(name: pl.Expr) -> pl.Expr:
    """The name; from its second occurrence on with its number behind."""
    time = pl.int_range(1, pl.len() + 1).over(name)
    return name + pl.when(time > 1).then(pl.format("-{}", time)).otherwise(pl.lit(""))


def _in_utc(local: pl.Expr) -> pl.Expr:
    # No midnight or noon was skipped or doubled by daylight saving in this zone.
    return local.dt.replace_time_zone(ZONE).dt.convert_time_zone("UTC").cast(TYPES["time"])
