import json
from dataclasses import asdict
from datetime import UTC, date, datetime

import pytest

from bench import demo_loop
from bench.cafe.weeks import Week
from settings import Settings

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
WEEKS = [
    Week(1, -20.0, 0.0, 250.0, 220.0, [-90.0, -30.0], 900, 100),
    Week(2, 150.0, 0.0, 240.0, 220.0, [-80.0, -10.0], 500, 200),
]


@pytest.fixture
def plays(monkeypatch):
    """Calls of what plays the weeks, which takes minutes in earnest."""
    calls = []

    def played(own, n_weeks, until, report):
        calls.append((own, n_weeks, until))
        for week in WEEKS:
            demo_loop._tell(week)
        return WEEKS

    monkeypatch.setattr(demo_loop, "_played", played)
    return calls


def test_each_week_is_a_line_and_the_plot_is_one_file(tmp_path, plays, capsys):
    settings = Settings(home=tmp_path, redis_url="redis://elsewhere", database_url="postgresql://elsewhere")
    assert demo_loop.play(settings, NOW, 2, lambda *_: None) == WEEKS
    printed = capsys.readouterr().out
    assert "week 1:   -20.0" in printed
    assert "62% of it" in printed
    assert "500 sent, 200 redeemed" in printed
    assert str(tmp_path / "reports" / "loop.svg") in printed
    assert (tmp_path / "reports" / "loop.svg").read_text("utf-8").startswith("<?xml")
    ((own, n_weeks, until),) = plays
    assert (own.home, own.redis_url, own.database_url) == (tmp_path / "loop", "", "")
    assert (n_weeks, until) == (2, date(2026, 11, 28))


def test_the_same_day_reads_its_weeks_again_and_another_plays_anew(tmp_path, plays, capsys):
    settings = Settings(home=tmp_path)
    demo_loop.play(settings, NOW, 2, lambda *_: None)
    first = capsys.readouterr().out
    assert demo_loop.play(settings, NOW, 2, lambda *_: None) == WEEKS
    assert capsys.readouterr().out == first
    assert len(plays) == 1
    demo_loop.play(settings, NOW.replace(day=27), 2, lambda *_: None)
    demo_loop.play(settings, NOW.replace(day=27), 1, lambda *_: None)
    assert len(plays) == 3


def test_a_run_cut_short_starts_anew(tmp_path, plays):
    settings = Settings(home=tmp_path)
    (tmp_path / "loop").mkdir()
    (tmp_path / "loop" / "ledger.db").write_text("half")
    demo_loop.play(settings, NOW, 2, lambda *_: None)
    assert not (tmp_path / "loop" / "ledger.db").exists()
    kept = json.loads((tmp_path / "loop" / "weeks.json").read_text())
    assert kept["weeks"] == [asdict(week) for week in WEEKS]


def test_before_the_last_store_has_closed_the_day_is_not_over(tmp_path, plays):
    demo_loop.play(Settings(home=tmp_path), NOW.replace(hour=3), 2, lambda *_: None)
    assert plays[0][2] == date(2026, 11, 27)
