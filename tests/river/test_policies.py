"""Another policy's value through the verb: a log whose every number is known, and what it says when the log can't tell."""

import json
from datetime import date, datetime
from functools import cache

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

import daypart
from river import policies, policy_verbs
from river.policies import PolicyError, judge
from settings import Settings

NOW = datetime(2026, 3, 1)
ARMS = [
    {"product_id": None, "discount_cents": 0, "p_buy": 0.0, "value_cents": 0.0, "cost_cents": 0.0},
    {"product_id": "tea", "discount_cents": 100, "p_buy": 0.2, "value_cents": -5.0, "cost_cents": 20.0},
    {"product_id": "latte", "discount_cents": 100, "p_buy": 0.3, "value_cents": 7.0, "cost_cents": 30.0},
    {"product_id": "latte", "discount_cents": 200, "p_buy": 0.4, "value_cents": 9.0, "cost_cents": 80.0},
]
WORTH = (100.0, 80.0, 150.0, 130.0)
"""What each arm truly brings on average."""


@cache
def drawn(n=8000, seed=3):
    """Every arm by a chance of a quarter, two decisions a person."""
    rng = np.random.default_rng(seed)
    sent = rng.integers(4, size=n)
    reward = np.array(WORTH)[sent] + rng.normal(0, 20, n)
    rows = {"user_id": [f"u{k // 2:05d}" for k in range(n)], "for_date": [date(2026, 2, 1)] * n, "arms": [ARMS] * n}
    return pl.DataFrame({**rows, "sent_arm": sent, "propensity": [0.25] * n, "reward_cents": reward})


@pytest.fixture
def log(monkeypatch):
    made = drawn()
    monkeypatch.setattr(policies, "policy_log", lambda *_: made)
    return made


def value(policy):
    return judge(Settings(), "c", policy, NOW)


@pytest.mark.parametrize(
    ("policy", "arm"),
    [("send-nothing", 0), ("uniform:100", 2), ("uniform:200", 3), ("best-value", 3), ("uniform:7", 0)],
)
def test_a_policy_is_worth_what_its_arms_bring(log, policy, arm):
    found = value(policy)
    for each in (found.value.ips, found.value.snips, found.value.dr):
        assert each.low < WORTH[arm] < each.high
        assert each.high - each.low < 20
    # The model knows the discounts' means, so it takes out what differs between them.
    assert found.value.dr.error < found.value.ips.error
    assert found.value.effective == pytest.approx(2000, rel=0.1)
    assert (found.value.n, found.value.n_users, found.alarms) == (8000, 4000, ())


def test_what_was_done_is_the_logs_mean(log):
    found = value("as-sent")
    assert found.done == found.value.ips
    assert found.done.value == pytest.approx(log["reward_cents"].mean())
    assert found.value.dr is None


def test_nothing_is_sent_where_no_arm_is_foretold_to_gain(monkeypatch):
    poor = drawn(400).with_columns(arms=pl.Series([ARMS[:2]] * 400), sent_arm=pl.lit(0), propensity=pl.lit(1.0))
    monkeypatch.setattr(policies, "policy_log", lambda *_: poor)
    assert value("best-value").value.ips == value("send-nothing").value.ips


def test_a_policy_that_was_never_tried_rings(monkeypatch):
    never = drawn(400).with_columns(sent_arm=pl.lit(0), propensity=pl.lit(1.0))
    monkeypatch.setattr(policies, "policy_log", lambda *_: never)
    found = value("uniform:200")
    assert any("never tried" in alarm for alarm in found.alarms)
    assert any("fewer than 200" in alarm for alarm in found.alarms)


def test_the_model_judges_nobody_by_themselves(monkeypatch):
    """Two people, each alone in their half: what is foretold of one is what the other brought."""
    pair = drawn(2).with_columns(
        user_id=pl.Series(["a", "b"]), sent_arm=pl.lit(0), propensity=pl.lit(1.0), reward_cents=pl.Series([1.0, 9.0])
    )
    logged, target = policies._modelled(pair, np.zeros(2, dtype=np.int64), np.array([0, 1]))
    assert logged.tolist() == target.tolist() == [9.0, 1.0]


def test_the_verb_tells_it_and_refuses_in_one_line(log, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert policy_verbs.policy_app in {group.typer_instance for group in daypart.app.registered_groups}
    run = CliRunner()
    words = ["policy", "value", "--campaign", "c", "--policy", "uniform:200"]
    told = run.invoke(daypart.app, words)
    assert told.exit_code == 0, told.output
    assert all(
        part in told.output for part in ("IPS", "SNIPS", "DR", "what was done", "8,000 decisions of 4,000 people")
    )
    found = json.loads(run.invoke(daypart.app, [*words, "--json"]).stdout)
    assert found["value"]["ips"]["low"] < 130 < found["value"]["ips"]["high"]
    with pytest.raises(PolicyError, match="as-sent, send-nothing, best-value, uniform:CENTS"):
        value("boldest")


def test_without_an_old_decision_nothing_can_be_told(tmp_path):
    with pytest.raises(PolicyError, match="no decision is 2 days old"):
        judge(Settings(home=tmp_path), "c", "send-nothing", datetime.fromisoformat("2026-03-01T00:00:00+00:00"))
