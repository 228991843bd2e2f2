"""Who a user is as a customer: recency, frequency, money; segment, lifecycle, usual place.

Scores and segment: `training.rfm`.

Lifecycle, the first that fits, by silence = recency / own mean gap between visits (at least one day; before the third
visit the median of all users with three). Were visits a Poisson process, a silence of k gaps would have chance exp(-k)
(Schmittlein, Morrison & Colombo, Management Science 1987): 2 % at four gaps, 14 % at two.
`lapsed` silence > 4 · `at_risk` silence > 2 · `new` fewer than three visits ·
`rising` six visits or more and the last three gaps at most half the own mean · `active`.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from models.history import DECAY
from training.rfm import first_that_fits, scores, segment
from training.sales import order_key, paid

LAPSED_GAPS = 4.0
AT_RISK_GAPS = 2.0
NEW_VISITS = 3
RISING_VISITS = 6
RISING_SHARE = 0.5
# Mean gap, in days, while nobody has three visits yet.
FIRST_GAP_DAYS = 14.0
SCHEMA = {
    "user_id": pl.String,
    "recency_days": pl.Float32,
    "n_orders": pl.Int64,
    "monetary_cents": pl.Int64,
    "mean_basket_cents": pl.Int64,
    "segment": pl.String,
    "lifecycle": pl.String,
    "usual_store_id": pl.String,
    "usual_channel": pl.String,
}
_DAY_S = 86_400.0


def profiles(who: pl.DataFrame) -> pl.DataFrame:
    """The columns of `SCHEMA`. who: as `customers` returns it."""
    return who.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())


def customers(events: pl.LazyFrame, bought: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """One row per user with a standing purchase, sorted by user: the columns of `SCHEMA` and what they are reckoned from,
    r_score, f_score, m_score (int64) and gap_days, the gap that silence is measured by (float64).

    events: purchases, refunds and voids before `at`. bought: what `training.sales.sales` leaves of them.
    """
    bought = bought.filter(pl.col.user_id.is_not_null())
    purchases = events.filter(pl.col.event_type == "purchase")
    channels = purchases.group_by("user_id", "occurred_at").agg(pl.col.channel.min()).collect()
    lines = bought.join(channels, on=["user_id", "occurred_at"], how="left", maintain_order="left")
    visit = pl.col.day.rank("dense").over("user_id")
    weight = DECAY ** (visit.max().over("user_id") - visit).cast(pl.Float64)
    lines = lines.with_columns(weight=weight)
    frame = (
        _tempo(lines, at)
        .join(money(events), on="user_id", how="left")
        .join(_usual(lines, "store_id", "usual_store_id"), on="user_id", how="left")
        .join(_usual(lines, "channel", "usual_channel"), on="user_id", how="left")
        .with_columns(pl.col.monetary_cents.fill_null(0))
        .with_columns(mean_basket_cents=pl.col.monetary_cents // pl.col.n_orders)
        .with_columns(scores())
        .with_columns(segment=segment(), lifecycle=_lifecycle())
    )
    return frame.sort("user_id")


def money(events: pl.LazyFrame) -> pl.DataFrame:
    """user_id, monetary_cents: paid for purchases less what came back of them, never below zero.

    A line is worth quantity · unit_price_cents - discount_cents; what came back: `training.cancels`.
    """
    # Sums of thirds of a cent are no halves.
    cents = pl.col.cents.round(6).round().cast(pl.Int64).clip(0)
    return paid(events).select("user_id", cents.alias("monetary_cents"))


def _tempo(lines: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """Recency, orders, visits and gaps, in days, per user."""
    orders = lines.group_by("user_id").agg(order_key().n_unique().cast(pl.Int64).alias("n_orders"))
    days = (
        lines.group_by("user_id", "day").agg(pl.col.occurred_at.max().dt.epoch("us").alias("us")).sort("user_id", "day")
    )
    n, last = pl.len().cast(pl.Float64), pl.col.us.last() / 1e6
    tempo = days.group_by("user_id").agg(
        n_visits=n,
        recency_days=(at.timestamp() - pl.col.us.max() / 1e6) / _DAY_S,
        gap=(last - pl.col.us.first() / 1e6) / _DAY_S / (n - 1),
        recent_gap=(last - pl.col.us.tail(4).first() / 1e6) / _DAY_S / pl.min_horizontal(n - 1, 3.0),
    )
    settled = tempo.filter(pl.col.n_visits >= NEW_VISITS)["gap"]
    typical = settled.median() if len(settled) else FIRST_GAP_DAYS
    gap = pl.when(pl.col.n_visits >= NEW_VISITS).then(pl.col.gap).otherwise(typical).clip(1.0)
    return tempo.with_columns(gap_days=gap).join(orders, on="user_id")


def _usual(lines: pl.DataFrame, column: str, name: str) -> pl.DataFrame:
    """user_id and the value of `column` with the greatest decayed count of visits; ties by value."""
    per_visit = lines.drop_nulls(column).unique(["user_id", "day", column])
    scored = per_visit.group_by("user_id", column).agg(pl.col.weight.sum())
    best = scored.sort(["user_id", "weight", column], descending=[False, True, False])
    return best.group_by("user_id", maintain_order=True).first().select("user_id", pl.col(column).alias(name))


def _lifecycle() -> pl.Expr:
    silence = pl.col.recency_days / pl.col.gap_days
    rules = (
        ("lapsed", silence > LAPSED_GAPS),
        ("at_risk", silence > AT_RISK_GAPS),
        ("new", pl.col.n_visits < NEW_VISITS),
        ("rising", (pl.col.n_visits >= RISING_VISITS) & (pl.col.recent_gap <= RISING_SHARE * pl.col.gap_days)),
    )
    return first_that_fits(rules, "active")
