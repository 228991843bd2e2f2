"""What a person said of products: events of type `rating`, with a `rating` of 1 to 5 or none.

The latest word on a product stands (by moment, then event_id), so that a changed mind is one review. Of the words that stand:
  `n_reviews`         products they judged, with stars or without;
  `n_stars`           of those, with stars;
  `mean_stars`        their mean, shrunk (`training.shrinkage`) with variance s² / n: s² the variance of one star about its
                      person's mean, pooled over people (where nobody gave two, that of people's means). Null without stars;
  `last_review_at_s`  the moment of the latest, in whole seconds since 1970 UTC.
What is given back or struck from an order was tried all the same: refunds and voids take no review away.
"""

from __future__ import annotations

import polars as pl

from training.shrinkage import shrunk

SCHEMA: dict[str, pl.DataType] = {
    "user_id": pl.String(),
    "n_reviews": pl.Int64(),
    "n_stars": pl.Int64(),
    "mean_stars": pl.Float32(),
    "last_review_at_s": pl.Int64(),
}
COLUMNS = ("event_id", "user_id", "product_id", "occurred_at", "rating")


def reviews(ratings: pl.DataFrame) -> pl.DataFrame:
    """The columns of `SCHEMA`, one row per user who judged anything, sorted by user. ratings: `COLUMNS` of all rating events."""
    own = ratings.filter(pl.col.user_id.is_not_null() & pl.col.product_id.is_not_null())
    standing = own.sort("occurred_at", "event_id").unique(["user_id", "product_id"], keep="last", maintain_order=True)
    people = standing.group_by("user_id").agg(
        n_reviews=pl.len(),
        n_stars=pl.col.rating.count(),
        mean=pl.col.rating.mean(),
        off=((pl.col.rating - pl.col.rating.mean()) ** 2).sum(),
        last_review_at_s=pl.col.occurred_at.max().dt.epoch("s"),
    )
    starred = people.filter(pl.col.n_stars > 0).sort("user_id")
    spare = int(starred["n_stars"].sum()) - len(starred)
    # Nobody gave stars twice: then what one star varies by is not known, and all that is seen may be chance.
    pooled = starred["off"].sum() / spare if spare else starred["mean"].var()
    variance = starred.select(v=pl.lit(pooled, pl.Float64).fill_null(0.0) / pl.col.n_stars)["v"]
    stars = starred.select("user_id").with_columns(
        pl.Series("mean_stars", shrunk(starred["mean"], variance), pl.Float64)
    )
    frame = people.join(stars, on="user_id", how="left").sort("user_id")
    return frame.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())
