"""The parts of the fit: boosted trees as arrays, calibration, topics, the mix of slots."""

import numpy as np
import pytest

from models.mixed_logit import MixedLogit
from models.topics import Topics
from tests.training.when_days import END, people
from training.when_margin import Cases, boosted, calibrate, choose, fit_pair, log_loss
from training.when_slots import chain_density, fit_mix, grounds_at, slot_cases, store_density, usual_store
from training.when_stores import store_cases
from training.when_topics import fit_topics, weeks_of
from training.when_visits import stranger_week, week_cases, weekday_shares

RANDOM = np.random.default_rng(8)


def bent(n, seed):
    """Cases whose logit is bent: trees see it, a line does not."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, 3))
    return Cases(x, random.random(n) < 1 / (1 + np.exp(2 - 4 * (np.abs(x[:, 0]) > 1))))


def straight(n, seed):
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, 3))
    return Cases(x, random.random(n) < 1 / (1 + np.exp(-2 * x[:, 0] + x[:, 1])))


def test_trees_alone_are_the_library():
    cases = bent(3000, 1)
    model = boosted(3, 40, 6, 0.1).fit(cases.x, cases.y)
    fresh = RANDOM.normal(size=(500, 3))
    pair = fit_pair(cases, 3, 40, 6, 0.1)
    margin = MixedLogit.of(pair.mixed("m", 1.0, 2.0, 0.5), "m").margin(fresh)
    np.testing.assert_allclose(margin, 0.5 + 2.0 * model.decision_function(fresh), rtol=1e-9)
    assert np.ptp(margin) > 1


@pytest.mark.parametrize(("make", "shares"), [(bent, {0.75, 1.0}), (straight, {0.0, 0.25})])
def test_the_share_of_the_trees_is_what_later_cases_ask_for(make, shares):
    pair = fit_pair(make(3000, 1), 0, 60, 8, 0.1)
    later = make(3000, 2)
    found = choose(pair, later, "m")
    assert found["m_trees_share"] in shares
    arrays = pair.chosen("m", found)
    margin = MixedLogit.of(arrays, "m").margin(later.x)
    assert log_loss(margin, later.y) == pytest.approx(found["m_log_loss"])
    assert (len(arrays["m_root"]) == 0) == (found["m_trees_share"] == 0)


@pytest.mark.parametrize(("by", "expected"), [(1.0, 1.0), (2.0, 0.5), (0.5, 2.0)])
def test_calibration_undoes_a_stretch(by, expected):
    random = np.random.default_rng(6)
    logit = random.normal(0, 1.5, 20_000)
    y = random.random(20_000) < 1 / (1 + np.exp(-logit))
    slope, intercept = calibrate(by * logit + 0.3, y)
    assert slope == pytest.approx(expected, abs=0.06)
    assert intercept == pytest.approx(-0.3 * expected, abs=0.06)


def test_log_loss_of_logits():
    assert log_loss(np.array([0.0, 0.0]), np.array([True, False])) == pytest.approx(np.log(2))
    assert log_loss(np.array([30.0]), np.array([False])) == pytest.approx(30, abs=1e-6)


def test_topics_find_the_kinds_of_people():
    log = people(150)
    visits = log.before(END)
    topics = fit_topics(weeks_of(visits, END), 6, seed=2)
    assert topics.hours.shape == (6, 7, 24)
    assert topics.hours.sum(axis=(1, 2)) == pytest.approx(np.ones(6))
    assert topics.share.sum() == pytest.approx(1)
    blends = topics.blend(weeks_of(visits, END).reshape(-1, 7, 24))
    for weekday, kind, hours in ((0, 0, {8, 9}), (5, 1, {18, 19}), (2, 2, {12, 13})):
        active = np.flatnonzero((np.arange(150) // 3 % 10 != 9) & (np.arange(150) % 3 == kind))
        found = topics.density(blends[active], np.full(len(active), weekday))
        assert set(found.argmax(axis=1).tolist()) <= hours


def test_too_few_people_have_one_topic_which_is_everybody():
    weeks = weeks_of(people(30).before(END), END)
    one = fit_topics(weeks, 3, seed=2)
    assert isinstance(one, Topics)
    assert one.share.tolist() == [1.0]
    assert one.hours[0].sum(axis=0).argmax() in {8, 9, 12, 13}


def test_densities_of_chain_and_stores():
    visits = people().before(END)
    chain = chain_density(visits, END)
    assert chain.sum(axis=1) == pytest.approx(np.ones(7))
    assert (chain > 0).all()
    assert chain.argmax(axis=1)[[0, 5]].tolist()[0] in {8, 9}
    store = store_density(visits, END, 3, chain)
    assert store.sum(axis=2) == pytest.approx(np.ones((3, 2)))
    assert store[1, 1].argmax() in {18, 19}
    # Nobody goes to `b` on working days: the chain's density stands for it.
    assert np.abs(store[1, 0] - chain[:5].mean(axis=0)).max() < 1e-9


def test_the_usual_store():
    usual = usual_store(people(6).before(END))
    assert usual[:2].tolist() == [0, 1]
    assert usual_store(people(6).before(END - 500)).tolist() == [-1] * 6


def test_the_mix_finds_the_weights_that_made_the_hours():
    random = np.random.default_rng(3)
    logs = np.log(random.dirichlet(np.ones(24), (6000, 2)).transpose(0, 2, 1) + 1e-4)
    score = logs @ [0.8, 0.3]
    chance = np.exp(score) / np.exp(score).sum(axis=1, keepdims=True)
    hour = (chance.cumsum(axis=1) < random.random((6000, 1))).sum(axis=1)
    weights, bias = fit_mix(logs, hour)
    assert weights.tolist() == pytest.approx([0.8, 0.3], abs=0.06)
    assert np.abs(bias).max() < 0.2


def test_cases_ask_what_was_known_and_answer_what_came():
    log, day = people(), END - 14
    cases = week_cases(log, [day])
    assert len(cases.y) == (log.before(day).n_visits > 0).sum()
    assert cases.y.sum() == len(log.next_from(day, day + 7))
    logs, hour = slot_cases(log, grounds_at(log, day, 0, (1,)), day, END, 5)
    assert len(logs) == len(hour) == len(log.next_from(day, END))
    assert logs.shape[1:] == (24, 9)
    stores = store_cases(log, [day], END)
    # Only those with two stores have a choice: one candidate of two comes true.
    assert len(stores.y) == 2 * stores.y.sum() > 0


def test_shares_of_the_chain():
    shares = weekday_shares(people())
    assert shares.sum() == pytest.approx(1)
    assert shares.argmax() in {0, 3}
    assert stranger_week(people(), []) == pytest.approx(0.1)
