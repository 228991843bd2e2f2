"""The measure by hand; the model against rules on a mailing whose responders are known; the command on one's own file."""

import numpy as np
import pytest

from bench import uplift
from bench.offers_uplift import draw, figures, rows
from bench.trials import hillstrom
from bench.uplift_measure import Split, qini, reached, split
from tests.bench.trial_file import mailing
from training.uplift_trial import Trial


def four():
    half = np.full((4, 2), 0.5)
    return Trial(np.zeros((4, 1)), ("x",), np.array([1, 0, 1, 0]), ("no", "yes"), half, np.array([1.0, 0.0, 0.0, 1.0]))


def test_reached_and_the_curve_by_hand():
    assert reached(four(), np.array([0, 1])) == 1.0
    assert reached(four(), np.array([2, 3])) == -1.0
    assert np.isnan(reached(four(), np.array([0, 2])))
    np.testing.assert_array_equal(qini(four(), np.array([0, 1, 2, 3]), points=2), [0.0, 0.5, 0.0])


@pytest.fixture(scope="module")
def halved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mailing")
    mailing().write_csv(folder / "hillstrom.csv")
    return folder, split(hillstrom(folder), 3, {"womens buyers first": "womens", "recent": "recency"})


def test_the_model_finds_whom_the_mail_brings(halved):
    top = halved[1].top
    assert top["model"] > top["random"] + 0.08
    assert top["womens buyers first"] == pytest.approx(0.4, abs=0.15)
    assert halved[1].learner not in {"mean", "prior"}
    assert {curve[0] for curve in halved[1].curve.values()} == {0.0}


def test_the_rows_and_the_plot(halved, tmp_path):
    one, other = (
        Split({"model": m, "random": 0.05, "womens buyers first": 0.07}, halved[1].curve, "ridge") for m in (0.07, 0.08)
    )
    found = {row["figure"]: row for row in figures([one, other])}
    assert found["top 30%, mean of 2 splits"]["value"] == pytest.approx(0.075)
    assert found["top 30%, mean of 2 splits"]["met"]
    assert found["above random, same splits"]["value"] == pytest.approx(0.025)
    assert not {row["figure"]: row for row in figures([one, one])}["top 30%, mean of 2 splits"]["met"]
    draw([halved[1]], tmp_path / "deep" / "q.svg")
    assert 'href="http' not in (tmp_path / "deep" / "q.svg").read_text()


@pytest.mark.parametrize("named", ["", "folder"])
def test_without_the_file_one_line_says_so(named, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HILLSTROM", str(tmp_path) if named else "")
    with pytest.raises(SystemExit) as ended:
        rows()
    assert ended.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_command_on_ones_own_file(halved, capsys):
    asked = ["--data", str(halved[0] / "hillstrom.csv"), "--treatment", "segment", "--outcome", "visit", "--seeds", "1"]
    assert uplift.main([*asked, "--arms", "No E-Mail,Womens E-Mail", "--columns", "womens,recency"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("model    top 30%: +")
    assert "random   top 30%: +" in out
    assert uplift.main(asked) == 2
    assert "--arms: name two, nothing first, of: Mens E-Mail, No E-Mail, Womens E-Mail" in capsys.readouterr().err
    assert uplift.main([*asked[:3], "drawn", *asked[4:]]) == 2
    assert "no column 'drawn'" in capsys.readouterr().err
