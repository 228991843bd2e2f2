"""Erased means gone: from every store, whatever is replayed, restarted or reckoned again afterwards; and the receipt says so."""

import json
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
import sqlalchemy as sa

from embedded import connect, lease_online_store
from feature_repo.events import EVENT_COLUMNS
from people.secret import References
from river import admin, erasing, steps
from river.consenting import consent
from river.erasing import erase_person, finish_erasures
from river.holdings import ExportFault, export, write_private
from river.links import take_links
from river.showing import show_user
from serving import inbox
from serving.tables import prepare
from settings import Settings
from tests import world
from tests.offers.desk_world import PLANNED, SOHO, campaign, decision
from training import ingest
from training.lake import read_events
from training.parts import DataError, locked

NOW = datetime(2025, 11, 16, 12, tzinfo=UTC)
ANN = "ann-ought-to-go"
CARD = "card:4000 0012 3456 7899"


def silent(*_):
    pass


def as_ann(frame):
    return frame.with_columns(user_id=frame["user_id"].replace("ann", ANN))


@pytest.fixture
def settings(tmp_path):
    """Ann in every store: lake, features, online, inbox, what was shown, links, consent, coupons, decisions."""
    made = Settings(home=tmp_path)
    world.fill(made.lake)
    file = tmp_path / "till" / "events.parquet"
    file.parent.mkdir()
    ours = world.events()
    anns = ours.filter(ours["user_id"] == "ann")
    as_ann(anns).with_columns(event_id="a" + anns["event_id"]).write_parquet(file)
    ingest.ingest(made.lake, events=file, now=NOW, secret=made.identity_secret)
    steps.refresh_features(made, world.END, NOW, silent)
    links = [
        {"identity": CARD, "other": ANN, "evidence": "login-1", "occurred_at": datetime(2025, 11, 1, 8, tzinfo=UTC)}
    ]
    take_links(made, links, "links.csv", NOW)
    consent(made, ANN, {"measurement": False}, "shell:ada", NOW)
    with steps.open_desk(made) as desk:
        desk.open(campaign(granted=10_000), [SOHO], PLANNED)
        desk.issue("c", [decision(user) for user in (ANN, "bob")], PLANNED)
    accept(made)
    (made.home / "inbox").mkdir(exist_ok=True)
    shown = ["" if c.name != "user_id" else ANN for c in EVENT_COLUMNS]
    header = ",".join(column.name for column in EVENT_COLUMNS)
    (made.home / "inbox" / "impressions-1-1.csv").write_text(f"{header}\n{','.join(shown)}\n")
    return made


def accept(settings):
    event = {"event_id": "late-1", "event_type": "purchase", "occurred_at": "2025-11-16T08:00:00+00:00", "user_id": ANN}
    record = {**dict.fromkeys(c.name for c in EVENT_COLUMNS), **event, "product_id": "tea", "store_id": "soho"}
    with steps.open_desk(settings) as desk:
        prepare(desk.journal.engine)
        inbox.take(desk.journal.engine, [record], NOW)


def traces(settings, *words):
    """Files of the home, its databases' rows and its online rows in which a word stands."""
    wanted = [word.encode() for word in words]
    files = [path for path in settings.home.rglob("*") if path.is_file() and path.parent.name != "till"]
    found = [path.name for path in files if any(word in content(path) for word in wanted)]
    with steps.open_desk(settings) as desk, desk.journal.read() as connection:
        for table in sa.inspect(connection).get_table_names():
            rows = str(connection.exec_driver_sql(f"SELECT * FROM {table}").all())
            found += [table for word in words if word in rows]
    with lease_online_store(settings) as store, connect(store.url) as client:
        for key in client.scan_iter():
            said = key + (b"".join(client.hgetall(key).values()) if client.type(key) == b"hash" else b"")
            found += ["online" for word in wanted if word in said]
    return sorted(set(found))


def content(path):
    """What a file says, parquet unpacked."""
    return path.read_bytes() + (str(pl.read_parquet(path).rows()).encode() if path.suffix == ".parquet" else b"")


def test_nothing_is_left_and_the_receipt_says_what_was_there(settings):
    reference = References(settings.identity_secret).of(CARD)
    before = traces(settings, ANN, reference)
    assert {"coupons", "decisions", "consent", "identities", "event_inbox", "online", "user_profile.parquet"} <= {
        *before
    }
    for why in (f"{ANN} asked", "card 4000 0012 3456 7899", "x" * 161):
        with pytest.raises(ValueError, match="why"):
            erase_person(settings, CARD, "shell:ada", NOW, why)
    receipt = erase_person(settings, CARD, "shell:ada", NOW, "by letter")
    assert traces(settings, ANN, reference, "login-1") == []
    assert receipt.removed == {
        "events": 8, "answers": 0, "features": 5, "online": 1, "inbox": 1, "impressions": 1, "withdrawn": 1, "coupons": 1,
        "decisions": 1, "identities": 2, "links": 1, "consent": 1,
    }  # fmt: skip
    assert (receipt.actor, receipt.asked_at, receipt.done_at) == ("shell:ada", NOW, NOW)
    (told,) = [row for row in admin.audited(settings, 9) if row.act == "user_erased"]
    assert (told.subject, told.actor, told.why) == (receipt.erasure_id, "shell:ada", "by letter")
    assert steps.verify_ledger(settings)["differences"] == []
    again = erase_person(settings, ANN, "shell:ada", NOW)
    assert set(again.removed.values()) == {0}


def test_pages_that_held_nothing_but_one_persons_rows_are_emptied(tmp_path):
    made, leaver = Settings(home=tmp_path), "left-with-pages"
    world.fill(made.lake)
    with steps.open_desk(made) as desk:
        prepare(desk.journal.engine)
        for batch, user in enumerate(("bob", *(leaver,) * 6, "bob")):
            told = {"event_type": "purchase", "occurred_at": "2025-11-16T08:00:00+00:00", "product_id": "tea"}
            ids = [{"event_id": f"{batch}-{at}", "user_id": user, "store_id": "soho"} for at in range(600)]
            inbox.take(
                desk.journal.engine, [dict.fromkeys(c.name for c in EVENT_COLUMNS) | told | one for one in ids], NOW
            )
    assert sum(path.read_bytes().count(leaver.encode()) for path in tmp_path.glob("ledger.db*")) >= 3600
    assert erase_person(made, leaver, "shell:ada", NOW).removed["inbox"] == 3600
    assert [path.name for path in tmp_path.glob("ledger.db*") if leaver.encode() in path.read_bytes()] == []


def test_nothing_late_brings_them_back(settings):
    erase_person(settings, ANN, "shell:ada", NOW)
    reference = References(settings.identity_secret).of(CARD)
    accept(settings)
    file = settings.home / "till" / "events.parquet"
    report = ingest.ingest(settings.lake, events=file, now=NOW, secret=settings.identity_secret)[0]
    assert (report.accepted, report.faults) == (0, {("user_id", "erased"): 8})
    links = [
        {"identity": CARD, "other": ANN, "evidence": "login-1", "occurred_at": datetime(2025, 11, 1, 8, tzinfo=UTC)}
    ]
    assert take_links(settings, links, "links.csv", NOW).refused == [(1, "", "erased")]
    refreshed = steps.refresh_features(settings, NOW, NOW, silent)
    assert (refreshed.n_absorbed, refreshed.n_quarantined) == (0, 1)
    assert traces(settings, ANN, reference) == []
    assert show_user(settings, ANN, "shell:ada", NOW) is None
    held = export(settings, ANN, "shell:ada", NOW)
    assert [name for name, value in held.items() if value] == ["user_id", "exported_at", "consent", "looks", "online"]
    assert (held["consent"]["said"], held["online"]["as_of"]) == ([], None)


@pytest.mark.parametrize("step", ["_from_ledger", "_from_files", "settle_files"])
def test_an_erasure_that_breaks_off_is_finished_by_the_next_verb(settings, monkeypatch, step):
    def breaks(*_):
        raise DataError("the disk is full")

    with monkeypatch.context() as cut:
        cut.setattr(erasing, step, breaks)
        with pytest.raises(DataError):
            erase_person(settings, ANN, "shell:ada", NOW)
    assert read_events(settings.lake).collect()["user_id"].eq(ANN).sum() in (0, 8)
    later = NOW + timedelta(hours=1)
    with locked(settings.home), steps.open_desk(settings) as desk:
        (receipt,) = finish_erasures(settings, desk, later)
        assert finish_erasures(settings, desk, later) == []
    assert (receipt.removed["events"], receipt.removed["coupons"]) == (8, 1)
    assert (receipt.asked_at, receipt.done_at) == (NOW, later)
    assert traces(settings, ANN, References(settings.identity_secret).of(CARD)) == []


def test_a_new_account_starts_new_and_a_yes_brings_the_old_one_back(settings):
    erase_person(settings, ANN, "shell:ada", NOW)
    consent(settings, ANN, {"recommend": True}, "app", NOW + timedelta(hours=1))
    file = settings.home / "till" / "again.parquet"
    rows = world.events().filter(user_id="bob").head(2)
    times = [NOW + timedelta(minutes=30), NOW + timedelta(minutes=90)]
    rows = rows.with_columns(user_id=rows["user_id"].replace("bob", ANN), event_id="n" + rows["event_id"])
    rows.with_columns(occurred_at=type(rows["occurred_at"])(times)).write_parquet(file)
    steps.refresh_features(settings, world.END, NOW, silent)
    ingest.ingest(settings.lake, events=file, now=NOW, secret=settings.identity_secret)
    users = {row["event_id"]: row["user_id"] for row in read_events(settings.lake).collect().iter_rows(named=True)}
    assert [users["ne03"], users["ne04"]] == [None, ANN]


def test_an_export_is_everything_and_a_file_of_its_owners_alone(settings, tmp_path):
    held = export(settings, CARD, "shell:ada", NOW)
    reference = References(settings.identity_secret).of(CARD)
    assert held["user_id"] == ANN
    assert [one["reference"] for one in held["identities"]] == [ANN, reference]
    assert [one["between"] for one in held["links"]] == [[ANN, reference]] or held["links"][0]["verdict"] == "joined"
    assert {name: len(held[name]) for name in ("events", "coupons", "decisions", "events_waiting", "shown_waiting")} == {
        "events": 8, "coupons": 1, "decisions": 1, "events_waiting": 1, "shown_waiting": 1,
    }  # fmt: skip
    assert [entry["kind"] for entry in held["entries"]] == ["issue"]
    assert set(held["features"]) == {"user_profile", "user_history", "user_rhythm", "user_visits", "user_portrait"}
    assert held["online"]["n_visits"] == 4
    assert held["consent"]["allowed"] == {"recommend": True, "offers": True, "measurement": False}
    file = tmp_path / "ann.json"
    write_private(file, json.dumps(held, default=str))
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(ExportFault, match="a new file"):
        write_private(file, "")
