"""Planted identities, in at every door, and then looked for in everything that the whole river leaves behind."""

import csv
import logging
import sqlite3
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from embedded import connect, lease_online_store
from people.secret import References
from river import steps
from river.links import take_links
from river.person_words import sentences
from river.showing import show_user
from river.who import waiting
from serving.events import judge
from serving.inbox import take
from serving.tables import prepare
from settings import Settings
from tests import world
from training.ingest import ingest

NOW = datetime(2025, 11, 16, 12, tzinfo=UTC)
PLANTED = {
    "ann": "app:planted-ann-login",
    "bob": "card:6011 7777 8888",
    "cat": "phone:+41 79 555 44 33",
    "dan": "mail:Planted.Dan@Example.com",
}
MORE = {"device:planted-device-9": "ann", "card:6011-0000-1234": "bob", "phone:0041 79 222 11 00": "cat"}
TRACES = (
    "planted-ann",
    "6011 7777",
    "60117777",
    "6011-7777",
    "79 555",
    "795554433",
    "planted.dan",
    "planted-device",
    "6011-0000",
)
TRACES += ("60110000", "79 222", "792221100")


def traces(text):
    return {trace for trace in TRACES if trace in text.lower()}


def everything_in(home):
    """(where, text) of all that a home holds: files as bytes, parquet and SQLite unpacked, the online store's keys and values."""
    for path in sorted(path for path in home.rglob("*") if path.is_file()):
        yield path.name, f"{path} " + path.read_bytes().decode("latin-1")
        if path.suffix == ".parquet":
            yield path.name, str(pl.read_parquet(path).to_dicts())
        if path.read_bytes().startswith(b"SQLite format 3"):
            with sqlite3.connect(path) as connection:
                for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                    yield f"{path.name} {table}", str(connection.execute(f"SELECT * FROM {table}").fetchall())
    with lease_online_store(Settings(home=home)) as online, connect(online.url) as client:
        for key in client.scan_iter():
            yield "online", f"{key!r} {client.hgetall(key)!r}"


@pytest.fixture
def settings(tmp_path):
    given = tmp_path / "given"
    files = world.write(given)
    events = pl.read_parquet(files["events"]).with_columns(pl.col.user_id.replace(PLANTED))
    events.write_parquet(files["events"])
    made = Settings(home=tmp_path / "home")
    ingest(made.lake, **files, now=NOW, secret=made.identity_secret)
    # What was given holds them all, or nothing is shown by not finding them.
    assert traces(str(events.to_dicts())) >= {"planted-ann", "6011 7777", "79 555", "planted.dan"}
    return made


def test_no_store_log_or_table_holds_an_identity_in_the_clear(settings, tmp_path, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    references = References(settings.identity_secret)
    with (tmp_path / "bad.csv").open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream)
        rows.writerow(["event_type", "occurred_at", "user_id", "product_id"])
        rows.writerow(["purchase", "2025-11-01T08:00:00Z", "phone:planted-ann +41 79 555 44 33", "latte"])
        rows.writerow(["purchase", "yesterday", PLANTED["bob"], "latte"])
    assert (
        ingest(settings.lake, events=tmp_path / "bad.csv", now=NOW, secret=settings.identity_secret)[0].quarantined == 2
    )
    raw = b'{"event_type":"purchase","occurred_at":"2025-11-15T13:00:00Z","user_id":"card:6011 7777 8888","product_id":"tea"}'
    records, refused = judge([raw, raw.replace(b"card:6011 7777 8888", b"phone:planted-ann")], NOW, references)
    with steps.open_desk(settings) as desk:
        prepare(desk.journal.engine)
        take(desk.journal.engine, records, NOW)
    linked = [
        {
            "identity": one,
            "other": PLANTED[other],
            "evidence": f"row-{n}",
            "occurred_at": datetime(2025, 11, 1, 8, tzinfo=UTC),
        }
        for n, (one, other) in enumerate(MORE.items())
    ]
    clash = {
        "identity": PLANTED["bob"],
        "other": "device:planted-device-9",
        "evidence": "x",
        "occurred_at": datetime(2025, 11, 2, 8, tzinfo=UTC),
    }
    taken = take_links(settings, [*linked, clash, {**clash, "other": "phone:planted-ann"}], "links.csv", NOW)
    done = steps.refresh_features(settings, world.END + timedelta(days=1), NOW, lambda *_: None)
    shown = [show_user(settings, PLANTED[name], "shell:ada", NOW) for name in ("ann", "cat", "dan")]
    shown += [sentences(one, "USD", NOW) for one in shown if one]
    assert done.n_absorbed == 1
    assert None not in shown
    assert len(shown) == 6
    assert {row["reason"] for row in waiting(settings)} == {"two_cards"}
    told = f"{taken} {refused} {done} {shown} {waiting(settings)} {caplog.text} {capfd.readouterr()}"
    found = [(where, traces(text)) for where, text in [*everything_in(settings.home), ("told", told)]]
    assert len(found) > 30
    assert [(where, each) for where, each in found if each] == []
