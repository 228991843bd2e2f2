"""Answers to offers by users of known classes: every third answers discounts at half of 0.28, nothing moves the others."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl

from training.answers import SCHEMA

FIRST = date(2025, 9, 1)
FIT = 0.58


def answers(n_users: int, tries: int, seed: int = 3, *, moved: bool = True) -> pl.DataFrame:
    """Rows as `training.answers.write_answers` takes them, an offer a user and day from FIRST on, answered at midnight UTC; and
    `seen`: whether the user came for something else. Not `moved`: a discount does nothing to anybody."""
    rng = np.random.default_rng(seed)
    user, day = np.divmod(np.arange(n_users * tries), tries)
    share, b, v = rng.choice([0.1, 0.2, 0.3, 0.5], len(user)), 0.08, 0.3
    shift = moved * (user % 3 == 0) * 6.5 * FIT**0.5 * share**4 / (share**4 + 0.28**4)
    bought = rng.random(len(user)) < b * np.exp(shift) / (1 - b + b * np.exp(shift))
    days = [FIRST + timedelta(days=int(n)) for n in day]
    return pl.DataFrame(
        {
            "user_id": [f"u{n:03d}" for n in user],
            "product_id": ["latte"] * len(user),
            "day": days,
            "hour": [8] * len(user),
            "share": share,
            "p_buy": np.full(len(user), b),
            "p_come": np.full(len(user), v),
            "fit": np.full(len(user), FIT),
            "redeemed": bought,
            "reversed_at": [None] * len(user),
            "answered_at": [datetime(d.year, d.month, d.day, tzinfo=UTC) + timedelta(days=1) for d in days],
            "seen": bought | (rng.random(len(user)) < (v - b) / (1 - b)),
        },
        schema={**SCHEMA, "seen": pl.Boolean()},
    ).sort("day", "user_id")


def seen(rows: pl.DataFrame) -> pl.DataFrame:
    """The sales of those who came, as `known_answers` asks for them."""
    return rows.filter("seen").select("user_id", "day")
