"""Scores in fifths of all buyers."""

import polars as pl
import pytest

from training.rfm import scores, segment


def scored(recency, orders, money):
    frame = pl.DataFrame({"recency_days": recency, "n_orders": orders, "monetary_cents": money}).with_columns(scores())
    return frame.with_columns(segment=segment())


def test_each_measure_is_cut_into_fifths_of_everybody():
    frame = scored([float(n) for n in range(1, 11)], list(range(10, 0, -1)), [100 * n for n in range(10)])
    assert frame["r_score"].to_list() == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]
    assert frame["f_score"].to_list() == frame["r_score"].to_list()
    assert frame["m_score"].to_list() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_equal_values_share_the_higher_rank():
    assert scored([1.0] * 5, [1, 1, 1, 1, 9], [0] * 5)["f_score"].to_list() == [4, 4, 4, 4, 5]


@pytest.mark.parametrize(
    ("r", "f", "m", "name"),
    [
        (4, 4, 4, "champion"), (3, 4, 4, "loyal"), (4, 4, 3, "loyal"), (4, 3, 4, "big_spender"), (3, 3, 4, "big_spender"),
        (4, 3, 3, "promising"), (2, 2, 3, "dormant"), (3, 2, 3, "regular"), (2, 3, 3, "regular"),
    ],
)  # fmt: skip
def test_segments_at_their_edges(r, f, m, name):
    frame = pl.DataFrame({"r_score": [r], "f_score": [f], "m_score": [m]})
    assert frame.select(segment()).item() == name
