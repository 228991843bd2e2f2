"""Reviews: the latest word on a product stands, with stars or without."""

from datetime import timedelta

import polars as pl
import pytest

from tests.training.bought import AT, by_user, event, table
from training.reviews import COLUMNS, SCHEMA, reviews
from training.shrinkage import shrunk


def word(user, product, stars, days_ago=1.0, event_id="e1"):
    return event(user, product, days_ago, None, None, event_type="rating", rating=stars, event_id=event_id)


def told(*rows):
    return by_user(reviews(table(rows).select(COLUMNS).collect()))


def test_a_changed_mind_is_one_review():
    row = told(word("ann", "tea", 1, 3), word("ann", "tea", 5, 1), word("ann", "latte", None, 2))["ann"]
    assert row == {
        "user_id": "ann", "n_reviews": 2, "n_stars": 1, "mean_stars": 5.0,
        "last_review_at_s": int((AT - timedelta(days=1)).timestamp()),
    }  # fmt: skip


def test_of_words_at_one_moment_the_greater_id_stands():
    assert told(word("ann", "tea", 2, event_id="e2"), word("ann", "tea", 4, event_id="e1"))["ann"]["mean_stars"] == 2


def test_without_stars_there_is_no_mean():
    row = told(word("ann", "tea", None))["ann"]
    assert (row["n_reviews"], row["n_stars"], row["mean_stars"]) == (1, 0, None)


def test_few_stars_are_drawn_to_what_everybody_gives():
    rows = [word("ann", f"p{n}", stars) for n, stars in enumerate([5, 5, 4, 5])]
    rows += [word("bob", f"p{n}", stars) for n, stars in enumerate([1, 2, 1, 2])] + [word("cat", "tea", 5)]
    told_ = told(*rows)
    pooled = (0.75 + 1.0) / 6
    expected = shrunk([4.75, 1.5, 5.0], [pooled / 4, pooled / 4, pooled])
    assert [told_[u]["mean_stars"] for u in ("ann", "bob", "cat")] == pytest.approx(expected.tolist(), rel=1e-6)
    assert told_["cat"]["mean_stars"] < 5


def test_one_star_each_is_chance():
    assert told(word("ann", "tea", 5), word("bob", "tea", 2))["ann"]["mean_stars"] == pytest.approx(3.5)


def test_nobodys_words_are_nobodys_reviews():
    frame = reviews(table([word(None, "tea", 5)]).select(COLUMNS).collect())
    assert (frame.schema, len(frame)) == (pl.Schema(SCHEMA), 0)
