"""A row a person for the lift: what they brought before their first decision, and from then on, by the lake's events.

Margin of a purchase line: quantity · (unit price − cost) − discount; refunds and voids take back what the order's line paid, less
its cost. A redemption takes off what its purchase line does not say already: tills may state the discount on the line, on the
ledger, or on both. One whose purchase was not reported under the person's name costs its discount and brings nothing: the
holdout's anonymous purchases are not seen either, and a coupon must not gain by naming its buyer.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

TYPES = ("purchase", "refund", "void", "redemption")
COLUMNS = (
    "event_type", "occurred_at", "user_id", "product_id", "order_id", "quantity", "unit_price_cents", "discount_cents",
)  # fmt: skip
_LINE = ("user_id", "order_id", "product_id")
_MOMENT = pl.Datetime("us", "UTC")
PEOPLE = pl.Schema({"user_id": pl.String(), "held": pl.Boolean(), "start": _MOMENT, "untouched": _MOMENT})


def margins(events: pl.LazyFrame, products: pl.DataFrame, assumed_cost_share: float) -> pl.DataFrame:
    """Lines with what they brought: user_id, product_id, occurred_at, units, margin_cents (float64), unreported (bool).

    events: the lake's COLUMNS, of TYPES; anonymous ones are left out. products: product_id, price_cents, cost_cents; a product
    without a cost costs `assumed_cost_share` of its price.
    """
    kinds = {"product_id": pl.String, "price_cents": pl.Int64, "cost_cents": pl.Int64}
    known = products.select(pl.col(name).cast(kind) for name, kind in kinds.items())
    lines = events.filter(pl.col.user_id.is_not_null()).join(known.lazy(), on="product_id", how="left").collect()
    price = pl.coalesce("unit_price_cents", "price_cents").fill_null(0)
    lines = lines.with_columns(
        units=pl.col.quantity.fill_null(1),
        price=price,
        off=pl.col.discount_cents.fill_null(0),
        cost=pl.coalesce("cost_cents", (assumed_cost_share * price).ceil()),
    )
    bought = lines.filter(pl.col.event_type == "purchase").with_columns(
        margin_cents=(pl.col.units * (pl.col.price - pl.col.cost) - pl.col.off).cast(pl.Float64)
    )
    ordered = bought.filter(pl.col.order_id.is_not_null()).group_by(_LINE)
    paid = ordered.agg(each=pl.col.margin_cents.sum() / pl.col.units.sum().clip(1), said=pl.col.off.sum())
    back = lines.filter(pl.col.event_type.is_in(["refund", "void"])).join(paid, on=_LINE, how="left")
    own = pl.col.price - pl.col.cost - pl.col.off / pl.col.units.clip(1)
    back = back.with_columns(margin_cents=-pl.col.units * pl.coalesce("each", own), units=-pl.col.units)
    used = lines.filter(pl.col.event_type == "redemption").join(paid, on=_LINE, how="left")
    used = used.with_columns(
        unreported=pl.col.said.is_null(),
        margin_cents=-(pl.col.off - pl.col.said.fill_null(0)).clip(0).cast(pl.Float64),
        units=pl.lit(0, pl.Int64),
    )
    keep = ("user_id", "product_id", "occurred_at", "units", "margin_cents", "unreported")
    parts = (bought.with_columns(unreported=False), back.with_columns(unreported=False), used)
    return pl.concat([part.select(keep) for part in parts])


def windows(lines: pl.DataFrame, people: pl.DataFrame, days: int, through: datetime) -> pl.DataFrame:
    """people (PEOPLE) with `margin` from their start until `through`, and of the `days` days before they were first touched by
    any campaign `before`, and of as many before those `earlier`; all float64 cents, 0 for a person without a line.
    """
    span = timedelta(days=days)
    own = lines.join(people.select("user_id", "start", "untouched"), on="user_id")
    at, first = pl.col.occurred_at, pl.col.untouched
    parts = {
        "margin": (at >= pl.col.start) & (at < through),
        "before": (at >= first - span) & (at < first),
        "earlier": (at >= first - 2 * span) & (at < first - span),
    }
    sums = own.group_by("user_id").agg(
        pl.col.margin_cents.filter(part).sum().alias(name) for name, part in parts.items()
    )
    filled = pl.col("margin", "before", "earlier").fill_null(0.0).cast(pl.Float64)
    return people.join(sums, on="user_id", how="left").with_columns(filled)


def units(lines: pl.DataFrame, people: pl.DataFrame, own: frozenset[str], through: datetime) -> pl.DataFrame:
    """people with `own_units` of the products in `own` and `other_units` of the rest, from the start until `through`, float64."""
    mine = pl.col.product_id.is_in(list(own))
    sums = (
        _since(lines, people, through)
        .group_by("user_id")
        .agg(own_units=pl.col.units.filter(mine).sum(), other_units=pl.col.units.filter(~mine).sum())
    )
    return people.join(sums, on="user_id", how="left").with_columns(
        pl.col("own_units", "other_units").fill_null(0).cast(pl.Float64)
    )


def unreported(lines: pl.DataFrame, people: pl.DataFrame, through: datetime) -> int:
    """How many redemptions of these people, since their start, came without a purchase under their name."""
    return int(_since(lines, people, through)["unreported"].sum())


def _since(lines: pl.DataFrame, people: pl.DataFrame, through: datetime) -> pl.DataFrame:
    own = lines.join(people.select("user_id", "start"), on="user_id")
    return own.filter((pl.col.occurred_at >= pl.col.start) & (pl.col.occurred_at < through))
