"""The plots: one file each, the same for the same figures, nothing to fetch, whiskers where the intervals end."""

from bench.ranking_plot import draw, draw_cuts
from bench.ranking_rows import Goal
from tests.bench.board_of_three import result

GOAL = Goal("shop", reach=(0.21, 0.3, 0.4))


def test_bars_with_whiskers(tmp_path):
    draw(GOAL, result(), tmp_path / "deep" / "one.svg")
    draw(GOAL, result(), tmp_path / "two.svg")
    text = (tmp_path / "deep" / "one.svg").read_text()
    assert 'href="http' not in text
    assert text == (tmp_path / "two.svg").read_text()
    assert "LineCollection" in text, "whiskers"
    assert text.count("<!-- model -->") == 1
    assert text.count("<!-- personal then popular -->") == 1
    assert "<!-- recall at 10 -->" in text
    wider = result()
    wider["intervals"]["10"]["recall"] = [0.0, 0.25]
    draw(GOAL, wider, tmp_path / "wider.svg")
    assert whiskers(tmp_path / "wider.svg") != whiskers(tmp_path / "two.svg")


def test_every_cut_and_every_ranking(tmp_path):
    goals = [Goal(f"cut at 2017-{month:02d}-01") for month in (8, 9)]
    draw_cuts(goals, [result(), result()], tmp_path / "cuts.svg")
    text = (tmp_path / "cuts.svg").read_text()
    assert text.count("<!-- 17-08 -->") == text.count("<!-- 17-09 -->") == 3
    assert text.count("<!-- global popularity -->") == 1
    assert "LineCollection" in text


def test_an_interval_that_leaves_the_mean_out_is_drawn(tmp_path):
    skewed = result()
    skewed["intervals"]["10"]["recall"] = [0.21, 0.25]
    draw(GOAL, skewed, tmp_path / "skewed.svg")
    assert "LineCollection" in (tmp_path / "skewed.svg").read_text()


def whiskers(path):
    text = path.read_text()
    return [part.split('d="')[1].split('"')[0] for part in text.split('id="LineCollection')[1:]]
