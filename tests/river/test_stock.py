from contextlib import closing
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from river.steps import open_desk
from river.stock import LOOK_MS, Stock
from serving.inbox import mark_absorbed, take
from serving.tables import prepare
from settings import Settings
from tests import world
from tests.suites.settled import settle
from tests.training.test_held import AT, line, lines
from training.lake import append_events
from training.parts import write_whole
from training.persons import write_persons


@pytest.fixture
def place(tmp_path):
    settings = Settings(home=tmp_path)
    with open_desk(settings) as desk:
        prepare(desk.journal.engine)
        write_whole(settings.lake / "stores.parquet", world.stores())
        yield settings, desk.journal.engine


@pytest.fixture
def stock(place):
    settings, engine = place
    with closing(Stock(settings.lake, engine)) as made:
        yield made


def absorb(settings, engine, *records):
    """Put them into the inbox, and of these the first into the lake."""
    take(engine, records, AT)
    row = {**records[0], "occurred_at": datetime.fromisoformat(records[0]["occurred_at"])}
    append_events(settings.lake, pl.DataFrame([row]))
    mark_absorbed(engine, [1], AT)


def events(stock):
    return sorted(stock.lines.bought["event_id"])


def test_it_holds_the_lake_and_what_waits_and_reads_again_what_has_changed(place, stock):
    settings, engine = place
    assert (events(stock), stock.zones["soho"]) == ([], ZoneInfo("America/New_York"))
    one, two = line("e1"), line("e2")
    stock.add(lines(one, two))
    assert events(stock) == ["e1", "e2"]
    absorb(settings, engine, one, two)
    stock.renew(0)
    stock.add(lines(line("e3")))
    settle(stock)
    # Once each: what the lake has, no longer as one that waits; what came while it was read, still.
    assert events(stock) == ["e1", "e2", "e3"]
    assert stock.lines.bought.filter(number=0)["event_id"].to_list() == ["e1"]


def test_the_lake_is_looked_at_once_a_second(place, stock):
    settings, engine = place
    stock.renew(0)
    absorb(settings, engine, line("e1"))
    stock.renew(LOOK_MS - 1)
    assert stock._reading is None
    stock.renew(LOOK_MS)
    assert stock._reading is not None


def test_who_was_who_is_what_features_wrote_down(place, stock):
    settings, _ = place
    assert stock.persons() == ({}, {})
    write_persons(settings.lake, {"card": "ann"}, [("soho", "7", "ann")])
    assert stock.persons() == ({"card": "ann"}, {("soho", "7"): "ann"})


def test_utc_is_not_guessed_for_a_store_without_zone(place):
    settings, engine = place
    write_whole(settings.lake / "stores.parquet", world.stores().with_columns(timezone=pl.lit(None, pl.String)))
    stock = Stock(settings.lake, engine)
    stock.close()
    assert stock.zones.get("soho", UTC) is UTC


def test_many_small_arrivals_are_held_in_few_pieces(stock):
    for n in range(100):
        stock.add(lines(line(f"e{n}")))
    assert len(stock.lines.bought) == 100
    assert stock.lines.bought.n_chunks() < 40
