"""The timing bench on people known by eye: what is asked, what it is held against, how it is scored, what it leaves behind."""

from datetime import date, timedelta

import numpy as np
import pytest

from bench import offers_when
from bench.when_cut import ask, cut_at
from bench.when_floors import own_slots, recency_and_rate, usual_store
from bench.when_plot import draw
from bench.when_score import auc, calibration_error, log_loss, reliability, slot_log_loss, top_1
from tests.training.when_days import END, people

LOG = people(60)
CUT_DAY = END - 21
CUT = date(1970, 1, 1) + timedelta(days=CUT_DAY)


@pytest.fixture(scope="module")
def asked():
    return ask(LOG, CUT)


def test_what_is_asked_is_what_came(asked):
    cut, said = asked
    assert cut.name == CUT.isoformat()
    assert len(cut.users) == 60  # those who stopped coming are asked about too
    assert cut.came.sum() == len(LOG.next_from(CUT_DAY, CUT_DAY + 7))
    assert len(cut.of) == len(LOG.next_from(CUT_DAY, END)) < 60
    first = LOG.next_from(CUT_DAY, END)[0]
    assert (cut.of[0], cut.day_of_next[0], cut.slot[0]) == (LOG.user[first], LOG.day[first], LOG.hour[first] // 2)
    assert said.week.shape == (60,)
    assert said.days.shape == cut.came_on.shape == (60, 7)
    assert auc(said.days.ravel(), cut.came_on.ravel()) > 0.8
    assert said.slot.shape == (len(cut.of), 12)
    assert said.slot.sum(axis=1) == pytest.approx(np.ones(len(cut.of)))
    assert (said.store == cut.store).mean() > 0.6
    assert auc(said.week, cut.came) > 0.8


def test_the_floors_know_what_they_say_they_know(asked):
    cut, _ = asked
    assert set(usual_store(cut, 1.0)[cut.of % 3 == 1].tolist()) == {1}
    own = own_slots(cut)
    assert own.sum(axis=1) == pytest.approx(np.ones(len(cut.of)))
    assert set(own[cut.of % 3 == 0].argmax(axis=1).tolist()) == {4}
    chance = recency_and_rate(cut)
    gone = cut.users // 3 % 10 == 9
    assert chance[gone].mean() < 0.5 * chance[~gone].mean()


def test_fewer_than_five_visits_are_not_asked_about():
    early = int(LOG.day.min()) + 10
    cut = cut_at(LOG, "early", early)
    assert cut.users.tolist() == np.flatnonzero(LOG.before(early).n_visits >= 5).tolist()
    assert 0 < len(cut.users) < 60


def test_the_rules_of_scoring():
    chance, came = np.array([0.1, 0.1, 0.9, 1.0]), np.array([False, True, True, True])
    assert log_loss(chance, came) == pytest.approx(-np.mean(np.log([0.9, 0.1, 0.9, 1.0])))
    assert auc(chance, came) == pytest.approx((2 + 0.5) / 3)
    # 1.0 belongs to the last bin, with 0.9.
    assert reliability(chance, came) == [(pytest.approx(0.1), 0.5, 2), (pytest.approx(0.95), 1.0, 2)]
    assert calibration_error(chance, came) == pytest.approx(0.5 * 0.4 + 0.5 * 0.05)
    density = np.array([[0.5, 0.5], [0.2, 0.8]])
    assert slot_log_loss(density, np.array([0, 1])) == pytest.approx(-np.mean(np.log([0.5, 0.8])))
    assert top_1(density, np.array([1, 1])) == 0.5


def test_rows_and_plot(asked, monkeypatch, tmp_path):
    monkeypatch.setattr(offers_when, "CUTS", (CUT,))
    monkeypatch.setattr(offers_when, "journey", lambda: LOG)
    monkeypatch.setattr(offers_when, "PLOT", tmp_path / "plots" / "offers-when.svg")
    rows = offers_when.rows()
    assert len({row["figure"] for row in rows}) >= 7
    assert all(np.isfinite(row["value"]) for row in rows)
    loss = rows[0]
    assert loss["met"] == (loss["value"] <= 1.910)
    assert rows[1]["met"] == (rows[1]["value"] >= 0.275)
    assert loss["value"] == slot_log_loss(asked[1].slot, asked[0].slot)
    drawn = (tmp_path / "plots" / "offers-when.svg").read_text()
    assert drawn.startswith("<?xml")
    again = tmp_path / "again.svg"
    draw([asked], again)
    assert again.read_text() == drawn
