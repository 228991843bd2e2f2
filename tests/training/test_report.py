"""The page: well formed, whole in one file, the same bytes for the same data, nothing of what comes in taken for markup."""

import json
import re
from html.parser import HTMLParser

import matplotlib
import numpy as np
import pytest

from tests.training.report_data import board, sample
from training.baselines import NAMES
from training.contest import Contest
from training.errors import TrainingError
from training.metrics import Truth
from training.report import ReportData, render, write_report
from training.scoreboard import board as board_of

VOID = {"meta", "br", "hr", "img", "link", "input"}
HOSTILE = '<script>alert(1)</script>"\'&$\\frac{x$ http://evil.example/ --> \x00\ud800 id="x" 拿铁'
TITLES = {
    "comparison", "difference", "parts", "activity", "novelty", "calibration", "coverage", "popularity", "weights", "seconds",
}  # fmt: skip


class Page(HTMLParser):
    """Tags that close what they opened, every attribute, all text outside of style sheets."""

    def __init__(self, page):
        super().__init__()
        self.open, self.attributes, self.tags, self.words = [], [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.words.append(data)


def small(**changed):
    return sample(board={}, calibration=[], novelty=[], weights={}, **changed)


@pytest.fixture(scope="module")
def page():
    return render(sample())


def test_the_page_is_well_formed_and_holds_every_section(page):
    read = Page(page)
    assert read.open == []
    ids = [value for _, name, value in read.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert set(ids) >= TITLES | {"facts"}
    assert read.tags.count("svg") == page.count("<details>") == 10
    aims = [value[1:] for _, name, value in read.attributes if name == "xlink:href"]
    assert aims
    assert set(aims) <= set(ids)


def test_the_page_asks_for_nothing_from_elsewhere(page):
    read = Page(page)
    assert "script" not in read.tags
    assert "link" not in read.tags
    assert not [attribute for attribute in read.attributes if attribute[1] in {"src", "href", "srcset", "data"}]
    bare = re.sub(r'xmlns(:xlink)?="http://www\.w3\.org/[^"]*"', "", page)
    assert not re.search(r"https?:|url\(|@import|//", bare)


def test_the_same_data_gives_the_same_bytes_whatever_the_machine_draws_with(page, tmp_path):
    with matplotlib.rc_context({"font.size": 31, "axes.titlepad": 40, "svg.hashsalt": "other"}):
        assert render(sample()) == page
        assert matplotlib.rcParams["font.size"] == 31, "and the caller's settings come back"
    assert write_report(sample(), tmp_path / "a.html").read_bytes() == page.encode()


def test_another_figure_gives_another_page(page):
    other = board()
    other["k"]["10"]["recall"] = 0.1772
    assert render(sample(board=other)) != page


def test_words_of_the_run_are_on_the_page(page):
    words = " ".join(Page(page).words)
    assert "the model names 17.7% of what they took next" in words
    assert "personal then popular, names 16.3%" in words
    assert "too few new purchases to learn" in words
    assert all(word in words for word in ("3f2a9c1d", "2017-12-01T05:00:00+00:00", "1,428,305"))


def test_no_string_becomes_markup():
    hostile = board()
    hostile["baselines"][HOSTILE] = hostile["baselines"].pop("global_popularity")
    data = ReportData(
        HOSTILE, HOSTILE, HOSTILE, hostile, sample().calibration, sample().novelty,
        {HOSTILE: {HOSTILE: 1.0}}, {HOSTILE: 2.0}, [HOSTILE], {HOSTILE: HOSTILE},
    )  # fmt: skip
    page = render(data)
    read = Page(page)
    assert read.open == []
    assert "script" not in read.tags
    assert "alert(1)" in " ".join(read.words)
    assert "拿铁" in " ".join(read.words)
    assert not [a for a in read.attributes if a[1].startswith("on") or a[1] in {"src", "href"}]
    page.encode()
    assert "\x00" not in page


def test_nothing_compared_is_said_and_the_rest_still_drawn():
    page = render(sample(board={}, calibration=[], novelty=[], notes=[]))
    words = " ".join(Page(page).words)
    assert "Nobody came twice" in words
    assert words.count("no user came twice, so nothing could be compared") == 6
    assert words.count("Not drawn:") == 8
    assert page.count("<svg") == 2
    assert "fell back" not in words


def test_an_empty_run_has_a_page():
    page = render(ReportData("t", "v", "d", {}, [], [], {}, {}, [], {}))
    assert Page(page).open == []
    assert page.count("<svg") == 0
    assert page.count("Not drawn:") == 10


def test_the_scoreboard_as_it_is_made_fills_every_plot_of_it():
    n, rng = 40, np.random.default_rng(0)
    ranked = {"model": np.stack([rng.permutation(6)[:4] for _ in range(n)])}
    ranked |= {name: np.tile(np.arange(4), (n, 1)) for name in NAMES}
    truth = Truth(np.arange(n + 1), rng.integers(0, 6, n).astype(np.int32), rng.random(n) < 0.5)
    held = Contest([f"u{at}" for at in range(n)], list("abcdef"), truth, ranked, rng.integers(0, 2, n), np.arange(6), 0)
    made = board_of(held, (2, 4))
    page = render(sample(board=json.loads(json.dumps(made))))
    assert "Not drawn" not in page
    assert f"names {made['k']['2']['recall']:.1%}" in page
    assert "u17" not in page


def test_a_place_that_cannot_be_written_says_so_and_leaves_nothing(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(TrainingError, match=r"file/report.html: the report cannot be written \(.+\); .+"):
        write_report(small(), tmp_path / "file" / "report.html")
    (tmp_path / "taken").mkdir()
    with pytest.raises(TrainingError, match="taken: the report cannot be written"):
        write_report(small(), tmp_path / "taken")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "taken"]


def test_a_report_replaces_the_one_before(tmp_path):
    path = tmp_path / "reports" / "deep" / "report.html"
    write_report(small(title="first"), path)
    assert write_report(small(title="second"), path) == path
    assert "<title>second</title>" in path.read_text("utf-8")
    assert [each.name for each in path.parent.iterdir()] == ["report.html"]
