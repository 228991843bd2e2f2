"""The third candidate of `daypart train`: enough answers or a note that says how many; classes found again."""

from datetime import UTC, datetime, timedelta

import pytest

from models import shelf
from models.response_model import in_use, read_response
from tests.training.answered import answers, seen
from training import response_train
from training.answers import write_answers
from training.response_train import LEAST_ANSWERS, train_response

END = datetime(2026, 1, 1, tzinfo=UTC)


def trained(folder, rows, end=END):
    write_answers(folder / "lake", [rows.drop("seen")])
    return train_response(folder / "shelf", folder / "lake", seen(rows), end)


def test_a_lake_without_answers_is_told_and_is_no_failure(tmp_path):
    version, (told,) = train_response(tmp_path / "shelf", tmp_path / "lake", seen(answers(1, 1)), END)
    assert version is None
    assert told.startswith(f"what a discount does was not learned: 0 answered offers, {LEAST_ANSWERS} are needed")
    assert shelf.versions(tmp_path / "shelf", "response") == []


@pytest.mark.parametrize(("n", "enough"), [(LEAST_ANSWERS - 1, False), (LEAST_ANSWERS, True)])
def test_both_sides_of_enough(tmp_path, n, enough):
    version, told = trained(tmp_path, answers(40, 6).head(n))
    assert (version is not None) == enough
    assert enough == (not told)
    assert enough or f"{n} answered offers" in told[0]


def test_the_classes_are_found_again(tmp_path):
    version, told = trained(tmp_path, answers(300, 8))
    assert told == ()
    artifact = shelf.load(tmp_path / "shelf", "response", version)
    found = read_response(artifact)
    assert abs(found.classes.weight[found.classes.height > 0].sum() - 1 / 3) < 0.1
    assert len(set(found.part_of_hour.tolist())) == 5
    assert artifact.manifest["trained_through"] == END.isoformat()
    assert artifact.manifest["metrics"]["n_answers"] == 2400
    assert artifact.manifest["metrics"]["n_users"] == 300
    assert artifact.manifest["metrics"]["inner"]["n_answers"] == 600
    assert in_use(tmp_path / "shelf") is None, "training promotes nothing"
    assert trained(tmp_path, answers(300, 8))[0] == version, "the same answers make the same bytes"


def test_what_was_answered_at_the_end_or_later_teaches_nothing(tmp_path):
    rows, end = answers(60, 8), datetime(2025, 9, 6, tzinfo=UTC)
    version, _ = trained(tmp_path / "a", rows, end)
    past = rows.filter(rows["answered_at"] < end)
    assert trained(tmp_path / "b", past, end)[0] == version
    assert shelf.load(tmp_path / "a" / "shelf", "response", version).manifest["metrics"]["n_answers"] == 240
    later = trained(tmp_path / "a", rows, end + timedelta(microseconds=1))[0]
    assert shelf.load(tmp_path / "a" / "shelf", "response", later).manifest["metrics"]["n_answers"] == 300


def test_all_answers_of_one_moment_are_told(tmp_path):
    version, told = trained(tmp_path, answers(250, 1))
    assert told == ("what a discount does: all answers were given at one moment, so none could be held out",)
    assert shelf.load(tmp_path / "shelf", "response", version).manifest["metrics"]["inner"] == {}


def test_of_very_many_the_newest_are_learned_from(tmp_path, monkeypatch):
    monkeypatch.setattr(response_train, "MOST_ANSWERS", 300)
    rows = answers(60, 8)
    version, (told,) = trained(tmp_path, rows)
    assert told == "what a discount does: the newest 300 of 480 answers are learned from"
    metrics = shelf.load(tmp_path / "shelf", "response", version).manifest["metrics"]
    assert (metrics["n_answers"], metrics["n_users"]) == (300, 60)
    assert metrics["inner"]["since"] == rows["answered_at"].max().isoformat(), "60 of the last day, a fifth"


def test_what_is_in_use_stands_beside_the_next(tmp_path):
    first, _ = trained(tmp_path, answers(100, 6))
    shelf.point(tmp_path / "shelf", "response", first)
    second, _ = trained(tmp_path, answers(100, 8))
    assert shelf.load(tmp_path / "shelf", "response", second).manifest["metrics"]["inner"]["in_use"] == first


def test_a_damaged_one_in_use_is_told_and_not_compared(tmp_path):
    first, _ = trained(tmp_path, answers(100, 6))
    shelf.point(tmp_path / "shelf", "response", first)
    (tmp_path / "shelf" / "response" / first / "weight.npy").write_bytes(b"")
    second, (told,) = trained(tmp_path, answers(100, 8))
    assert told.startswith("what a discount does: what is in use is damaged and isn't compared (")
    assert "in_use" not in shelf.load(tmp_path / "shelf", "response", second).manifest["metrics"]["inner"]
    again, _ = trained(tmp_path, answers(100, 6))
    assert again == first, "the same answers heal it"
    assert in_use(tmp_path / "shelf").version == first
