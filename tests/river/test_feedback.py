"""Feedback re-enters the lake once, whatever door it came by."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from feature_repo.events import EVENT_COLUMNS
from river import feedback, steps
from serving import inbox
from serving.events import Record
from serving.tables import prepare
from settings import Settings
from tests import world
from training import ingest
from training.lake import read_events

NOW = datetime(2025, 11, 16, 12, tzinfo=UTC)
EVENT = {
    "event_id": "till-1",
    "event_type": "purchase",
    "occurred_at": "2025-11-16T08:00:00-05:00",
    "user_id": "ann",
    "product_id": "tea",
    "store_id": "soho",
    "channel": "store",
    "quantity": 1,
}


@pytest.fixture
def settings(tmp_path):
    made = Settings(home=tmp_path)
    world.fill(made.lake)
    return made


def accept(settings, *events):
    with steps.open_desk(settings) as desk:
        prepare(desk.journal.engine)
        records: list[Record] = [{**dict.fromkeys(c.name for c in EVENT_COLUMNS), **event} for event in events]
        inbox.take(desk.journal.engine, records, NOW)


def absorb(settings):
    with steps.open_desk(settings) as desk:
        return list(feedback.absorb_records(settings, desk, NOW))


def in_lake(settings, event_id):
    return read_events(settings.lake).collect().filter(event_id=event_id)


def test_an_accepted_event_is_in_the_lake_once(settings):
    accept(settings, EVENT)
    assert [part.accepted for part in absorb(settings)] == [1]
    assert absorb(settings) == []
    (row,) = in_lake(settings, "till-1").rows(named=True)
    assert (row["user_id"], row["product_id"], row["occurred_at"].hour) == ("ann", "tea", 13)


def test_a_run_cut_short_before_the_mark_repeats_nothing(settings, monkeypatch):
    accept(settings, EVENT)
    with monkeypatch.context() as cut:
        cut.setattr(inbox, "mark_absorbed", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            absorb(settings)
    assert [(part.accepted, part.duplicates) for part in absorb(settings)] == [(0, 1)]
    assert len(in_lake(settings, "till-1")) == 1


def test_what_the_lake_refuses_is_quarantined_and_counted(settings):
    accept(settings, EVENT, {**EVENT, "event_id": "till-2", "quantity": 0})
    (part,) = absorb(settings)
    assert (part.accepted, part.quarantined) == (1, 1)
    assert part.quarantine_file.exists()
    assert absorb(settings) == []


def test_an_event_of_a_product_or_store_that_is_not_known_yet_waits_for_it(settings, tmp_path):
    strange = [("till-2", "product_id"), ("till-3", "store_id"), ("till-4", "product_id")]
    accept(settings, EVENT, *({**EVENT, "event_id": name, column: "new"} for name, column in strange))
    for _ in range(2):
        waiting = Counter()
        with steps.open_desk(settings) as desk:
            list(feedback.absorb_records(settings, desk, NOW, waiting))
        assert waiting == {"unknown_product": 2, "unknown_store": 1}
    assert len(in_lake(settings, "till-1")) == 1
    (tmp_path / "new.csv").write_text("product_id,name,category,price_cents,cost_cents\nnew,New,drink,300,100\n")
    ingest.ingest(settings.lake, products=tmp_path / "new.csv", now=NOW)
    assert [(part.accepted, part.quarantined) for part in absorb(settings)] == [(2, 0)]
    assert [len(in_lake(settings, name)) for name in ("till-2", "till-3", "till-4")] == [1, 0, 1]
    assert absorb(settings) == []


def test_no_file_of_records_is_left_behind(settings):
    accept(settings, EVENT)
    absorb(settings)
    assert list((settings.home / "inbox").iterdir()) == []


def test_shown_products_enter_and_their_file_goes(settings):
    folder = settings.home / "inbox"
    folder.mkdir()
    names = [column.name for column in EVENT_COLUMNS]
    shown = {**dict.fromkeys(names, ""), "event_id": "r1.1", "event_type": "impression", "product_id": "latte"}
    row = {**shown, "occurred_at": "2025-11-16T10:00:00+00:00", "user_id": "ann"}
    text = ",".join(names) + "\n" + ",".join(row[name] for name in names) + "\n"
    (folder / "impressions-1.csv").write_text(text)
    (folder / "impressions-2.csv.part").write_text("unfinished")
    assert [part.accepted for part in feedback.absorb_impressions(settings, NOW)] == [1]
    assert [path.name for path in folder.iterdir()] == ["impressions-2.csv.part"]
    assert len(in_lake(settings, "r1.1")) == 1
