"""Weights and seconds on the page."""

import re

from tests.training.report_data import SECONDS, WEIGHTS
from training.report_html import Absent, Plot
from training.report_run import MOST_WEIGHTS, stage_seconds, strongest_weights


def words(plot):
    return re.findall(r"<text[^>]*>([^<]*)</text>", plot.svg)


def test_the_strongest_weights_come_first_and_the_table_holds_all():
    plot = strongest_weights(WEIGHTS)
    assert isinstance(plot, Plot)
    assert len(WEIGHTS["usual"]) == MOST_WEIGHTS + 1
    assert len(plot.rows) == len(WEIGHTS["usual"]) + len(WEIGHTS["new"])
    assert plot.rows[0] == ("usual: habit", 0.81)
    sizes = [abs(weight) for name, weight in plot.rows if name.startswith("usual")]
    assert sizes == sorted(sizes, reverse=True)
    said = words(plot)
    assert {"habit", "+0.810", "−0.300", "gap ratio", "the new: all other products"} <= set(said)
    assert "cold seen" not in said, "the weakest of thirteen is in the table only"


def test_equal_weights_are_told_in_the_order_of_their_names():
    plot = strongest_weights({"new": {"b": 0.5, "a": -0.5, "c": 0.5}})
    assert [name for name, _ in plot.rows] == ["new: a", "new: b", "new: c"]


def test_stages_keep_their_order_and_their_sum_is_said():
    plot = stage_seconds(SECONDS)
    assert plot.rows == tuple(SECONDS.items())
    assert "113.0 s together" in plot.caption
    said = words(plot)
    assert [word for word in said if word in SECONDS] == list(SECONDS)
    assert "88.0 s" in said


def test_nothing_to_draw():
    assert isinstance(strongest_weights({}), Absent)
    assert isinstance(strongest_weights({"usual": {}}), Absent)
    assert isinstance(stage_seconds({}), Absent)
