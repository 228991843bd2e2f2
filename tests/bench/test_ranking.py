"""Which data sets are run by which name, and what is said of Ta-Feng when it is not there."""

import importlib
from datetime import date
from pathlib import Path

import pytest

from bench import __main__ as command
from bench import ranking, ranking_speed
from bench.ranking_run import Run, evaluated, key_sets_evaluated
from bench.results import row
from tests.bench.board_of_three import result

SPEED = row("how fast", 1.0, "s")


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """What would have been evaluated; nothing is."""
    runs = []

    def apart(work, events, targets):
        runs.append((work, events, targets))
        return Run(result(), float(len(runs)), 1.0)

    monkeypatch.setattr(ranking, "apart", apart)
    monkeypatch.setattr(ranking, "write_cut", lambda folder, day: (folder, day))
    monkeypatch.setattr(ranking, "write_last_day", lambda folder: ("events", "last day"))
    monkeypatch.setattr(ranking, "write_files", lambda data, folder: ("events", [data]))
    monkeypatch.setattr(ranking, "RESULTS", tmp_path)
    monkeypatch.setattr(ranking_speed, "rows", lambda: [SPEED])
    monkeypatch.delenv("TAFENG", raising=False)
    return runs


def figures(rows):
    return [row["figure"] for row in rows]


def test_december_alone(asked, tmp_path):
    rows = ranking.december()
    assert [(work, targets) for work, _, targets in asked] == [(evaluated, date(2017, 12, 1))]
    assert rows[0]["figure"] == "recall@10, Complete Journey, cut at 2017-12-01, 3 users"
    assert rows[0]["reach"] == "≥ 0.177 (beyond 0.18)"
    assert (tmp_path / "ranking-december.svg").exists()


def test_five_cuts_each_above_every_baseline_and_their_mean(asked, tmp_path):
    rows = ranking.cuts()
    assert [targets for _, _, targets in asked] == [date(2017, month, 1) for month in (8, 9, 10, 11, 12)]
    above = [row for row in rows if "above" in row["figure"]]
    assert len(above) == 5 * 2 * 3
    assert {row["reach"] for row in above} == {"all of the interval > 0"}
    assert figures(rows)[-1].startswith("hit_rate@10, mean of 5: cut at 2017-08-01")
    assert (tmp_path / "ranking-cuts.svg").exists()


def test_last_days_and_key_sets_divide_by_the_whole_target(asked, monkeypatch, tmp_path):
    monkeypatch.setenv("TAFENG", "~/somewhere")
    last, tafeng = ranking.last_day(), ranking.tafeng()
    assert [(work, targets) for work, _, targets in asked] == [
        (evaluated, "last day"),
        (key_sets_evaluated, [Path.home() / "somewhere"]),
    ]
    for rows in (last, tafeng):
        assert rows[1]["figure"].startswith("ndcg_untruncated@10")
        assert rows[1]["value"] == 0.25
    assert [row["reach"] for row in last[:3]] == ["≥ 0.205", "≥ 0.192", "≥ 0.62"]
    assert [row["reach"] for row in tafeng[:3]] == ["≥ 0.166", "≥ 0.146", "≥ 0.485"]


def test_everything_at_once_evaluates_december_once(asked, monkeypatch):
    monkeypatch.setenv("TAFENG", "somewhere")
    rows = ranking.rows()
    assert len(asked) == 7
    took = {row["figure"]: row["value"] for row in rows}
    assert took["whole evaluation, Complete Journey, cut at 2017-12-01"] == 5, "the fifth cut is December's"
    alone = [*ranking.december(), *ranking.cuts(), *ranking.last_day(), *ranking.tafeng()]
    assert figures(rows) == [*figures(alone), "how fast"]


def test_without_a_folder_ta_feng_is_told_to_be_left_out(asked, capsys):
    rows = ranking.rows()
    assert len(asked) == 6
    assert rows[-2]["figure"].startswith("Ta-Feng is left out: TAFENG names no folder")
    assert (rows[-2]["value"], rows[-2]["met"]) == (0, True)
    assert "Ta-Feng is left out" in capsys.readouterr().err


def test_asked_for_by_name_it_is_refused_in_a_line(asked, monkeypatch, capsys):
    with pytest.raises(SystemExit) as left:
        ranking.tafeng()
    assert left.value.code == 2
    assert "make bench-ranking-tafeng TAFENG=folder" in capsys.readouterr().err
    monkeypatch.undo()
    monkeypatch.setenv("TAFENG", "/nowhere/at/all")
    with pytest.raises(SystemExit) as lacking:
        ranking.tafeng()
    assert lacking.value.code == 2
    assert capsys.readouterr().err.startswith("/nowhere/at/all: does not hold Ta-Feng's files")


def test_every_part_of_the_bench_is_a_function_of_no_arguments():
    for place in command.PARTS.values():
        module, function = place.split(":")
        assert callable(getattr(importlib.import_module(module), function))
    assert "ranking" in command.WHOLE
    assert "ranking-cuts" not in command.WHOLE


def test_the_command_runs_a_part_by_name_and_says_when_it_falls_short(asked, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(command, "RESULTS", tmp_path)
    assert command.main(["ranking-lastday"]) == 1, "three users do not reach .205"
    assert (tmp_path / "ranking-lastday.json").exists()
    assert command.main(["ranking-nothing"]) == 2
    assert "no such bench part: ranking-nothing; there are: river" in capsys.readouterr().err
