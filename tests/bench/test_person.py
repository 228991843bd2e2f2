"""The yardstick of identities, small: it measures what the product does, and says when that is wrong."""

import pytest

from bench import person, person_erased
from bench.__main__ import PARTS, WHOLE
from bench.people_crowd import links_of
from bench.ranking_run import Run
from bench.results import Row
from people.identity import kind_of
from training.who import LINKS, who_is_who


def test_the_crowd_is_the_same_each_time_and_makes_mistakes():
    links = links_of(4000)
    assert links.schema == LINKS
    assert links.equals(links_of(4000))
    assert len(links) == 4000
    assert {kind_of(one) for one in links["left"]} | {kind_of(one) for one in links["right"]} == {
        "app", "card", "phone", "device", "receipt",
    }  # fmt: skip
    found = who_is_who(links)
    assert 950 < found.people["person"].n_unique() < 1100
    assert {"joined", "two_apps"} <= set(found.verdicts)


def test_rows_of_a_small_run(monkeypatch):
    rows = person.rows(n_links=2000, n_hashed=50, n_taken=40, n_erased=50, is_served=False)
    assert [set(row) for row in rows] == [set(Row.__annotations__)] * len(rows)
    assert [row["met"] for row in rows] == [True] * len(rows)
    assert rows[0]["reach"] == "< 120 s"
    assert rows[2]["reach"] == "< 4 GiB"
    assert rows[5]["against"] == "scipy"


def test_an_erasure_that_left_something_is_no_figure(monkeypatch):
    monkeypatch.setattr(person_erased, "WANTED", "nobody")
    with pytest.raises(person_erased.Left, match="receipt"):
        person_erased.rows(20)


def test_a_wrong_answer_is_no_figure(monkeypatch):
    told = {"n_links": 8, "n_joined": 6, "n_waiting": 1, "ours_s": 1.0, "scipy_s": 1.0}
    monkeypatch.setattr(person, "apart", lambda *asked: Run(told, 1.0, 1.0))
    monkeypatch.setattr(person, "hash_row", lambda *asked: None)
    monkeypatch.setattr(person, "take_row", lambda *asked: None)
    with pytest.raises(person.Broken, match="verdict"):
        person.rows(n_links=8)


def test_it_is_a_part_of_the_bench():
    assert PARTS["person"] == "bench.person:rows"
    assert "person" in WHOLE
