"""The loop in a small café: what the learner believes, sends and records, beside yardsticks that no policy can pass."""

from datetime import timedelta

import numpy as np
import pytest

from bench.cafe.beliefs import Believer
from bench.cafe.books import books_of, standing, tally
from bench.cafe.chain import UNTIL, history
from bench.cafe.day_arms import day_arms
from bench.cafe.fits import Fits
from bench.cafe.habits import HourDensity
from bench.cafe.learner import Learner
from bench.cafe.members import user_id
from bench.cafe.people import build_truth
from bench.cafe.records import Outcome, Records, Sent
from bench.cafe.tables import store_table
from bench.cafe.visiting import VisitChance, visit_features
from bench.cafe.weeks import Week, best_uniform, simulate
from bench.cafe.yard import oracle_values, uniform_values
from bench.offers_policy import campaign_of, policy_rows, shop_of
from bench.policy_plot import draw
from training.fitted import fitted
from training.recipe import Recipe

N, WEEKS = 80, 12
FIRST = UNTIL - timedelta(weeks=WEEKS)


@pytest.fixture(scope="module")
def world():
    truth, stores = build_truth(11, N, UNTIL), store_table()
    events = history(truth, WEEKS)
    ranker = fitted(standing(events, stores), Recipe(), lambda *_: None).ranker
    users = [user_id(member) for member in range(N)]
    campaign = campaign_of()
    learner = Learner(users, shop_of(truth.menu), ranker, campaign, (events, stores), FIRST, UNTIL)
    return truth, learner, campaign, events


@pytest.fixture(scope="module")
def played(world):
    truth, learner, campaign, _ = world
    return simulate(truth, learner, campaign, 1, explore=(0.5,))[0]


def test_a_week_is_played_and_no_policy_passes_the_oracle(world, played):
    assert played.sent > 50
    assert 0 < played.redeemed < played.sent
    assert max(played.policy, played.greedy, *played.uniform, played.oracle_usual) <= played.oracle
    assert played.greedy > max(played.uniform) > min(played.uniform)


def test_records_hold_what_was_sent_and_the_holdout_nothing(world, played):
    _, learner, _, _ = world
    sent = np.concatenate([day.member for day, _ in learner.records.days])
    assert len(sent) == played.sent
    assert not learner.held_out[sent].any()
    assert sum(int(out.bought.sum()) for _, out in learner.records.days) == played.redeemed
    assert all((out.came | ~out.bought).all() for _, out in learner.records.days)
    assert all(((day.propensity > 0) & (day.propensity <= 1)).all() for day, _ in learner.records.days)


def test_days_with_an_offer_teach_no_habit(world, played):
    _, learner, _, _ = world
    books, _ = learner._read()
    counts, visits = tally(books, learner.believer.part_of_hour, learner.believer.n_parts, 41, 84, 91)
    plain = ~books.touched[:, 84:]
    assert visits.sum() == (books.came[:, 84:] & plain).sum() < books.came[:, 84:].sum()
    assert (counts.sum(axis=2) >= visits - 1e-9).all()


def test_beliefs_are_chances_and_arms_keep_floor_and_hours(world, played):
    _truth, learner, campaign, _ = world
    beliefs, believer = learner.beliefs, learner.believer
    assert isinstance(believer, Believer)
    assert isinstance(believer.fits, Fits)
    assert isinstance(believer.hours, HourDensity)
    np.testing.assert_allclose(beliefs.density.sum(axis=2), 1.0)
    np.testing.assert_allclose(beliefs.fit_weight.sum(axis=-1), 1.0)
    arms, told = day_arms(beliefs, learner.shop, campaign, believer.part_of_hour, believer.is_open, 2)
    ok = ~np.isnan(arms.discount_cents)
    home = np.broadcast_to(beliefs.home[:, None], ok.shape)
    price, cost = learner.shop.price[home, told.product], learner.shop.cost[told.product]
    assert (price - arms.discount_cents >= cost * 1.2 - 1e-9)[ok].all()
    assert believer.is_open[home, told.start][ok].all()
    assert (told.end - told.start)[ok].max() == campaign.slot.hours
    assert (arms.offered.p_buy <= arms.offered.p_come + 1e-12).all()


def test_visits_are_foretold_in_the_mean(world):
    _, learner, _, events = world
    books = books_of(standing(events, store_table()), learner.users, learner.shop, FIRST, np.zeros((N, 84), dtype=bool))
    chance = VisitChance.fitted(books.came, books.touched).chance(books.came, books.touched, 77)
    known = books.came[:, :77].any(axis=1)
    assert abs(chance[known].mean() - books.came[known, 77:].mean()) < 0.06


def test_who_is_sent_something_daily_is_not_forgotten():
    came = np.tile(np.arange(84) % 2 == 0, (2, 1))
    touched = np.zeros((2, 84), dtype=bool)
    touched[1, 42:] = True
    rates = 1 / (1 + np.exp(-visit_features(came, touched, 84)[:, 0, 0]))
    assert abs(rates[1] - 0.5) < 0.1
    assert abs(rates[0] - rates[1]) < 0.1


def test_a_cell_is_a_members_product_in_a_part_of_the_day():
    records = Records((2, 2, 3))
    one = np.ones(3)
    sent = Sent(*(np.array(x) for x in ([0, 0, 1], [2, 2, 2], [0] * 3, [100] * 3, [0, 1, 0])), *(one,) * 7)
    records.add(sent, Outcome(one > 0, one > 0))
    records.add(sent, Outcome(one > 2, one > 2))
    answers = records.answers(np.ones((2, 2, 3, 4)))
    assert answers.cell.tolist() == [0, 1, 2, 0, 1, 2]
    assert answers.user.tolist() == [0, 0, 1]
    assert records.cell_of[0, 1, 2] == 1
    assert records.cell_of[1, 1, 2] == -1


def test_the_oracle_is_the_best_of_more_arms_than_any(world):
    truth, _, campaign, _ = world
    who, day, ladder = np.arange(N), np.datetime64(UNTIL), np.array(campaign.depth.ladder_cents)
    best, usual = oracle_values(truth, who, day, ladder, 2, 0.2)
    uniform = uniform_values(truth, who, day, ladder, 2)
    assert (best >= usual).all()
    assert (usual >= 0).all()
    assert (usual >= uniform.max(axis=0) - 1e-6).all()


def test_the_plot_is_one_file_that_names_its_lines(world, played, tmp_path):
    draw([played, played], tmp_path / "loop.svg")
    text = (tmp_path / "loop.svg").read_text("utf-8")
    assert text.startswith("<?xml")
    assert "http://" not in text.split("<defs>")[-1]
    assert best_uniform([played]) == int(np.argmax(played.uniform))


def test_the_rows_compare_the_last_week_with_uniform_and_oracle():
    weeks = [Week(1, 10.0, 12.0, 100.0, 80.0, [-5.0, 20.0]), Week(2, 90.0, 95.0, 100.0, 90.0, [-5.0, 30.0])]
    rows = policy_rows(7, 10, weeks)
    assert [(row["value"], row["against_value"], row["met"]) for row in rows] == [
        (90.0, 25.0, True),
        (90.0, 100.0, True),
        (95.0, 100.0, True),
        (95.0, 90.0, True),
    ]
    weeks[1].policy = 49.0
    assert [row["met"] for row in policy_rows(7, 10, weeks)] == [False, False, True, True]
