"""The purge over the tiny world: each table by its days, erasures finished, and a rerun that changes nothing."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

import daypart
from offers.tables import coupons, decisions
from people.erasing import ask
from people.secret import References
from river import steps
from river.purging import kept_days, purge
from serving import inbox
from serving.tables import EVENT_INBOX, prepare
from settings import Settings, SettingsError, load_settings
from tests import world
from tests.offers.desk_world import PLANNED, SOHO, campaign, decision
from tests.river.test_feedback import EVENT, accept
from training.lake import read_events

NOW = datetime(2025, 11, 16, 12, tzinfo=UTC)
NOTHING = dict.fromkeys(("erasures", "events", "features", "decisions", "inbox", "quarantine", "reports"), 0)


@pytest.fixture
def settings(tmp_path):
    made = Settings(home=tmp_path)
    world.fill(made.lake)
    accept(made, EVENT)
    steps.refresh_features(made, world.END, NOW, lambda *_: None)
    with steps.open_desk(made) as desk:
        desk.open(campaign(granted=10_000), [SOHO], PLANNED)
        desk.issue("c", [decision("ann")], PLANNED)
    for folder in (made.lake / "quarantine", made.home / "reports"):
        folder.mkdir(exist_ok=True)
        (folder / "old.csv").write_text("x")
        os.utime(folder / "old.csv", (NOW.timestamp(), NOW.timestamp()))
    (made.home / "reports" / "lift-c.looks").touch()
    os.utime(made.home / "reports" / "lift-c.looks", (NOW.timestamp(), NOW.timestamp()))
    return made


def test_nothing_is_old_yet(settings):
    assert purge(settings, NOW) == NOTHING


def test_each_table_by_its_days_and_once(settings):
    with steps.open_desk(settings) as desk, desk.journal.write() as connection:
        ask(connection, References(settings.identity_secret), "bob", "key", 1)
    later = NOW + timedelta(days=1200)
    done = purge(settings, later)
    assert done == NOTHING | {"erasures": 1, "events": 23, "decisions": 1, "inbox": 1, "quarantine": 1, "reports": 1}
    assert purge(settings, later) == NOTHING
    # A look that is forgotten could be subtracted from the next one.
    assert [file.name for file in (settings.home / "reports").iterdir()] == ["lift-c.looks"]
    assert read_events(settings.lake).collect()["user_id"].count() == 0
    with steps.open_desk(settings) as desk, desk.journal.read() as connection:
        for table in (coupons, decisions):
            assert connection.execute(sa.select(table.c.user_id)).scalars().all() == [None]
    assert steps.verify_ledger(settings)["differences"] == []


def test_for_ever_and_the_edge(settings):
    later = NOW + timedelta(days=31)
    for_ever = replace(settings, keep_days="inbox=0 quarantine=0")
    assert purge(for_ever, later) == NOTHING
    assert (kept_days(for_ever)["inbox"], kept_days(for_ever)["events"]) == (0, 1095)
    assert purge(settings, NOW + timedelta(days=30)) == NOTHING
    assert purge(settings, later) == NOTHING | {"inbox": 1, "quarantine": 1}


def test_what_waits_is_kept_and_what_was_said_of_the_absorbed_goes(settings):
    accept(settings, {**EVENT, "event_id": "till-2"})
    with steps.open_desk(settings) as desk:
        prepare(desk.journal.engine)
        with desk.journal.write() as connection:
            absorbed = EVENT_INBOX.c.absorbed_ms.is_not(None)
            connection.execute(sa.update(EVENT_INBOX).where(absorbed).values(body="{}"))
            assert inbox.drop_old(connection, NOW) == 0
            rows = connection.execute(sa.select(EVENT_INBOX.c.body).order_by(EVENT_INBOX.c.seq)).scalars().all()
    assert (rows[0], "till-2" in rows[1]) == ("", True)


def test_the_verb_and_its_setting(settings, monkeypatch):
    monkeypatch.setenv("DAYPART_HOME", str(settings.home))
    ran = CliRunner().invoke(daypart.app, ["purge", "--json"])
    assert (ran.exit_code, '"erasures": 0' in ran.stdout) == (0, True)
    with pytest.raises(SettingsError, match="events=1095"):
        load_settings({"DAYPART_KEEP_DAYS": "events=never"})
