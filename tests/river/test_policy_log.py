"""Decisions with what their people then brought, and another policy's value by them."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from offers.drafts import NOTHING, Arm
from river import steps
from river.policy_log import policy_log, user_rows, with_rewards
from settings import Settings
from tests import world
from tests.offers.desk_world import DAY, PLANNED, SOHO, campaign, decision
from training.lake import append_events
from training.offpolicy import policy_value

SPAN = timedelta(days=2)
ARMS = (NOTHING, Arm("latte", 100, 0.2, 5.0, 20.0), Arm("latte", 200, 0.4, 9.0, 80.0))


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """Ann was sent the first arm by a chance of .2, bob nothing by .5; cat's offer met a rule; dan was decided too late."""
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    world.fill(settings.lake)
    bought = {
        "event_type": "purchase",
        "product_id": "latte",
        "store_id": "soho",
        "quantity": 1,
        "unit_price_cents": 450,
    }
    hours = {"ann": (1, 47, 49), "bob": (-1,)}
    rows = [
        {**bought, "event_id": f"{user}{h}", "user_id": user, "occurred_at": PLANNED + timedelta(hours=h)}
        for user, at in hours.items()
        for h in at
    ]
    append_events(settings.lake, pl.DataFrame(rows))
    with steps.open_desk(settings) as desk:
        desk.open(campaign(), [SOHO], PLANNED)
        ann = replace(decision("ann"), arms=ARMS, propensity=0.2)
        bob = replace(
            decision("bob"), arms=ARMS, planned_arm=0, sent_arm=0, propensity=0.5, terms=None, reason="no_gain"
        )
        desk.issue("c", [ann, bob, decision("cat")], PLANNED)
        # A second offer for the same day is refused by the rules.
        desk.issue("c", [decision("cat", DAY + timedelta(1))], PLANNED)
        desk.issue("c", [decision("dan")], PLANNED + timedelta(hours=1))
    return policy_log(settings, "c", PLANNED + SPAN + timedelta(minutes=1))


def test_a_row_a_drawn_decision(log):
    rows = [(row["user_id"], row["for_date"], row["sent_arm"], row["propensity"]) for row in log.iter_rows(named=True)]
    assert rows == [
        ("ann", date(2025, 11, 4), 1, 0.2),
        ("bob", date(2025, 11, 4), 0, 0.5),
        ("cat", date(2025, 11, 4), 1, 0.95),
    ]
    assert [arm["discount_cents"] for arm in log["arms"][0]] == [0, 100, 200]
    assert log["arms"][0][2] == {
        "product_id": "latte", "discount_cents": 200, "p_buy": 0.4, "value_cents": 9.0, "cost_cents": 80.0,
    }  # fmt: skip


def test_what_the_people_brought_in_the_days_after(log):
    """Within two days ann has two lattes here and one of the tiny world's, at 300 each; bob's latte came before, his two bagels
    (210 each, 50 off) within, their refund after."""
    brought = dict(zip(log["user_id"], log["reward_cents"], strict=True))
    assert (brought["ann"], brought["bob"]) == (900.0, 370.0)


def test_days_are_half_open():
    made = pl.DataFrame({"user_id": ["ann", "ann"], "made_at": [PLANNED, PLANNED + SPAN]})
    at = [PLANNED - timedelta(seconds=1), PLANNED, PLANNED + SPAN]
    lines = pl.DataFrame({"user_id": ["ann"] * 3, "occurred_at": at, "margin_cents": [1.0, 2.0, 4.0]})
    assert with_rewards(made, lines, SPAN)["reward_cents"].to_list() == [2.0, 4.0]


def test_another_policys_value_by_the_log(log):
    """It sends the arm of the highest value: never what was sent to ann and bob, always what was sent to cat."""
    best = pl.col.arms.list.eval(pl.element().struct.field("value_cents")).list.arg_max()
    target = log.select((best == pl.col.sent_arm).cast(pl.Float64)).to_series().to_numpy()
    np.testing.assert_array_equal(target, [0.0, 0.0, 1.0])
    found = policy_value(log["reward_cents"].to_numpy(), log["propensity"].to_numpy(), target, user_rows(log))
    assert found.n_users == 3
    assert found.ips.value == pytest.approx(log["reward_cents"][2] / 0.95 / 3)
    assert "too_few_effective" in found.alarms


def test_nobody_decided(tmp_path):
    found = policy_log(Settings(home=tmp_path), "c", PLANNED)
    assert found.is_empty()
    assert "reward_cents" in found.columns
