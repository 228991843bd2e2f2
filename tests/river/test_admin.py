"""Every act of an administrator leaves a row that says who, what, when and why."""

from datetime import UTC, datetime, timedelta

import pytest

from models import shelf
from models.artifact import write_artifact
from offers.database import LedgerError
from offers.desk import open_desk
from people.reason import ReasonFault
from river import admin, steps
from river.admin import AdminFault
from serving.keys import KeyFault
from settings import Settings
from tests.models import checkerboard
from tests.offers.desk_world import SOHO, campaign
from training.errors import TrainingError

NOW = datetime(2026, 3, 2, 13, 30, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path)


@pytest.fixture(autouse=True)
def login(monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "ann")


def told(settings, limit=1):
    return [(row.act, row.subject, row.actor, row.why) for row in admin.audited(settings, limit)]


def test_keys_are_made_listed_rotated_and_revoked(settings):
    made = admin.create_key(settings, "pos", "soho", NOW, days=30, why="new till")
    assert (made.scope, made.store_id, made.expires) == ("pos", "soho", NOW + timedelta(days=30))
    assert told(settings) == [("key_created", made.key_id, "shell:ann", "new till")]
    new = admin.rotate_key(settings, made.key_id, 2, "", NOW + timedelta(days=1))
    assert (new.store_id, new.expires) == ("soho", NOW + timedelta(days=31))
    assert told(settings) == [("key_rotated", made.key_id, "shell:ann", "")]
    admin.revoke_key(settings, new.key_id, " stolen ", NOW + timedelta(days=1))
    assert told(settings) == [("key_revoked", new.key_id, "shell:ann", "stolen")]
    cards = admin.list_keys(settings, NOW + timedelta(days=1, hours=1))
    assert [(card.key_id, card.state) for card in cards] == [(made.key_id, "rotated"), (new.key_id, "revoked")]
    assert not {made.key, new.key} & {str(value) for card in cards for value in vars(card).values()}
    assert steps.verify_ledger(settings)["differences"] == []


@pytest.mark.parametrize(("more", "says"), [({"days": 1, "until": NOW}, "one of them"), ({"days": 0}, "between 1")])
def test_an_end_that_is_none_is_refused(settings, more, says):
    with pytest.raises(AdminFault, match=says):
        admin.create_key(settings, "app", None, NOW, **more)


def test_a_key_ends_at_the_moment_named(settings):
    until = NOW + timedelta(hours=5)
    assert admin.create_key(settings, "app", None, NOW, until=until).expires == until
    with pytest.raises(KeyFault, match="later moment"):
        admin.create_key(settings, "app", None, NOW, until=NOW)


def test_a_key_is_not_revoked_without_a_reason(settings):
    key_id = admin.create_key(settings, "app", None, NOW).key_id
    with pytest.raises(AdminFault, match="--why"):
        admin.revoke_key(settings, key_id, "  ", NOW)
    assert admin.list_keys(settings, NOW)[0].state == "live"


def test_a_login_without_a_name_acts_all_the_same(settings, monkeypatch):
    def nameless():
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr("getpass.getuser", nameless)
    admin.create_key(settings, "app", None, NOW)
    assert told(settings)[0][2] == "shell"


def test_promoting_and_rolling_back_are_audited(settings):
    first = write_artifact(settings.shelf, "ranker", checkerboard.arrays(), checkerboard.manifest()).version
    assert admin.promote(settings, first, True, "the first", NOW)["promoted"]
    assert told(settings) == [("model_promoted", first, "shell:ann", "the first")]
    with pytest.raises(TrainingError):
        admin.rollback(settings, "regret", NOW)
    assert len(told(settings, 9)) == 1
    other = {**checkerboard.manifest(), "seeds": {"fit": 99}}
    second = write_artifact(settings.shelf, "ranker", checkerboard.arrays(), other).version
    admin.promote(settings, second, True, "newer", NOW)
    assert admin.rollback(settings, "regret", NOW).version == first
    assert told(settings) == [("model_rolled_back", first, "shell:ann", "regret")]


def test_nothing_is_promoted_that_cannot_be_audited(settings):
    version = write_artifact(settings.shelf, "ranker", checkerboard.arrays(), checkerboard.manifest()).version
    away = Settings(home=settings.home, database_url="postgresql+psycopg://u:p@127.0.0.1:1/x")
    with pytest.raises(LedgerError):
        admin.promote(away, version, True, "x", NOW)
    assert shelf.current(settings.shelf, "ranker") is None


def test_releasing_a_reserve_is_audited(settings):
    desk = open_desk(settings.ledger_url)
    desk.open(campaign(), [SOHO], NOW)
    desk.journal.close()
    assert admin.release_reserve(settings, "c", 50, "a busy week", NOW) == 100
    assert told(settings) == [("reserve_released", "c", "shell:ann", "a busy week")]


PLAIN_WHY = "asked phone 79 555 66 77"


@pytest.mark.parametrize(
    "act",
    [
        lambda settings: admin.create_key(settings, "app", None, NOW, why=PLAIN_WHY),
        lambda settings: admin.revoke_key(settings, "k", PLAIN_WHY, NOW),
        lambda settings: admin.rotate_key(settings, "k", 1, PLAIN_WHY, NOW),
        lambda settings: admin.promote(settings, None, True, PLAIN_WHY, NOW),
        lambda settings: admin.rollback(settings, PLAIN_WHY, NOW),
        lambda settings: admin.release_reserve(settings, "usual", 1, PLAIN_WHY, NOW),
    ],
)
def test_a_reason_that_tells_of_somebody_is_refused_before_anything_is_done(settings, act):
    with pytest.raises(ReasonFault):
        act(settings)
    assert list(settings.home.rglob("*")) == []
