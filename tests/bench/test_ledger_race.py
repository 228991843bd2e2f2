"""The race, here and at the peer: what counts as paying twice, and that a race without a winner is no race."""

import json
import sys
from types import ModuleType, SimpleNamespace

import pytest

from bench import ledger, ledger_race, ledger_racers, oscar_race, oscar_shop
from bench.__main__ import PARTS
from bench.ledger_race import _row, race_at_oscar, race_here
from bench.ledger_world import Broken

FAIR = {"version": "4.2.1", "single": [1, 1], "limited": [1, 8]}


def silent(what, done, total):
    assert 0 < done <= total


def together(target):
    """A racer that tells how many stood at the line with it."""
    return lambda racer, what: lambda: f"{target}-{what}-{racer}"


def fail_in_the_second(target):
    def ready(racer, what):
        if what == "second" and racer == 1:
            raise ValueError("no shoes")
        return lambda: "ran"

    return ready


@pytest.fixture(autouse=True)
def _few(monkeypatch):
    monkeypatch.setattr(ledger_racers, "N_PROCESSES", 2)
    for module in (ledger_racers, ledger_race, oscar_race):
        monkeypatch.setattr(module, "N_RACERS", 2 * ledger_racers.N_THREADS)


def test_every_racer_runs_every_round():
    rounds = []
    got = ledger_racers.race(together, "t", ["a", "b"], lambda n, of: rounds.append((n, of)))
    assert got == [[f"t-{what}-{racer}" for racer in range(4)] for what in "ab"]
    assert rounds[-1] == (2, 2)


def test_a_racer_that_fails_ends_the_race():
    with pytest.raises(RuntimeError, match=r"racer 1 failed: .*no shoes"):
        ledger_racers.race(fail_in_the_second, "t", ["first", "second"])


def test_here_each_round_pays_once(tmp_path):
    assert race_here(f"sqlite:///{tmp_path / 'race.db'}", 12, silent) == {"single": [1] * 12, "limited": [1] * 12}


def test_paying_twice_is_counted_by_round():
    fine, missed = _row("single", [1, 1], FAIR), _row("limited", [1, 3], FAIR)
    assert (fine["value"], fine["against_value"], fine["met"]) == (0, 0, True)
    assert (missed["value"], missed["against_value"], missed["met"]) == (1, 1, False)
    assert "django-oscar 4.2.1" in missed["against"]
    assert "8 times" in missed["against"]
    left_out = _row("single", [1, 1], None)
    assert (left_out["against_value"], left_out["met"]) == (None, True)
    assert "not installed" in left_out["against"]
    for ours, theirs in (([0, 1], None), ([1, 1], {**FAIR, "single": [1, 0]})):
        with pytest.raises(Broken, match="paid nobody"):
            _row("single", ours, theirs)


def peer(tmp_path, monkeypatch, script):
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    monkeypatch.setenv("OSCAR_PYTHON", str(python))
    return race_at_oscar("postgresql://nowhere", 2, silent)


def test_the_peer_is_another_python_or_left_out(tmp_path, monkeypatch):
    assert peer(tmp_path, monkeypatch, "exit 1") is None
    told = peer(tmp_path, monkeypatch, f"[ $1 = -c ] && exit 0; echo 3 >&2; echo '{json.dumps(FAIR)}'")
    assert told == FAIR
    with pytest.raises(Broken, match="the shop burnt down"):
        peer(tmp_path, monkeypatch, "[ $1 = -c ] && exit 0; echo the shop burnt down >&2; exit 1")


@pytest.mark.parametrize("n_paid", [1, 2])
def test_the_shop_must_keep_its_limits_in_peace(monkeypatch, capsys, n_paid):
    monkeypatch.setitem(sys.modules, "oscar", SimpleNamespace(get_version=lambda: "4.2.1"))
    monkeypatch.setattr(oscar_race, "setup", lambda url: lambda racer, prize: lambda: "302")
    prizes = [oscar_shop.Prize(n, f"CODE{n}") for n in range(3)]
    monkeypatch.setattr(oscar_race, "fill_shop", lambda n: (prizes[:n], prizes[:n]))
    monkeypatch.setattr(oscar_race, "paid", lambda prize: n_paid if prize.code == "CODE0" else 7)
    monkeypatch.setattr(oscar_race, "race", lambda *args: None)
    if n_paid == 1:
        oscar_race.main("url", 2)
        assert json.loads(capsys.readouterr().out) == {"version": "4.2.1", "single": [7, 7], "limited": [7, 7]}
    else:
        with pytest.raises(RuntimeError, match="CODE0 paid 2 times"):
            oscar_race.main("url", 2)


def test_the_shop_runs_by_the_packages_own_settings(monkeypatch):
    told = {}
    oscar, defaults, django, conf = (ModuleType(name) for name in ("oscar", "oscar.defaults", "django", "django.conf"))
    oscar.defaults, oscar.INSTALLED_APPS, defaults.OSCAR_SHOP_NAME = defaults, ["oscar.config.Shop"], "Oscar"
    conf.settings, django.setup = SimpleNamespace(configure=lambda **given: told.update(given)), lambda: None
    for module in (oscar, defaults, django, conf):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(oscar_shop, "_add_urls", lambda: None)
    oscar_shop.open_shop("postgresql://postgres:@/race?host=/tmp/dp1/pg")
    database = told["DATABASES"]["default"]
    assert (database["NAME"], database["USER"], database["HOST"]) == ("race", "postgres", "/tmp/dp1/pg")
    assert database["ATOMIC_REQUESTS"]
    assert (told["OSCAR_SHOP_NAME"], told["INSTALLED_APPS"]) == ("Oscar", ["oscar.config.Shop"])
    assert "anything" in told["MIGRATION_MODULES"]


def test_each_piece_of_the_part_is_a_function():
    pieces = [target.split(":")[1] for name, target in PARTS.items() if target.startswith("bench.ledger:")]
    assert pieces == ["rows", "speed", "http", "growth", "race"]
    assert all(callable(getattr(ledger, name)) for name in pieces)
