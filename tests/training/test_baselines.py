"""Counting, with its ties: recency, then popularity, then id."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from training.baselines import popular_rows, rankings
from training.histories import build_histories
from training.sales import coded, sales
from training.visits import visits_of

T0 = datetime(2025, 1, 1, 9, tzinfo=UTC)


def lines(*rows):
    """Each row: day, user, product."""
    days, users, products = zip(*rows, strict=True)
    frame = pl.DataFrame(
        {"user_id": users, "product_id": products}, schema={"user_id": pl.String, "product_id": pl.String}
    )
    return sales(frame.with_columns(occurred_at=pl.Series([T0 + timedelta(days=day) for day in days])).lazy())


def named(ids, rows):
    return [[ids[row] for row in line if row >= 0] for line in rows.tolist()]


def test_popularity_counts_visits_ties_by_last_sale_then_id():
    sold = lines((0, "u", "b"), (0, "u", "b"), (1, "v", "c"), (1, "w", "d"), (3, "u", "a"), (4, "v", "a"))
    assert named("abcd", popular_rows(sold, list("abcd"))[None])[0] == ["a", "c", "d", "b"]
    assert named("abcd", popular_rows(coded(sold), list("abcd"))[None])[0] == ["a", "c", "d", "b"]


def test_anonymous_tickets_count_for_popularity():
    sold = lines((0, None, "b"), (1, None, "b"), (2, "u", "a"))
    assert named("ab", popular_rows(sold, list("ab"))[None])[0] == ["b", "a"]


def test_personal_counts_then_recency_then_popularity_then_what_sells():
    sold = lines(
        (0, "u", "often"), (1, "u", "often"), (0, "u", "old"), (2, "u", "liked"), (2, "u", "zoo"), (2, "u", "alone"),
        (0, "v", "liked"), (0, "w", "liked"), (0, "v", "hit"), (0, "w", "hit"), (0, "x", "hit"), (1, "x", "hit"),
        (0, "v", "old"), (0, "w", "old"),
    )  # fmt: skip
    histories = build_histories(visits_of(sold))
    users = np.array([histories.users.index("u"), -1])
    found = rankings(histories, users, popular_rows(sold, histories.products), 7)
    own = ["often", "liked", "alone", "zoo", "old"]
    sells = ["hit", "liked", "old", "often", "alone", "zoo"]
    assert named(histories.products, found["personal_frequency"]) == [own, []]
    assert named(histories.products, found["personal_then_popular"]) == [[*own, "hit"], sells]
    assert named(histories.products, found["global_popularity"]) == [sells, sells]
    assert all(ranked.shape == (2, 7) for ranked in found.values())


def test_a_list_is_cut_at_k():
    sold = lines(*[(day, "u", product) for day, product in enumerate("abcde")])
    histories = build_histories(visits_of(sold))
    found = rankings(histories, np.array([0]), popular_rows(sold, histories.products), 2)
    assert [named("abcde", ranked)[0] for ranked in found.values()] == [["e", "d"]] * 3
