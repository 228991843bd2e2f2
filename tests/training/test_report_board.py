"""The model beside the baselines: figures, intervals, paired differences."""

import re

from tests.training.report_data import METRICS, board
from training.report_board import comparison, difference, rankings, signed, smallest_k, spoken, value_of
from training.report_html import Absent


def words(plot):
    return re.findall(r"<text[^>]*>([^<]*)</text>", plot.svg)


def test_every_ranking_metric_and_k_is_in_the_table_with_its_interval():
    plot = comparison(board())
    assert len(plot.rows) == 4 * 2 * len(METRICS)
    assert plot.rows[0] == ("model", 10, "recall", 0.1771, 0.1771 - 0.006, 0.1771 + 0.0062)
    assert {"model", "global popularity", "0.1771", "0.1630", "0.6410", "NDCG at 10"} <= set(words(plot))
    assert "95% interval" in plot.caption


def test_without_intervals_the_bars_are_drawn_and_none_is_claimed():
    bare = board()
    whiskers = comparison(bare).svg.count("<path")
    for part in (bare, *bare["baselines"].values()):
        del part["intervals"]
    plot = comparison(bare)
    assert "interval" not in plot.caption
    assert plot.svg.count("<path") == whiskers - 4 * 3
    assert all(str(cell) == "nan" for row in plot.rows for cell in row[4:])


def test_differences_name_the_baseline_and_their_interval():
    plot = difference(board())
    assert len(plot.rows) == 3 * 2 * len(METRICS)
    row = next(row for row in plot.rows if row[:3] == ("personal then popular", 10, "recall"))
    assert row[3:] == ("+0.0141", "+0.0101", "+0.0179")
    assert {"over personal then popular, at 10", "+0.0141"} <= set(words(plot))


def test_a_model_that_is_worse_is_shown_left_of_zero():
    worse = board()
    for by_metric in worse["baselines"]["personal_then_popular"]["difference"].values():
        for cell in by_metric.values():
            cell.update(mean=-0.01, low=-0.02, high=0.001)
    plot = difference(worse)
    assert words(plot).count("−0.0100") == 3
    assert any(word.startswith("−0.0") for word in words(plot) if word not in {"−0.0100"}), "the axis reaches there"


def test_what_is_missing_is_said():
    nothing = (comparison({}), difference({}))
    assert all(isinstance(plot, Absent) and "nothing could be compared" in plot.why for plot in nothing)
    bare = board()
    for part in bare["baselines"].values():
        del part["difference"]
    assert difference(bare).why == "the scoreboard holds no paired differences"
    alone = {key: part for key, part in board().items() if key != "baselines"}
    assert {row[0] for row in comparison(alone).rows} == {"model"}


def test_reading_the_board():
    assert smallest_k({"k": {"20": {}, "5": {}, "10": {}}}) == "5"
    assert smallest_k({}) is None
    assert list(rankings(board())) == ["model", "global popularity", "personal frequency", "personal then popular"]
    assert value_of(board(), "repeat", "10", "recall") == 0.4102
    assert str(value_of({}, "repeat", "10", "recall")) == "nan"
    assert (spoken("ndcg_untruncated"), signed(-0.5, 1)) == ("NDCG untruncated", "−0.5")
