"""Recency, frequency, money in scores of 1 to 5, and the segment they make.

RFM scores (A. M. Hughes, Strategic Database Marketing, 1994): users are ranked by each measure and cut into fifths;
score = ceil(5 · rank / n), 1 to 5, equal values sharing the higher rank; the most recent, frequent and generous get 5. Ranked
are all n users with a purchase that stands at the snapshot, lapsed ones too, by recency_days, n_orders and monetary_cents.
Segment, the first that fits:
`champion` R, F and M ≥ 4 · `loyal` F ≥ 4 · `big_spender` M ≥ 4 · `promising` R ≥ 4 · `dormant` R and F ≤ 2 · `regular`.
"""

from __future__ import annotations

import polars as pl


def scores() -> list[pl.Expr]:
    """r_score, f_score and m_score of every row among all rows, int64."""
    return [
        _fifth(-pl.col.recency_days, "r_score"),
        _fifth(pl.col.n_orders, "f_score"),
        _fifth(pl.col.monetary_cents, "m_score"),
    ]


def segment() -> pl.Expr:
    """The segment's name, from the scores."""
    r, f, m = pl.col.r_score, pl.col.f_score, pl.col.m_score
    rules = (
        ("champion", (r >= 4) & (f >= 4) & (m >= 4)),
        ("loyal", f >= 4),
        ("big_spender", m >= 4),
        ("promising", r >= 4),
        ("dormant", (r <= 2) & (f <= 2)),
    )
    return first_that_fits(rules, "regular")


def first_that_fits(rules: tuple[tuple[str, pl.Expr], ...], otherwise: str) -> pl.Expr:
    """The name of the first rule that holds of a row."""
    fit = [pl.when(rule).then(pl.lit(name)) for name, rule in rules]
    return pl.coalesce(*fit, pl.lit(otherwise))


def _fifth(measure: pl.Expr, name: str) -> pl.Expr:
    return (5 * measure.rank("max") / pl.len()).ceil().cast(pl.Int64).alias(name)
