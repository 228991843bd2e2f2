"""Intake and freshness, small: against a service that runs, and what is no figure."""

import asyncio
import json
import random
from datetime import UTC, datetime

import pytest

from bench import person_fresh, person_home, person_intake
from bench.__main__ import PARTS
from bench.person_tills import Shop
from bench.results import Row
from settings import Settings
from tests.flow import served_home

NOW = datetime(2026, 3, 2, 13, tzinfo=UTC)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("intake")
    served_home.fill(folder)
    return folder


def test_rows_of_a_small_run(home, monkeypatch):
    monkeypatch.setattr(person_intake, "N_WARM", 2)
    rows = person_intake.rows(n_batches=4, n_probes=6, home=home)
    assert [set(row) for row in rows] == [set(Row.__annotations__)] * len(rows)
    assert rows[0]["against"].startswith("bare SQLite")
    assert rows[0]["reach"] == ">= 5,000/s"
    for place, kind in zip((2, 5, 8), person_fresh.KINDS, strict=True):
        assert rows[place]["figure"].startswith(f"{kind} sent")
        assert 0 < rows[place]["value"] <= rows[place + 2]["value"] < 30
    assert rows[11]["value"] == 0


@pytest.mark.parametrize(
    ("taken", "reasons", "words"),
    [
        ((202, b'{"accepted": 1}'), [], "unknown after"),
        ((202, b'{"accepted": 0}'), [], "202"),
        ((503, b"busy"), [], "503: busy"),
        ((202, b'{"accepted": 1}'), [{"code": "bought_before"}], "known before they bought"),
    ],
)
def test_a_purchase_that_is_not_taken_or_never_shows_is_no_figure(monkeypatch, taken, reasons, words):
    async def ask_on(host, port, wanted, free):
        said = json.dumps({"items": [{"reasons": reasons}]}).encode()
        return taken if b"/v1/events" in wanted else (200, said)

    monkeypatch.setattr(person_fresh, "PATIENCE_S", 0.02)
    monkeypatch.setattr(person_fresh, "ask_on", ask_on)
    shop = Shop("127.0.0.1", 1, "key", ["latte"], "soho", "UTC")
    with pytest.raises(person_fresh.Unseen, match=words):
        asyncio.run(person_fresh.delays(Settings(), {"app": "a", "pos": "p"}, shop, 1, iter(()), 1.0))


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
        assert shop.products == ["mocha", "tea"]
    assert not settings.home.exists()


def test_it_is_a_part_of_the_bench():
    assert PARTS["person-intake"] == "bench.person_intake:rows"
