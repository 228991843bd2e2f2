"""Visits in order of time: the world by heart, what is known before a day, and the rows of the view."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from models.visits import KEPT
from tests import world
from tests.training.when_days import END, people
from training.sales import coded, sales
from training.visit_log import SCHEMA, VisitLog, visit_log, visit_rows


def day(text):
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


@pytest.fixture(scope="module")
def log():
    return visit_log(sales(world.events().lazy(), world.stores()))


def of(log, name):
    user = log.users.index(name)
    own = log.user == user
    stores = [*log.stores, None]
    return list(
        zip(log.day[own].tolist(), log.hour[own].tolist(), [stores[row] for row in log.store[own]], strict=True)
    )


def test_a_visit_is_a_day_of_the_store_with_the_hour_of_its_clock(log):
    assert log.users == list(world.USERS)
    # Ann keeps to eight o'clock over the change of clocks.
    mondays = ("2025-10-20", "2025-10-27", "2025-11-03", "2025-11-10")
    assert of(log, "ann") == [(day(each), 8, "soho") for each in mondays]
    # Shanghai is ahead of UTC: what was bought at 23:30 UTC is of the next morning.
    assert of(log, "cat")[:2] == [(day("2025-10-21"), 7, "bund"), (day("2025-10-22"), 9, "bund")]
    assert of(log, "dan") == [(day("2025-11-14"), 20, None)]
    # Voided orders are no visit.
    assert len(of(log, "bob")) == 3


def test_coded_lines_give_the_same(log):
    again = visit_log(coded(sales(world.events().lazy(), world.stores())))
    assert of(again, "cat") == of(log, "cat")
    assert again.stores == log.stores == ["bund", "soho"]


def test_the_first_basket_of_a_day_tells_the_hour_and_the_store():
    rows = {
        "user_id": ["u"] * 3, "product_id": ["p"] * 3, "store_id": ["a", "b", "a"],
        "occurred_at": [day("2025-01-01") * 86_400 + hour * 3_600 for hour in (15, 9, 20)],
    }  # fmt: skip
    events = pl.DataFrame(rows).with_columns(pl.from_epoch("occurred_at", "s").dt.replace_time_zone("UTC"))
    assert of(visit_log(sales(events.lazy())), "u") == [(day("2025-01-01"), 9, "b")]


def test_nobody_has_no_visits():
    nothing = visit_log(sales(world.events().clear().lazy(), world.stores()))
    assert nothing.users == []
    assert len(nothing.before(day("2025-01-01"))) == 0
    rows = visit_rows(nothing)
    assert rows.schema == pl.Schema(SCHEMA)
    assert len(rows) == 0


def test_what_is_known_before_a_day(log):
    cut = day("2025-11-03")
    known = log.before(cut)
    assert len(known) == 4
    assert known.n_visits.tolist() == [2, 2, 4, 0]
    assert known.first_day[:3].tolist() == [day("2025-10-20"), day("2025-10-21"), day("2025-10-21")]
    assert known.day.max() == cut - 2
    assert log.before(cut + 1).n_visits[0] == 3


def test_what_comes_next(log):
    cut = day("2025-11-03")
    ahead = log.next_from(cut, cut + 30)
    assert [log.users[user] for user in log.user[ahead]] == ["ann", "bob", "cat", "dan"]
    assert log.day[ahead].tolist() == [cut, cut + 1, cut + 5, cut + 11]
    assert log.user[log.next_from(cut, cut + 1)].tolist() == [0]
    assert log.comes(cut, 2).tolist() == [[True, False], [False, True], [False, False], [False, False]]


def test_rows_of_the_view(log):
    rows = {row["user_id"]: row for row in visit_rows(log).to_dicts()}
    assert list(rows) == list(world.USERS)
    assert rows["dan"]["store_ids"] == [""]
    assert rows["ann"]["hour"] == [8] * 4
    assert rows["ann"]["n_visits"] == 4
    assert rows["ann"]["first_day"] == rows["ann"]["day"][0] == day("2025-10-20")
    assert rows["ann"]["at_s"][0] == day("2025-10-20") * 86_400 + 12 * 3_600
    assert visit_rows(log).schema == pl.Schema(SCHEMA)


def test_only_the_last_visits_are_kept_and_all_are_counted():
    whole = people(3)
    days = np.arange(END - KEPT - 9, END)
    many = VisitLog(["u"], whole.stores, days * 0, days, days % 24, days % 3, days * 86_400)
    known = many.before(END)
    assert known.day.tolist() == days[-KEPT:].tolist()
    assert known.n_visits.tolist() == [KEPT + 9]
    assert known.first_day.tolist() == [days[0]]
    row = visit_rows(many).to_dicts()[0]
    assert row["day"] == known.day.tolist()
    assert (row["n_visits"], row["first_day"]) == (KEPT + 9, days[0])
