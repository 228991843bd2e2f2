"""A no is heard at every read: by plans, by the lift, by training and by what is learned of answers."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from typer.testing import CliRunner

import daypart
from people.consent import ConsentFault
from river import erasing, person_verbs, proof, steps
from river.consenting import consent
from river.policy_log import policy_log
from river.settling import settle_files
from river.withdrawing import withdraw_unsent
from settings import Settings
from tests import world
from tests.offers.desk_world import AT, OVER, PLANNED, SOHO, campaign, code_of, offered
from tests.offers.desk_world import ask as asked
from tests.training import market
from training.answers import read_answers
from training.train import train

NOW = datetime(2025, 11, 16, 12, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path):
    made = Settings(home=tmp_path, campaigns=tmp_path / "campaigns")
    world.fill(made.lake)
    return made


def issued(settings, *users):
    with steps.open_desk(settings) as desk:
        desk.open(campaign(granted=10_000), [SOHO], PLANNED)
        desk.issue("c", [offered(user) for user in users], PLANNED)
        assert desk.redeem(code_of(desk, users[0]), asked(), "r", AT).ok


def test_a_word_changes_what_is_allowed_and_withdraws_what_is_open(settings):
    issued(settings, "ann", "bob", "cat")
    assert consent(settings, "bob", {}, "shell:ada", NOW).allowed == dict.fromkeys(
        ("recommend", "offers", "measurement"), True
    )
    done = consent(settings, "bob", {"offers": False}, "shell:ada", PLANNED)
    assert (done.user_id, done.allowed["offers"], done.withdrawn) == ("bob", False, 1)
    assert consent(settings, "bob", {}, "shell:ada", PLANNED).withdrawn == 0
    with pytest.raises(ConsentFault):
        consent(settings, "bob", {"mail": True}, "shell:ada", NOW)


def test_what_a_plan_issued_meanwhile_is_withdrawn_by_the_next_refresh(settings):
    consent(settings, "cat", {"offers": False}, "shell:ada", PLANNED)
    issued(settings, "ann", "bob", "cat")
    assert withdraw_unsent(settings, PLANNED) == {"no_consent": 1}
    assert withdraw_unsent(settings, PLANNED) == {}


def test_the_lift_the_log_and_the_answers_leave_out_who_is_not_measured(settings, monkeypatch):
    # So few are not told of; here they are counted.
    monkeypatch.setattr("river.proof_looks.held_still", lambda settings, people, made, n_redeemers: made)
    issued(settings, "ann", "bob", "cat")
    through = OVER + timedelta(days=1)

    def counted():
        lift = proof.measure_lift(settings, "c", through, NOW, lambda *_: None)
        steps.refresh_features(settings, world.END, NOW, lambda *_: None)
        users = set(policy_log(settings, "c", through, days=1)["user_id"])
        return lift.everyone.n_treated + lift.everyone.n_holdout, users, set(read_answers(settings.lake)["user_id"])

    assert counted() == (3, {"ann", "bob", "cat"}, {"ann", "bob", "cat"})
    consent(settings, "ann", {"measurement": False}, "shell:ada", NOW)
    assert counted() == (2, {"bob", "cat"}, {"bob", "cat"})


def test_training_leaves_out_who_is_not_measured(tmp_path):
    settings = Settings(home=tmp_path)
    market.fill(settings.lake)
    with steps.open_desk(settings) as desk:
        settle_files(settings, desk)
    whole = train(settings)
    users = pl.scan_parquet(settings.lake / "events" / "*" / "*.parquet").select("user_id").unique().collect()
    for user in users["user_id"].drop_nulls().sort().to_list()[:5]:
        consent(settings, user, {"measurement": False}, "shell:ada", NOW)
    erasing.finish(settings, NOW)
    fewer = train(settings)
    assert (whole.n_users - fewer.n_users, fewer.n_sales < whole.n_sales) == (5, True)


def test_the_verbs(settings, monkeypatch):
    monkeypatch.setenv("DAYPART_HOME", str(settings.home))
    steps.refresh_features(settings, world.END, NOW, lambda *_: None)
    run = CliRunner().invoke
    assert {c.callback for c in daypart.user_app.registered_commands} >= {person_verbs.export, person_verbs.erase}
    said = run(daypart.app, ["user", "consent", "ann", "--no", "offers", "--json"])
    assert (said.exit_code, '"offers": false' in said.stdout) == (0, True)
    out = settings.home / "ann.json"
    assert run(daypart.app, ["user", "export", "ann", "--out", str(out)]).exit_code == 0
    assert '"e01"' in out.read_text()
    assert '"e01"' in run(daypart.app, ["user", "export", "ann"]).stdout
    receipt = run(daypart.app, ["user", "erase", "ann", "--json"])
    assert (receipt.exit_code, '"events": 8' in receipt.stdout) == (0, True)
    assert '"e01"' not in run(daypart.app, ["user", "export", "ann"]).stdout
