from dataclasses import replace

import pytest

from offers.lift_report import report_file, save
from serving.people import campaign, person
from tests.offers.test_lift_report import LIFT, REPORT
from tests.serving.fakes import offer


def test_a_person_in_short(world):
    body = world.ask("GET", "/v1/users/u00", "admin").json()
    assert body == {
        "user_id": "u00",
        "profile": {"n_orders": 8, "segment": "regular"},
        "n_visits": world.online.users["u00"].history.n_visits,
        "n_products": len(world.online.users["u00"].history),
        "features_as_of": "2026-03-02T13:30:00Z",
        "n_open_offers": 1,
    }
    assert person is not campaign


def test_nobody_is_a_404_and_somebody_with_only_a_coupon_is_not(world):
    answer = world.ask("GET", "/v1/users/nobody", "admin")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_user")
    world.desk.offers["X"] = offer("X", user_id="fresh")
    assert world.ask("GET", "/v1/users/fresh", "admin").json()["n_open_offers"] == 1


def test_without_the_online_store_nobody_is_said_to_be_unknown(world):
    world.online.down = True
    answer = world.ask("GET", "/v1/users/u00", "admin")
    assert (answer.status_code, answer.json()["code"]) == (503, "online_store_unavailable")


def test_a_campaigns_budget_and_why_its_lift_is_not_known(world):
    body = world.ask("GET", "/v1/campaigns/usual", "analyst").json()
    assert body["budget"] == {
        "granted_cents": 5000, "reserve_cents": 750, "held_cents": 100, "promised_cents": 200, "spent_cents": 300,
        "forecast_cents": 600, "overspend_cents": 0, "overspent_cents": 0, "overpaid_cents": 0,
    }  # fmt: skip
    assert (body["lift"], body["lift_unavailable"]) == (None, "no_holdout")
    answer = world.ask("GET", "/v1/campaigns/other", "analyst")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_campaign")


@pytest.mark.parametrize(
    ("n_people", "counts", "told"),
    [
        (9, (30, 12, 10), (None, None, None)),
        (10, (30, 12, 10), (30, 12, 10)),
        (10, (30, 9, 1), (30, None, None)),
        (10, (30, 0, 0), (30, 0, 0)),
        (0, (0, 0, 0), (0, 0, 0)),
    ],
)
def test_counts_of_few_people_are_not_told_and_money_is(world, monkeypatch, n_people, counts, told):
    names = ("n_issued", "n_redeemed", "n_holdout")
    found = {**world.desk.campaign("usual", None), "n_people": n_people, **dict(zip(names, counts, strict=True))}
    monkeypatch.setattr(world.desk, "campaign", lambda *_: found)
    body = world.ask("GET", "/v1/campaigns/usual", "analyst").json()
    assert tuple(body[name] for name in names) == told
    assert body["counts_hidden"] == (None if counts == told else "too_few_people")
    assert body["budget"]["spent_cents"] == 300


def test_a_campaigns_newest_lift_with_its_intervals(world):
    home = world.parts.settings.home
    told = replace(LIFT, always_low=0.5, always_high=9.0, relative=0.1, relative_low=0.01, relative_high=0.2)
    save(home, replace(REPORT, campaign_id="usual", everyone=told))
    body = world.ask("GET", "/v1/campaigns/usual", "analyst").json()
    assert body["lift_unavailable"] is None
    assert body["lift"] == {
        "through": "2025-12-01T00:00:00Z", "lift_cents": 3.0, "low_cents": 1.0, "high_cents": 5.0, "always_low_cents": 0.5,
        "always_high_cents": 9.0, "verdict": "gain", "relative": 0.1, "relative_low": 0.01, "relative_high": 0.2,
        "smallest_effect_cents": 2.8, "return_on_spend": 1.5, "n_treated": 950, "n_holdout": 50,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("written", "why"),
    [(b"{", "the report is damaged"), (b"", "the report is damaged"), (None, "fewer than 10 people")],
)
def test_why_a_looked_at_campaign_has_no_lift(world, written, why):
    home = world.parts.settings.home
    few = replace(LIFT, state="cannot_conclude", reason="too_few_people", lift=None, low=None, high=None)
    save(home, replace(REPORT, campaign_id="usual", everyone=few))
    if written is not None:
        report_file(home, "usual").write_bytes(written)
    body = world.ask("GET", "/v1/campaigns/usual", "analyst").json()
    assert body["lift"] is None
    assert why in body["lift_unavailable"]
