"""The calibration curve and the novelty dial."""

import math
import re

import pytest

from tests.training.report_data import bins, dial
from training.calibration import expected_calibration_error
from training.report_chances import calibration_curve, novelty_dial
from training.report_html import Absent, said


def words(plot):
    return re.findall(r"<text[^>]*>([^<]*)</text>", plot.svg)


def test_every_bin_is_a_point_and_a_row_and_the_gap_is_said():
    given = bins()
    plot = calibration_curve(given)
    assert plot.rows == tuple((b["predicted"], b["observed"], b["weight"], b["error"]) for b in given)
    assert plot.svg.count("<use") >= len(given)
    mean = sum(b["weight"] * b["observed"] for b in given) / sum(b["weight"] for b in given)
    assert f"(ECE): {said(expected_calibration_error(given))}, where {said(mean)} are taken." in plot.caption
    assert {"0.001", "0.01", "0.1", "share taken", "pairs"} <= set(words(plot)), (
        "chances from .0005 to .2 need powers of ten"
    )


@pytest.mark.parametrize(
    "given",
    [
        [{"predicted": 0.1, "observed": 0.12, "weight": 50.0}, {"predicted": 0.3, "observed": 0.0, "weight": 5.0}],
        [{"predicted": 0.0, "observed": 0.0, "weight": 50.0}],
        [{"predicted": 1.0, "observed": 1.0, "weight": 0.5}],
        [{"predicted": 0.2, "observed": 0.2, "weight": 1e9}, {"predicted": math.nan, "observed": 0.1, "weight": 1.0}],
    ],
    ids=["none taken", "all zero", "certain", "not a number"],
)
def test_odd_bins_draw_on_an_even_scale(given):
    plot = calibration_curve(given)
    assert len(plot.rows) == sum(b["predicted"] == b["predicted"] for b in given)
    assert all(math.isnan(row[3]) for row in plot.rows), "no error was given"
    assert "0.001" not in words(plot)


def test_the_dial_is_drawn_in_its_order_and_labelled_where_there_is_room():
    plot = novelty_dial(list(reversed(dial())))
    assert [row[0] for row in plot.rows] == [point["novelty"] for point in dial()]
    assert plot.rows[-1] == pytest.approx((1.0, 0.01, 0.034, 0.027))
    said_words = words(plot)
    assert {"0", "1", "0.9", "repeat recall", "explore recall"} <= set(said_words)
    still = [{"novelty": at / 10, "repeat_recall": 0.2, "explore_recall": 0.1, "recall": 0.15} for at in range(11)]
    assert words(novelty_dial(still)).count("0.7") == 0, "labels on one spot would lie on each other"


def test_nothing_to_draw():
    assert isinstance(calibration_curve([]), Absent)
    assert isinstance(novelty_dial([]), Absent)
    assert isinstance(novelty_dial([{"novelty": 0.5}]), Absent)
    one = {"novelty": 0.5, "repeat_recall": 0.0, "explore_recall": 0.0, "recall": 0.0}
    assert novelty_dial([one]).rows == ((0.5, 0.0, 0.0, 0.0),)
