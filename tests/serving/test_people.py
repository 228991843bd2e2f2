from serving.people import campaign, person
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
