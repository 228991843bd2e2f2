"""CDNOW's files in both layouts, the measures by hand, rows, plot, and a line for a folder that lacks them."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from bench.cdnow import END, START, read
from bench.offers_repeat import PUBLISHED, draw, figures, measures, only, rows
from tests.training.repeat_world import shop
from training.errors import TrainingError
from training.repeat_features import summary

# Customer, day, CDs, dollars: two lines on one day are one purchase.
LINES = [("00001", 0, 1, 5.0), ("00001", 0, 2, 6.0), ("00001", 30, 1, 7.0), ("00002", 3, 1, 8.0), ("00003", 3, 1, 8.0)]
LATER = [("00003", END, 1, 9.0)]


def published(folder, sample=("00001", "00003")):
    told = [(who, START + timedelta(days=day), cds, paid) for who, day, cds, paid in LINES + LATER]
    lines = [f" {who} {day:%Y%m%d} {cds:2d} {paid:7.2f}" for who, day, cds, paid in told]
    (folder / "CDNOW_master.txt").write_text("\n".join(["customer_id date n dollars", *lines]) + "\n")
    (folder / "CDNOW_sample.txt").write_text("".join(f" {who} 0001 19970101  1   5.00\n" for who in sample))
    return folder


def as_tables(folder):
    told = [(who, START + timedelta(days=day), cds, paid) for who, day, cds, paid in LINES + LATER]
    pl.DataFrame(told, schema=["customer_id", "date", "n_cds", "dollars"], orient="row").write_parquet(
        folder / "cdnow_master.parquet"
    )
    at = {"frequency": [1, 0], "recency": [4.29, 0.0], "T": [38.86, 38.43]}
    pl.DataFrame(at).write_parquet(folder / "cdnow_summary.parquet")
    return folder


def test_published_files(tmp_path):
    bought, weight, named = read(published(tmp_path))
    assert named
    assert weight.tolist() == [1, 0, 1]
    assert bought.day.tolist() == [0, 30, 3, 3, END]
    assert bought.spent.tolist() == [11, 7, 8, 8, 9]
    assert bought.units.tolist() == [3, 1, 1, 1, 1]


def test_tables_stand_in_for_the_sample(tmp_path):
    bought, weight, named = read(as_tables(tmp_path))
    assert not named
    assert weight.tolist() == [1, 0.5, 0.5]
    assert summary(bought, END).age[0] == pytest.approx(272 / 7)


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: (folder / "CDNOW_master.txt").unlink(),
        lambda folder: (folder / "CDNOW_master.txt").write_text("1 2\n"),
        lambda folder: (folder / "CDNOW_sample.txt").unlink(),
        lambda folder: published(folder, sample=("99999",)),
    ],
)
def test_a_folder_without_whole_files(tmp_path, harm, monkeypatch, capsys):
    harm(published(tmp_path))
    with pytest.raises(TrainingError, match=r"bench/cdnow\.py says") as told:
        read(tmp_path)
    assert "\n" not in str(told.value)
    for named in (str(tmp_path), ""):
        monkeypatch.setenv("CDNOW", named)
        with pytest.raises(SystemExit):
            rows()
        assert capsys.readouterr().err.count("\n") == 1


def test_measures_by_hand():
    found = measures(np.array([1.0, 2.0, 9.0]), np.array([0.0, 4.0, 0.0]), np.array([1.0, 3.0, 0.0]))
    assert found["Poisson deviance"] == pytest.approx((2 * 1.0 + 3 * 2 * (4 * np.log(2) - 2)) / 4)
    assert found["bias"] == pytest.approx(7 / 12 - 1)
    assert found["RMSE"] == pytest.approx(np.sqrt((1 + 3 * 4) / 4))
    assert found["MAE"] == pytest.approx((1 + 3 * 2) / 4)


def test_rows_and_plot(tmp_path):
    whole, _ = shop(60)
    truth, at = whole.counted(170, 260), summary(whole, 170)
    peer, weight = PUBLISHED.expected(at.frequency, at.recency, at.age, 13.0), np.ones(60)
    found = figures({"master": truth + 0.01, "sample alone": peer}, peer, truth, weight)
    assert found[0]["met"]
    assert not figures({"master": peer * 9}, peer, truth, weight)[1]["met"]
    assert [row["reach"] for row in found[4:]] == [""] * 4
    draw({"model": peer, "BG/NBD": peer}, truth, weight, at.frequency, tmp_path / "deep" / "c.svg")
    assert 'href="http' not in (tmp_path / "deep" / "c.svg").read_text()


def test_only_some_customers():
    whole, _ = shop(30)
    some = only(whole, np.array([4, 9]))
    assert some.n_customers == 2
    assert some.day[some.customer == 1].tolist() == whole.day[whole.customer == 9].tolist()
