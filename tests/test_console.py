import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

import console
from settings import SettingsError


@dataclass(frozen=True)
class Report:
    when: datetime
    where: Path
    faults: dict[tuple[str, str], int]
    score: float


def test_reports_become_plain_json():
    report = Report(datetime(2026, 1, 2, tzinfo=UTC), Path("x/y"), {("price", "negative"): 2}, float("nan"))
    assert json.loads(console.as_json({"report": report, "n": np.int64(3)})) == {
        "report": {"when": "2026-01-02T00:00:00+00:00", "where": "x/y", "faults": {"price:negative": 2}, "score": None},
        "n": 3,
    }


def test_our_errors_are_told_and_foreign_ones_keep_their_trace():
    assert console.is_ours(SettingsError("x"))
    assert not console.is_ours(ValueError("x"))
    assert not console.is_ours(KeyboardInterrupt())


def test_an_error_is_one_line():
    assert console.plain(SettingsError("port:\n  not a number")) == "port: not a number"


def test_progress_can_be_reported_without_a_terminal():
    with console.progress() as report:
        report("reading", 1, 2)
        report("reading", 2, 2)


def test_a_result_is_shown_to_people_and_to_machines(capsys):
    rows = [{"version": "[a]", "recall": 0.25}, {"version": "b", "recall": None}]
    console.show(rows, as_machine=False)
    assert capsys.readouterr().out.split() == ["version", "recall", "[a]", "0.2500", "b", "–"]
    console.show(rows, as_machine=True)
    assert json.loads(capsys.readouterr().out) == rows
    console.show({"n": 3, "faults": {"a": 1}}, as_machine=False)
    assert capsys.readouterr().out.split() == ["n", "3", "faults", "a", "1"]
