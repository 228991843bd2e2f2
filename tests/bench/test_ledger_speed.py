"""The desk's speed beside the bare driver, in a run of moments: what is counted, and that a reach can be missed."""

import sqlite3

import numpy as np
import pytest
import sqlalchemy as sa

from bench import ledger_growth, ledger_speed
from bench.ledger_callers import Run, at_once, coroutines, threads
from bench.ledger_ceiling import ceiling, committer
from bench.ledger_growth import extrapolated
from bench.ledger_places import Place
from bench.ledger_world import CAMPAIGN_ID, Broken, issue, open_desk
from offers.tables import entries


@pytest.fixture
def place(tmp_path):
    return Place("SQLite", lambda name: f"sqlite:///{tmp_path / name}.db")


def silent(what, done, total):
    assert 0 <= done <= total


def test_every_commit_of_the_bare_driver_is_a_durable_row(place):
    url = place.make("bare")
    rate = ceiling(url, 2, 0.1)
    with sqlite3.connect(sa.make_url(url).database) as connection:
        assert connection.execute("SELECT count(*) FROM ceiling").fetchone()[0] == round(rate * 0.1) > 0
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    connection.close()
    with committer(url) as commit:
        own = next(cell.cell_contents for cell in commit.__closure__)
        assert own.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert not own.in_transaction


def test_the_desk_stands_beside_both_ceilings(place, monkeypatch):
    monkeypatch.setattr(ledger_speed, "CALLERS", {"coroutine": (coroutines, (4,)), "thread": (threads, (1, 4))})
    monkeypatch.setattr(ledger_speed, "CONNECTIONS", (1, 2))
    found = ledger_speed.rows(place, silent, rounds=1, seconds=0.05, stock=2000)
    bars, desk, widest = found[:2], found[2:5], found[5]
    assert {row["against_value"] for row in desk} == {bars[0]["value"]}
    (best,) = [row for row in desk if row["reach"]]
    assert best["value"] == max(row["value"] for row in desk) == widest["value"]
    assert widest["against_value"] == max(row["value"] for row in bars)
    assert [row["unit"] for row in found[6:]] == ["ms"] * len(found[6:])
    assert len(found) >= 8


@pytest.mark.parametrize(("rate", "met"), [(449.0, (False, False)), (450.0, (True, False)), (500.0, (True, True))])
def test_half_of_each_ceiling_is_the_reach(rate, met):
    took, alone = np.array([0.001] * 99 + [0.5]), ("thread", 1)
    runs = {alone: [Run(100.0, took)], ("coroutine", 32): [Run(rate, took), Run(rate, took), Run(1.0, took)]}
    one, many, widest, *latencies = ledger_speed._desk_rows("SQLite", {1: [900.0, 900.0, 1.0], 2: [1000.0]}, runs)
    assert (one["met"], one["reach"], one["against_value"]) == (True, "", 900.0)
    assert (many["met"], widest["met"]) == met
    assert many["reach"] == widest["reach"] == "at least 0.5 of it"
    assert (many["against"], many["against_value"]) == ("bare driver, 1 connection", 900.0)
    assert (widest["against"], widest["against_value"]) == ("bare driver, 2 connections", 1000.0)
    assert [row["value"] for row in latencies][:2] == [1.0, pytest.approx(np.percentile(took, 99) * 1e3)]


@pytest.mark.parametrize("callers", [coroutines, threads])
def test_a_redemption_is_counted_once_and_a_used_up_stock_is_no_figure(place, callers):
    desk = open_desk(place.make("desk"))
    codes = issue(desk, [f"u{n}" for n in range(400)])
    run = callers(desk, codes, 3, 0.05)
    assert n_paid(desk) == len(run.took) == 400 - len(codes) > 0
    with pytest.raises(Broken, match="ran out"):
        callers(desk, codes[:1], 2, 5.0)
    with pytest.raises(Broken, match="refused"):
        callers(desk, [f"{n:016}" for n in range(50)], 2, 5.0)
    desk.journal.close()


def test_a_group_is_redeemed_at_once(place, monkeypatch):
    desk = open_desk(place.make("desk"))
    codes = issue(desk, [f"u{n}" for n in range(20)])
    groups, carry_out = [], desk._group._carry_out
    monkeypatch.setattr(desk._group, "_carry_out", lambda acts: groups.append(len(acts)) or carry_out(acts))
    assert at_once(desk, codes) > 0
    assert (groups, n_paid(desk)) == ([20], 20)
    desk.journal.close()


def n_paid(desk):
    with desk.journal.read() as connection:
        mine = (entries.c.kind == "redeem") & (entries.c.campaign_id == CAMPAIGN_ID)
        return connection.execute(sa.select(sa.func.count()).where(mine)).scalar_one()


def test_a_longer_journal_stands_beside_the_shortest(place, monkeypatch):
    found = ledger_growth.rows(place, silent, sizes=(40, 120), turns=2, each=3)
    sizes = ["40 entries", "120 entries", "10,000,000 entries, extrapolated"]
    assert [row["figure"].split(" at ")[1] for row in found] == [*sizes, *sizes]
    for some in (found[:3], found[3:]):
        assert [row["against_value"] for row in some] == [None, some[0]["value"], some[0]["value"]]
        assert some[2]["ratio"] >= some[1]["ratio"]
        assert [row["met"] for row in some[1:]] == [row["ratio"] <= ledger_growth.REACH for row in some[1:]]


def test_the_line_goes_through_what_was_measured():
    assert extrapolated({10: 1.0, 100: 2.0, 1000: 3.0}, 10_000) == pytest.approx(4.0)
    # What falls by chance isn't promised to go on falling.
    assert extrapolated({10: 3.0, 100: 2.0, 1000: 1.0}, 10_000) == 3.0


def test_the_journals_are_of_the_size_they_say(place):
    made = ledger_growth.filled(place.make("size"), 300, 20, "SQLite", silent)
    with made.desk.journal.read() as connection:
        n = connection.execute(sa.select(sa.func.count()).select_from(entries)).scalar_one()
    assert abs(n - 300) < 10
    assert len(made.codes) == 20
    made.desk.journal.close()
