from dataclasses import replace

import pytest

from offers.audit import newest
from offers.lift_report import report_file, save
from serving.looks import LOOK
from serving.online_port import Portrait
from serving.people import campaign, person
from tests.offers.test_lift_report import LIFT, REPORT
from tests.serving.fakes import NOW, offer


def audited(world):
    with world.parts.engine.connect() as connection:
        return [(row.act, row.subject, row.actor) for row in newest(connection, 10)]


def test_a_person_in_short(world):
    world.online.portraits["u00"] = Portrait({"categories": ["food"], "price_level": float("nan")}, NOW)
    body = world.ask("GET", "/v1/users/u00", "admin").json()
    history = world.online.users["u00"].history
    order = sorted(range(len(history)), key=lambda row: (-history.decayed[row], history.product_ids[row]))
    assert body == {
        "user_id": "u00",
        "profile": {"categories": ["food"], "n_orders": 8, "price_level": None, "segment": "regular"},
        "profile_as_of": "2026-03-02T13:30:00Z",
        "n_visits": history.n_visits,
        "n_products": len(history),
        "favourite_product_ids": [history.product_ids[row] for row in order[:5]],
        "latest_product_ids": body["latest_product_ids"],
        "features_as_of": "2026-03-02T13:30:00Z",
        "n_open_offers": 1,
        "identities": {"user": 1},
        "allowed": {"recommend": True, "offers": True, "measurement": True},
        "said": [],
    }
    assert history.last_at_s[history.product_ids.index(body["latest_product_ids"][0])] == history.last_at_s.max()
    assert person is not campaign


def test_a_look_is_written_down_before_and_names_nobody(world):
    assert "person_read" not in {act for act, _, _ in audited(world)}
    world.ask("GET", "/v1/users/u00", "admin")
    world.ask("GET", "/v1/users/nobody", "admin")
    world.ask("GET", "/v1/users/u00/export", "admin")
    (last, nobody, first), mark = audited(world)[:3], world.parts.persons.references.mark
    assert (first[:2], nobody[:2]) == (("person_read", mark("u00", LOOK)), ("person_read", mark("nobody", LOOK)))
    assert last[:2] == ("person_exported", mark("u00", LOOK))
    assert {row[2][:6] for row in (first, nobody, last)} == {"admin-"}
    assert mark("u00", LOOK) != mark("u00")


def test_without_an_audit_nobody_is_looked_at(world):
    with world.parts.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE audit RENAME TO gone")
    n_reads = world.online.n_reads
    for path in ("/v1/users/u00", "/v1/users/u00/export"):
        answer = world.ask("GET", path, "admin")
        assert (answer.status_code, answer.json()["code"]) == (503, "ledger_unavailable")
    assert world.online.n_reads == n_reads
    assert world.rank()["items"]


def test_who_only_said_a_word_is_known(world):
    world.ask("POST", "/v1/users/quiet/consent", "app", json={"offers": False})
    body = world.ask("GET", "/v1/users/quiet", "admin").json()
    assert (body["allowed"]["offers"], body["said"], body["profile"]) == (False, ["offers"], {})


def test_nobody_is_a_404_and_somebody_with_only_a_coupon_is_not(world):
    answer = world.ask("GET", "/v1/users/nobody", "admin")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_user")
    world.desk.offers["X"] = offer("X", user_id="fresh")
    assert world.ask("GET", "/v1/users/fresh", "admin").json()["n_open_offers"] == 1


def test_whom_the_registry_knows_is_somebody_before_they_bought_anything(world):
    link = {"identity": "card:4000 77", "evidence": "session-1", "occurred_at": "2026-03-02T13:00:00Z"}
    world.ask("POST", "/v1/users/fresh/links", "app", json={"links": [link]})
    for who in ("fresh", "card:400077"):
        body = world.ask("GET", f"/v1/users/{who}", "admin").json()
        assert (body["user_id"], body["identities"]) == ("fresh", {"card": 1, "user": 1})
        assert (body["profile"], body["features_as_of"], body["said"]) == ({}, None, [])


def test_without_the_online_store_nobody_is_said_to_be_unknown(world):
    world.online.down = True
    answer = world.ask("GET", "/v1/users/u00", "admin")
    assert (answer.status_code, answer.json()["code"]) == (503, "online_store_unavailable")


@pytest.mark.parametrize("path", ["u00", "u00/export"])
def test_a_row_that_cannot_be_read_is_told_with_what_to_do(world, monkeypatch, path):
    def torn(user_id):
        raise ValueError("torn")

    monkeypatch.setattr(world.online, "user", torn)
    answer = world.ask("GET", f"/v1/users/{path}", "admin")
    assert (answer.status_code, answer.json()["code"]) == (503, "features_unreadable")
    assert "daypart features" in answer.json()["detail"]


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
        (10, (30, 12, 10), (30, 10, 10)),
        (10, (39, 19, 20), (30, 10, 20)),
        (10, (30, 9, 1), (30, None, None)),
        (10, (30, 0, 0), (30, 0, 0)),
        (0, (0, 0, 0), (0, 0, 0)),
    ],
)
def test_counts_of_few_people_are_not_told(world, monkeypatch, n_people, counts, told):
    names = ("n_issued", "n_redeemed", "n_holdout")
    found = {**world.desk.campaign("usual", None), "n_people": n_people, **dict(zip(names, counts, strict=True))}
    monkeypatch.setattr(world.desk, "campaign", lambda *_: found)
    body = world.ask("GET", "/v1/campaigns/usual", "analyst").json()
    assert tuple(body[name] for name in names) == told
    assert body["counts_hidden"] == ("too_few_people" if None in told else None)
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
