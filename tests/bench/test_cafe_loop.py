"""The loop in a small café: what the learner believes, sends and records, beside yardsticks that no policy can pass."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from bench.cafe.beliefs import Believer
from bench.cafe.books import books_of, standing, tally
from bench.cafe.chain import UNTIL, history
from bench.cafe.day_arms import day_arms
from bench.cafe.fits import Fits
from bench.cafe.learner import Learner
from bench.cafe.members import user_id
from bench.cafe.people import build_truth
from bench.cafe.records import Outcome, Records, Sent
from bench.cafe.responses import Responses
from bench.cafe.rhythms import Rhythms
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


def test_days_with_an_offer_count_no_more_than_others(world, played):
    _, learner, _, _ = world
    books = learner._read()
    plain = ~books_touched(learner)
    assert (books.counts[plain] == 1).all()
    assert (books.seen[plain] == 1).all()
    assert ((books.counts > 0) & (books.counts <= 1)).all()
    assert ((books.seen > 0) & (books.seen <= 1)).all()
    used = {(m, d) for sent, out in learner.records.days for m, d in zip(*at(sent, out.bought), strict=True)}
    left = {(m, d) for sent, out in learner.records.days for m, d in zip(*at(sent, ~out.bought), strict=True)}
    assert used
    assert all(books.seen[key] < 1 for key in used)
    assert all(books.seen[key] == 1 for key in left)
    counts, visits = tally(books, learner.believer.part_of_hour, learner.believer.n_parts, 41, 84, 91)
    assert visits.sum() == pytest.approx((books.came * books.seen)[:, 84:].sum())
    assert (counts.sum(axis=2) >= visits - 1e-9).all()


def books_touched(learner):
    touched = np.zeros(learner.touched.shape, dtype=bool)
    touched[learner.records.column("member"), learner.records.column("day")] = True
    assert (touched == learner.touched).all()
    return touched


def at(sent, rows):
    return sent.member[rows].tolist(), sent.day[rows].tolist()


def test_beliefs_are_chances_and_arms_keep_floor_and_hours(world, played):
    _truth, learner, campaign, _ = world
    beliefs, believer = learner.beliefs, learner.believer
    assert isinstance(believer, Believer)
    assert isinstance(believer.fits, Fits)
    assert isinstance(believer.rhythms, Rhythms)
    assert isinstance(learner.responses, Responses)
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
    even = np.ones((N, 84))
    books = books_of(standing(events, store_table()), learner.users, learner.shop, FIRST, even, even)
    chance = VisitChance.fitted(books.visits(), books.counts).chance(books.visits(), books.counts, 77)
    known = books.came[:, :77].any(axis=1)
    assert abs(chance[known].mean() - books.came[known, 77:].mean()) < 0.06


def test_who_is_sent_something_daily_is_not_forgotten():
    visits = np.tile((np.arange(84) % 2 == 0) * 1.0, (2, 1))
    counts = np.ones((2, 84))
    visits[1, 42:], counts[1, 42:] = 0.0, 0.0
    rates = 1 / (1 + np.exp(-visit_features(visits, counts, 84)[:, 0, 0]))
    assert abs(rates[1] - 0.5) < 0.1
    assert abs(rates[0] - rates[1]) < 0.1


def test_a_cell_is_a_members_product_in_parts_of_the_day_that_go_together(world):
    _, learner, _, _ = world
    n, parts, products = learner.beliefs.fit.shape
    records, one = (
        Records(n, np.array([[0] * products, [1] * products, [1] * products, [3] * products, [4] * products])),
        np.ones(3),
    )
    columns = ([0, 0, 1], [84, 84, 84], [2, 2, 2], [0] * 3, [100] * 3, [1, 0, 0])
    sent = Sent(*(np.array(x) for x in columns), one * 8, one * 10, *(one,) * 5)
    records.add(sent, Outcome(one > 0, one > 0))
    records.add(replace(sent, day=sent.day + 1, part=np.array([2, 0, 0])), Outcome(one > 2, one > 2))
    answers = records.answers(learner.beliefs, learner.believer.part_of_hour)
    assert parts == 5
    assert answers.cell.tolist() == [1, 0, 2, 1, 0, 2]
    assert answers.user.tolist() == [0, 0, 1]
    assert records.cell_of[0, 1, 2] == 1
    assert records.cell_of[1, 1, 2] == records.cell_of[0, 2, 2] == -1
    assert records.column("day").tolist() == [84] * 3 + [85] * 3
    b = learner.beliefs
    within = b.density[0, 0, 8:10].sum() * b.p_come[0, 0] * b.at_home[0] * b.fit[0, 0, 2]
    assert answers.offered.p_buy[0] == pytest.approx(within)


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
