"""Intake and freshness, small: against a service that runs, and what is no figure."""

import random
from datetime import UTC, datetime

import pytest

from bench import person_fresh, person_home, person_intake
from bench.__main__ import PARTS
from bench.results import Row
from tests.flow import served_home

NOW = datetime(2026, 3, 2, 13, tzinfo=UTC)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("intake")
    served_home.fill(folder)
    return folder


def test_rows_of_a_small_run(home, monkeypatch):
    monkeypatch.setattr(person_intake, "N_WARM", 2)
    rows = person_intake.rows(n_batches=4, n_probes=4, home=home)
    assert [set(row) for row in rows] == [set(Row.__annotations__)] * len(rows)
    assert rows[0]["against"].startswith("bare SQLite")
    assert rows[0]["reach"] == ">= 5,000/s"
    assert 0 < rows[2]["value"] <= rows[4]["value"] < 10
    assert rows[5]["value"] == 0


def test_a_purchase_that_never_shows_is_no_figure(home, monkeypatch):
    monkeypatch.setattr(person_fresh, "PATIENCE_S", 0.05)
    monkeypatch.setattr(person_fresh, "BOUGHT", "never")
    monkeypatch.setattr(person_intake, "N_WARM", 1)
    with pytest.raises(person_fresh.Unseen, match="unknown after"):
        person_intake.rows(n_batches=1, n_probes=1, home=home)


def test_a_batch_is_tickets_of_three_lines_and_a_look():
    events = person_intake.batch(random.Random(1), ["a", "b"], ["p"], "s", "n", NOW)["events"]
    assert [event["event_type"] for event in events[:5]] == ["purchase", "purchase", "purchase", "view", "purchase"]
    assert len({event["event_id"] for event in events}) == person_intake.BATCH == len(events)
    assert len({event["order_id"] for event in events[:3]}) == 1


def test_the_home_is_a_copy(home):
    with person_home.opened(home) as (settings, keys, shop):
        assert settings.home != home
        assert set(keys) == {"app", "pos"}
        assert (shop.store_id, shop.zone) == ("bund", "Asia/Shanghai")
        assert "latte" in shop.products
    assert not settings.home.exists()


def test_it_is_a_part_of_the_bench():
    assert PARTS["person-intake"] == "bench.person_intake:rows"
