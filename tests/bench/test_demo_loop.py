import json
from dataclasses import asdict
from datetime import UTC, date, datetime

import pytest

from bench import demo_loop
from bench.cafe import chain_loop
from bench.cafe.weeks import Week
from bench.demo_data import DemoError
from settings import Settings

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
WEEKS = [
    Week(1, -20.0, 0.0, 250.0, 220.0, [-90.0, -30.0], 900, 100),
    Week(2, 150.0, 0.0, 240.0, 220.0, [-80.0, -10.0], 500, 200),
]


@pytest.fixture
def asked(monkeypatch):
    """What was asked of the chain, which takes minutes in earnest."""
    calls = []

    class Chain:
        def __init__(self, settings, n_members, n_weeks, until):
            calls.append((settings, n_weeks, until))
            (settings.home / "reports").mkdir(parents=True)

        def run(self, report, told):
            for week in WEEKS:
                told(week)
            return WEEKS

    monkeypatch.setattr(chain_loop, "Chain", Chain)
    return calls


def test_each_week_is_a_line_and_the_plot_is_one_file(tmp_path, asked, capsys):
    settings = Settings(home=tmp_path)
    demo_loop.play(settings, NOW, 2, lambda *_: None)
    printed = capsys.readouterr().out
    assert "100%, 100% of members' days try an offer by chance" in " ".join(printed.split())
    assert "week 1:  -20.0" in printed
    assert "62% of it" in printed
    assert "500 sent, 200 redeemed" in printed
    assert "best of one depth for everyone earned -20.0 a week" in printed
    assert str(tmp_path / "reports" / "loop.svg") in printed
    assert (tmp_path / "reports" / "loop.svg").read_text("utf-8").startswith("<?xml")
    assert asked == [(settings, 2, date(2026, 11, 28))]
    assert json.loads((tmp_path / "reports" / "loop.json").read_text()) == [asdict(week) for week in WEEKS]


def test_a_second_demo_tells_the_same_without_playing(tmp_path, asked, capsys):
    settings = Settings(home=tmp_path)
    demo_loop.play(settings, NOW, 2, lambda *_: None)
    first = capsys.readouterr().out
    demo_loop.tell_again(settings)
    again = capsys.readouterr().out
    assert again == first[first.index("  week 1") :]
    assert len(asked) == 1


def test_before_the_last_store_has_closed_the_day_is_not_over(tmp_path, asked):
    demo_loop.play(Settings(home=tmp_path), NOW.replace(hour=3), 2, lambda *_: None)
    assert asked[0][2] == date(2026, 11, 27)


def test_a_ledger_elsewhere_is_refused_before_anything_is_played(tmp_path, asked):
    settings = Settings(home=tmp_path, database_url="postgresql+psycopg://elsewhere/daypart")
    with pytest.raises(DemoError, match="--weeks 0"):
        demo_loop.play(settings, NOW, 2, lambda *_: None)
    assert not asked
