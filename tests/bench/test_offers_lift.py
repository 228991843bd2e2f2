"""The honesty bench: its worlds' truth is the truth, and its figures are made of what was watched."""

import numpy as np
import pytest

from bench import lift_logs, lift_policies, offers_lift
from bench.lift_plot import draw
from bench.lift_worlds import (
    DAYS,
    HOLDOUTS,
    Campaign,
    cafe_campaigns,
    cafe_outcomes,
    held_out,
    stocked_campaign,
    tailed_campaign,
)
from bench.results import row


def test_the_holdout_is_the_products_and_another_in_every_campaign():
    one, other = held_out(4000, 1), held_out(4000, 2)
    assert one.mean() == pytest.approx(0.05, abs=0.015)
    assert (one & other).mean() == pytest.approx(0.0025, abs=0.003)


def test_the_cafes_truth_is_what_its_coupons_do():
    """With coupons less without, summed over a dozen cafés, is the effect told, but for chance."""
    found = [cafe_outcomes(seed, 300) for seed in range(12)]
    off = [(each.with_coupons - each.without - each.effect).sum(axis=1).mean() for each in found]
    assert abs(np.mean(off)) < 4 * np.std(off) / np.sqrt(12)
    assert all(each.effect.any() and each.before.any() and each.earlier.any() for each in found)
    assert not any(((each.effect == 0) & (each.with_coupons != each.without)).any() for each in found)


def test_a_cafe_is_asked_with_several_holdouts():
    campaigns = cafe_campaigns(1, 400)
    assert len(campaigns) == HOLDOUTS
    found = cafe_outcomes(1, 400)
    for each in campaigns:
        np.testing.assert_array_equal(each.daily[each.held], found.without[each.held])
        np.testing.assert_array_equal(each.daily[~each.held], found.with_coupons[~each.held])
        assert each.truth[-1] == pytest.approx(found.effect.sum() / 400)
    assert len({each.held.tobytes() for each in campaigns}) == HOLDOUTS


def test_the_tailed_worlds_truth_is_its_effect():
    found = tailed_campaign(1, 6000, effect_cents=140.0)
    none = tailed_campaign(1, 6000, effect_cents=0.0)
    assert found.truth[-1] == pytest.approx(140.0)
    gain = (found.daily - none.daily).sum(axis=1)
    assert gain[found.held].sum() == 0
    assert gain[~found.held].mean() == pytest.approx(140.0, abs=6)


def test_people_who_stock_up_buy_at_their_own_pace():
    found = stocked_campaign(1, 500)
    days = (found.daily > 0).sum(axis=1)
    assert (days.min(), days.max()) == (2, 6)
    gaps = np.diff(np.flatnonzero(found.daily[0]))
    assert len(set(gaps.tolist())) == 1
    # Nobody's campaign differs by being in it.
    assert not found.truth.any()


def campaign(effect):
    rng = np.random.default_rng(1)
    keen = rng.gamma(2.0, 100.0, 1000)
    held = np.arange(1000) % 20 == 0
    daily = keen[:, None] + rng.normal(0, 50, (1000, DAYS)) + effect * ~held[:, None]
    truth = 3.0 * np.arange(1, DAYS + 1)
    return Campaign(daily, keen * DAYS, keen * DAYS + rng.normal(0, 90, 1000), truth, held)


def test_a_watched_campaign_tells_whether_its_truth_was_held():
    right, wrong = offers_lift.watch(campaign(3.0)), offers_lift.watch(campaign(60.0))
    assert (right.cuped, right.always_ever, right.days_told) == (True, False, DAYS)
    assert (wrong.cuped, wrong.always_ever, wrong.once_ever) == (False, True, True)
    assert right.removed > 0.9


def test_figures_are_shares_of_the_campaigns():
    watched = [offers_lift.watch(campaign(effect)) for effect in (3.0, 3.0, 3.0, 60.0)]
    rows = {each["figure"]: each for each in offers_lift._rows("w", watched)}
    assert rows["w: the same with the days before taken out (CUPED)"]["value"] == 0.75
    assert not rows["w: the same with the days before taken out (CUPED)"]["met"]
    assert rows[f"w: interval for every look misses at any of {DAYS} daily looks"]["value"] == 0.25


def test_a_log_is_worth_its_truth_under_its_own_policy():
    """The logging policy's truth, by asking about itself: what the days brought, but for chance."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("FOR_SELDOM", "FOR_OFTEN"):
            patch.setattr(lift_logs, name, lift_logs.TRIED)
        logs = [lift_logs.cafe_log(seed) for seed in range(1, 4)]
    off = [log.reward.mean() - log.truth for log in logs]
    error = np.mean([log.reward.std() for log in logs]) / np.sqrt(3 * len(logs[0].reward))
    assert abs(np.mean(off)) < 4 * error
    assert set(np.unique(logs[0].arm)) == {0, 1, 2, 3}
    value = lift_policies.valued(logs[0], lift_logs.arm_means(logs[1]))
    assert value.ips.value == pytest.approx(logs[0].reward.mean())
    assert value.alarms == ()


def test_the_policys_figures_hang_together():
    rows = lift_policies.rows(20)
    assert [each["met"] for each in rows if "bias" in each["figure"]] == [True] * 3
    assert sum("holds the truth" in each["figure"] for each in rows) == 3


def test_the_plot_is_the_same_for_the_same_figures(tmp_path):
    rows = [
        row("w: 95% interval holds the truth", 0.95, "share of 500, ± 0.0097", against="other", against_value=0.9),
        row("w: interval for every look misses at any of 28 daily looks", 0.02, "share, ± 0.0050", against_value=0.3),
        row("w: the same with the days before taken out (CUPED)", 0.94, "share of 500, ± 0.0100"),
        row("w: something else", 3.0, "cents"),
    ]
    for name in ("one", "two"):
        draw(rows, tmp_path / f"{name}.svg")
    text = (tmp_path / "one.svg").read_text()
    assert text == (tmp_path / "two.svg").read_text()
    assert "holds at all of 28" in text
    assert "CUPED" in text
    assert "something else" not in text
