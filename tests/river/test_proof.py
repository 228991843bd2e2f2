"""The lift from ledger and lake, small enough to do again by hand: 60 people, a third held out, a latte a day before.

From the first decision on the treated buy a latte and every other of them redeems 100 cents off it; of the
held-out only those of even number do. `daypart lift` is the same call.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

import daypart
from offers.assigned import Assigned
from offers.campaign_file import CampaignError
from offers.cannibalised import Cannibalised
from offers.lift_looks import looks_file
from offers.lift_report import newest
from offers.lift_told import in_tens
from river import proof, steps
from river.proof_page import intervals, page
from river.proof_people import lift_in, showable, sides, would_be_decided
from river.proof_words import sentences
from settings import Settings
from tests import world
from tests.offers.desk_world import AT, PLANNED, SOHO, ask, campaign, code_of, decision
from training.lake import append_events

THROUGH = AT + timedelta(days=1)
PEOPLE = [f"p{n:02d}" for n in range(60)]
HELD = set(PEOPLE[::3])


def silent(what, done, total):
    pass


def purchase(user, n, at, discount=0, price=450):
    return {
        "event_id": f"{user}-{n}", "event_type": "purchase", "occurred_at": at, "user_id": user, "product_id": "latte",
        "store_id": "soho", "order_id": f"{user}-{n}", "quantity": 1, "unit_price_cents": price, "discount_cents": discount,
    }  # fmt: skip


def buys(user):
    return user not in HELD or int(user[1:]) % 2 == 0


def redeems(user):
    return user not in HELD and int(user[1:]) % 2 == 0


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    made = Settings(home=tmp_path_factory.mktemp("home"), campaigns=tmp_path_factory.mktemp("campaigns"))
    world.fill(made.lake)
    rng = np.random.default_rng(1)
    # Before: keen people buy more, and again, about as often.
    keen = {user: int(rng.integers(0, 4)) for user in PEOPLE}
    rows = [
        purchase(user, 100 * week + k, PLANNED - timedelta(days=7 * week + k + 1))
        for user in PEOPLE
        for week in (0, 4)
        for k in range(keen[user] + int(rng.integers(1, 3)))
    ]
    rows += [purchase(user, 9, AT, 100 if redeems(user) else 0) for user in PEOPLE if buys(user)]
    # One of either side buys two: where nobody differs, nothing can be said of units.
    rows += [purchase(user, 8, AT) for user in ("p00", "p01")]
    append_events(made.lake, pl.DataFrame(rows))
    (made.campaigns / "c.toml").write_text(
        'id = "c"\n[budget]\ngranted_cents = 9000\n[depth]\nladder_cents = [100]\n[plan]\nholdout_share = 0.4\n'
    )
    return made


@pytest.fixture(scope="module")
def run(settings):
    """Decided, redeemed, looked at."""
    before = proof.measure_lift(settings, "c", PLANNED, PLANNED, silent)
    with steps.open_desk(settings) as desk:
        desk.open(campaign(granted=9000), [SOHO], PLANNED)
        held = {"holdout": True, "sent_arm": 0, "terms": None, "reason": "holdout"}
        desk.issue("c", [replace(decision(user), **(held if user in HELD else {})) for user in PEOPLE], PLANNED)
        for user in filter(redeems, PEOPLE):
            desk.redeem(code_of(desk, user), ask(order_id=f"{user}-9"), user, AT)
    return before, proof.measure_lift(settings, "c", THROUGH, THROUGH, silent)


def test_before_it_starts_it_tells_what_it_could_show(run):
    before, _ = run
    assert (before.started_at, before.everyone.reason) == (None, "not_started")
    # The sixty, and the three of the tiny world that came by then.
    assert len(PEOPLE) + 3 == 63
    held = round(63 * 0.4)
    assert (before.showable.n_treated, before.showable.n_holdout) == (in_tens(63 - held), in_tens(held))
    assert before.showable.effect_cents > 0
    told = sentences(before)
    assert "nobody was decided yet" in told[0]
    assert "can show an effect of" in told[1]


def test_the_lift_is_the_difference_of_what_people_brought(run):
    """Treated: 300 cents of margin, 200 for the half that redeemed. Held out: 300 for one half."""
    _, found = run
    lift = found.everyone
    assert (lift.n_treated, lift.n_holdout, lift.state) == (40, 20, "concluded")
    assert lift.low < lift.lift < lift.high
    plain = (250.0 + 300 / 40) - (150.0 + 300 / 20)
    # What was brought before differs a little between the sides; it is taken out.
    assert lift.lift == pytest.approx(plain, abs=25)
    assert lift.always_low < lift.low
    assert (found.discounts_cents, found.cannibalised.n_redeemed, found.n_unreported) == (2000, 20, 0)
    assert found.return_on_spend == pytest.approx(1 + lift.lift * 40 / 2000, abs=0.01)
    # A unit for each treated, half a unit for each held out: 40 · .5 / 20.
    assert found.cannibalised.own[0] == pytest.approx(((1 + 1 / 40) - (0.5 + 1 / 20)) * 40 / 20, abs=0.2)
    assert found.cannibalised.bought_anyway[0] == pytest.approx(max(0.0, 1.0 - found.cannibalised.own[0]), abs=0.01)
    assert (found.cannibalised.other, found.cannibalised.reason) == (None, "no_spread")
    assert found.planned == lift


def test_it_is_kept_for_others_to_read_without_anybodys_name(settings, run):
    assert newest(settings.home, "c") == run[1]
    for suffix in ("json", "html"):
        text = (settings.home / "reports" / f"lift-c.{suffix}").read_text()
        assert not any(user in text for user in PEOPLE)
    assert "<svg" in page(run[1])
    assert "No lift can be concluded yet" in page(run[0])
    assert [name.strip() for name, *_ in intervals(run[1])][::2] == ["everybody decided", "meant for an offer"]


def test_it_is_told_in_plain_words(run):
    told = " ".join(sentences(run[1]))
    for words in ("40 people in it, 20 held out", "95% interval", "at every look", "1 breaks even", "bought anyway"):
        assert words in told
    few = replace(run[1], everyone=replace(run[0].everyone, reason="too_few_people"), n_unreported=13, n_erased=12)
    told = " ".join(sentences(few))
    for words in ("No lift can be concluded", "13 redemptions came without", "12 decisions"):
        assert words in told


def test_the_verb_prints_them(settings, run, monkeypatch):
    monkeypatch.setattr(daypart, "load_settings", lambda: settings)
    done = CliRunner().invoke(daypart.app, ["lift", "c", "--through", THROUGH.isoformat()[:19]])
    assert done.exit_code == 0
    # Looked at before, and told again.
    assert done.output.splitlines()[:-1] == sentences(run[1])
    assert "Told as on 2025-11-05" in done.output.splitlines()[-1]
    done = CliRunner().invoke(daypart.app, ["lift", "c", "--through", THROUGH.isoformat()[:19], "--json"])
    assert json.loads(done.output)["everyone"]["lift"] == pytest.approx(run[1].everyone.lift)


def test_no_count_of_few_is_in_the_words_the_page_or_the_file(settings, run, monkeypatch):
    monkeypatch.setattr(daypart, "load_settings", lambda: settings)
    looks_file(settings.home, "c").unlink()
    monkeypatch.setattr("offers.assigned.n_erased", lambda *_: 4)
    monkeypatch.setattr("river.proof_rows.unreported", lambda *_: 3)
    monkeypatch.setattr("offers.cannibalised.cannibalised", lambda *_: Cannibalised(7))
    day = ["lift", "c", "--through", THROUGH.isoformat()[:19]]
    spoken, file = (CliRunner().invoke(daypart.app, [*day, *more]).output for more in ((), ("--json",)))
    reports = [(settings.home / "reports" / f"lift-c.{suffix}").read_text() for suffix in ("json", "html")]
    for text in (spoken, reports[1]):
        assert text.count("ewer than 10") == 3 + text.count("Told as on")
        assert "No count below 10 is told" in text
        assert not any(f"{n} {what}" in text for n in (3, 4, 7) for what in ("coupons", "decisions", "redemptions"))
    for told in (json.loads(file), json.loads(reports[0])):
        assert (told["n_erased"], told["n_unreported"], told["cannibalised"]["n_redeemed"]) == (None, None, None)
        assert (told["counts_hidden"], told["everyone"]["n_treated"]) == ("too_few_people", 40)


def test_a_campaign_nobody_knows(settings):
    with pytest.raises(CampaignError, match="no such campaign"):
        proof.measure_lift(settings, "other", THROUGH, THROUGH, silent)


def test_nobody_on_either_side():
    assert sides([]).schema == sides([Assigned("ann", False, PLANNED, PLANNED)]).schema


def test_groups_of_few_are_not_told():
    known = would_be_decided(pl.Series(["b", None, "a", "b"], dtype=pl.String), 0.0, datetime(2025, 1, 1, tzinfo=UTC))
    assert known["user_id"].to_list() == ["a", "b"]
    rows = known.with_columns(margin=1.0, before=2.0, earlier=3.0)
    assert lift_in(rows, "margin").reason == "no_holdout"
    assert lift_in(rows.clear(), "margin").reason == "not_started"
    assert showable(rows, 0.5) is None


def test_what_people_brought_just_before_is_taken_out():
    """`before` tells the outcome all but exactly, `earlier` nothing; and the looks are tuned by what both say."""
    rng = np.random.default_rng(2)
    before, earlier = rng.normal(500, 100, 300), rng.normal(500, 100, 300)
    rows = pl.DataFrame(
        {"held": np.arange(300) % 10 == 0, "before": before, "earlier": earlier, "margin": before + 20.0}
    )
    rows = rows.with_columns(pl.col.margin + pl.Series(rng.normal(0, 5, 300)))
    found = lift_in(rows, "margin")
    assert found.variance_removed > 0.99
    assert found.always_low < found.low < 0 < found.high < found.always_high


def test_a_person_of_several_ids_stands_once_on_the_side_of_their_name(settings):
    from river.proof_people import one_a_person
    from training.persons import named, write_persons

    later = PLANNED + timedelta(days=1)
    decided = sides(
        [
            Assigned("ann", False, later, later),
            Assigned("card-a", True, PLANNED, PLANNED),
            Assigned("card-b", True, later, later),
            Assigned("device-b", False, PLANNED, PLANNED),
            Assigned("eve", True, later, PLANNED),
        ]
    )
    assert one_a_person(named(settings.lake, decided)).equals(decided.sort("user_id"))
    lake = settings.home / "other"
    write_persons(lake, {"card-a": "ann", "card-b": "bob", "device-b": "bob"}, [])
    assert one_a_person(named(lake, decided)).rows() == [
        ("ann", False, later, PLANNED),
        ("bob", False, PLANNED, PLANNED),
        ("eve", True, later, PLANNED),
    ]
