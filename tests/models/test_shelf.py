from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from models import shelf
from models.artifact import ArtifactError, write_artifact
from tests.models.checkerboard import manifest


def put(folder, number, name="ranker"):
    return write_artifact(folder, name, {"a": np.full(3, number)}, manifest()).version


@pytest.fixture
def three(tmp_path):
    """Three versions in the order of writing, whatever the clock's grain."""
    names = [put(tmp_path, number) for number in range(3)]
    for age, version in enumerate(names):
        os.utime(tmp_path / "ranker" / version / "manifest.json", (1000 + age, 1000 + age))
    return names


def test_an_empty_shelf(tmp_path):
    assert shelf.versions(tmp_path, "ranker") == []
    assert shelf.current(tmp_path, "ranker") is None
    assert shelf.previous(tmp_path, "ranker") is None
    with pytest.raises(ArtifactError, match="no ranker has been promoted: train and promote first"):
        shelf.load_current(tmp_path, "ranker")


def test_versions_come_oldest_first_and_only_whole_ones(tmp_path, three):
    (tmp_path / "ranker" / ".writing-1").mkdir()
    (tmp_path / "ranker" / ("0" * 16)).mkdir()
    assert shelf.versions(tmp_path, "ranker") == three


def test_pointing_makes_current(tmp_path, three):
    shelf.point(tmp_path, "ranker", three[1])
    assert shelf.current(tmp_path, "ranker") == three[1]
    assert shelf.load_current(tmp_path, "ranker").version == three[1]
    assert (tmp_path / "ranker" / "CURRENT").read_text() == three[1] + "\n"


def test_rollback_goes_back_step_by_step_and_forward_again(tmp_path, three):
    a, b, c = three
    for version in three:
        shelf.point(tmp_path, "ranker", version)
    walked = []
    while (before := shelf.previous(tmp_path, "ranker")) is not None:
        shelf.point(tmp_path, "ranker", before)
        walked.append(before)
    assert walked == [b, a]
    shelf.point(tmp_path, "ranker", c)
    assert shelf.previous(tmp_path, "ranker") == a


def test_promoting_what_was_current_long_ago_does_not_loop(tmp_path, three):
    a, b, c = three
    for version in (a, b, c, a):
        shelf.point(tmp_path, "ranker", version)
    assert shelf.previous(tmp_path, "ranker") == c
    shelf.point(tmp_path, "ranker", c)
    assert shelf.previous(tmp_path, "ranker") == b
    shelf.point(tmp_path, "ranker", b)
    assert shelf.previous(tmp_path, "ranker") is None


def test_pointing_twice_at_the_same_changes_nothing(tmp_path, three):
    for version in (three[0], three[1], three[1]):
        shelf.point(tmp_path, "ranker", version)
    assert shelf.previous(tmp_path, "ranker") == three[0]


def test_what_may_serve_in_place_of_the_current_was_promoted_and_not_withdrawn(tmp_path, three):
    a, b, c = three
    assert shelf.published(tmp_path, "ranker") == []
    for version in three:
        shelf.point(tmp_path, "ranker", version)
    candidate = put(tmp_path, 9)
    assert shelf.published(tmp_path, "ranker") == [b, a]
    current = tmp_path / "ranker" / "CURRENT"
    for spoil in (lambda: current.write_text("half a li"), lambda: current.write_text(""), current.unlink):
        spoil()
        assert shelf.published(tmp_path, "ranker") == [c, b, a]
    # Pointed at by hand, as where folders are copied.
    current.write_text(f"{candidate}\n")
    assert shelf.published(tmp_path, "ranker") == [c, b, a]
    current.write_text(f"{c}\n")
    shelf.point(tmp_path, "ranker", b)
    assert (tmp_path / "ranker" / "HISTORY").read_text().split() == [a, b]
    current.unlink()
    assert shelf.published(tmp_path, "ranker") == [b, a], "what was rolled back stays withdrawn"


def test_a_rollback_that_breaks_off_is_done(tmp_path, three, monkeypatch):
    a, b, _ = three
    for version in (a, b):
        shelf.point(tmp_path, "ranker", version)
    replaced = []
    monkeypatch.setattr(shelf, "replace_lines", lambda path, lines: replaced.append((path.name, lines)))
    shelf.point(tmp_path, "ranker", a)
    assert replaced == [("CURRENT", [a]), ("HISTORY", [a])]


def test_a_damaged_history_says_what_to_do(tmp_path, three):
    shelf.point(tmp_path, "ranker", three[0])
    (tmp_path / "ranker" / "HISTORY").write_text("x")
    with pytest.raises(ArtifactError, match="HISTORY"):
        shelf.published(tmp_path, "ranker")


def test_a_deleted_version_is_passed_over(tmp_path, three):
    for version in three:
        shelf.point(tmp_path, "ranker", version)
    shutil.rmtree(tmp_path / "ranker" / three[1])
    assert shelf.previous(tmp_path, "ranker") == three[0]


def test_history_is_bounded(tmp_path, monkeypatch, three):
    monkeypatch.setattr(shelf, "HISTORY_LIMIT", 2)
    for version in three:
        shelf.point(tmp_path, "ranker", version)
    assert (tmp_path / "ranker" / "HISTORY").read_text().split() == three[1:]
    assert shelf.previous(tmp_path, "ranker") == three[1]


def test_a_damaged_version_is_never_pointed_at(tmp_path, three):
    shelf.point(tmp_path, "ranker", three[0])
    (tmp_path / "ranker" / three[1] / "a.npy").write_bytes(b"")
    with pytest.raises(ArtifactError, match=r"a\.npy"):
        shelf.point(tmp_path, "ranker", three[1])
    assert shelf.current(tmp_path, "ranker") == three[0]


@pytest.mark.parametrize("version", ["..", "../../etc", "", "CURRENT", "0" * 15, "0" * 17, "G" * 16, "0" * 16 + "\n"])
def test_a_version_that_is_not_one_never_becomes_a_path(tmp_path, three, version):
    with pytest.raises(ArtifactError, match="is not 16 hex digits: `daypart models`"):
        shelf.point(tmp_path, "ranker", version)


def test_a_version_that_is_not_there(tmp_path, three):
    with pytest.raises(ArtifactError, match="no such version: `daypart models` lists"):
        shelf.load(tmp_path, "ranker", "0" * 16)


@pytest.mark.parametrize("name", ["../ranker", "", "Ranker", "a/b"])
def test_a_name_never_becomes_a_path(tmp_path, name):
    for call in (shelf.versions, shelf.current, shelf.previous, shelf.published, shelf.load_current):
        with pytest.raises(ArtifactError, match="artifact name"):
            call(tmp_path, name)


def test_a_borrowed_name_is_refused(tmp_path, three):
    other = put(tmp_path, 1, "other")
    shutil.copytree(tmp_path / "other" / other, tmp_path / "ranker" / other)
    with pytest.raises(ArtifactError, match=f"holds other {other}: put the folder back"):
        shelf.load(tmp_path, "ranker", other)


@pytest.mark.parametrize("text", ["", "../../x\n", "0" * 16 + "\n" + "1" * 16 + "\n", "é"])
def test_a_damaged_current_says_what_to_do_and_promotion_mends_it(tmp_path, three, text):
    shelf.point(tmp_path, "ranker", three[0])
    (tmp_path / "ranker" / "CURRENT").write_text(text)
    with pytest.raises(ArtifactError, match="promote a version again"):
        shelf.load_current(tmp_path, "ranker")
    shelf.point(tmp_path, "ranker", three[1])
    assert shelf.current(tmp_path, "ranker") == three[1]


@pytest.mark.parametrize("lines", [["x"], ["0" * 16, "x"], ["0" * 16] * (shelf.HISTORY_LIMIT + 1)])
def test_a_damaged_history_is_told(tmp_path, three, lines):
    shelf.point(tmp_path, "ranker", three[0])
    (tmp_path / "ranker" / "HISTORY").write_text("".join(f"{line}\n" for line in lines))
    with pytest.raises(ArtifactError, match=r"HISTORY: holds something other than versions: delete it"):
        shelf.previous(tmp_path, "ranker")


def test_what_serves_without_a_history_is_gone_back_to(tmp_path, three):
    shelf.point(tmp_path, "ranker", three[0])
    (tmp_path / "ranker" / "HISTORY").unlink()
    shelf.point(tmp_path, "ranker", three[1])
    assert shelf.previous(tmp_path, "ranker") == three[0]


def test_current_is_replaced_and_never_edited(tmp_path, three):
    shelf.point(tmp_path, "ranker", three[0])
    held = (tmp_path / "ranker" / "CURRENT").open()
    shelf.point(tmp_path, "ranker", three[1])
    assert held.read() == three[0] + "\n"
    held.close()
    assert {path.name for path in (tmp_path / "ranker").iterdir()} == {"CURRENT", "HISTORY", ".lock", *three}


def test_promotions_at_once_lose_no_line_of_history(tmp_path, three):
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda version: shelf.point(tmp_path, "ranker", version), three))
    lines = (tmp_path / "ranker" / "HISTORY").read_text().split()
    assert sorted(lines) == sorted(three)
    assert shelf.current(tmp_path, "ranker") == lines[-1]
