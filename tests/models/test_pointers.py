"""A file of versions says versions, or what is wrong with it, where, and what to do."""

import os
import threading

import pytest

from models.artifact import ArtifactError
from models.pointers import MOST_LINES, locked, read_lines, replace_lines

A, B = "0" * 16, "f" * 16


def test_what_was_written_is_read_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "HISTORY"
    assert read_lines(path) is None
    for lines in ([A, B], [B], [], [A] * MOST_LINES):
        replace_lines(path, lines)
        assert read_lines(path) == lines
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("text", [A[1:], A + "0", A.upper() + "X", f"{A}\n\n{B}", "../x", f"{A}\n" * (MOST_LINES + 1)])
def test_anything_else_is_refused_by_name_with_a_remedy(tmp_path, text):
    (tmp_path / "CURRENT").write_text(text)
    with pytest.raises(ArtifactError, match=r"CURRENT: holds something other .* promote a version again"):
        read_lines(tmp_path / "CURRENT")


def test_what_cannot_be_read_or_written_says_so(tmp_path):
    (tmp_path / "CURRENT").write_bytes(b"\xff")
    (tmp_path / "HISTORY").mkdir()
    for path in (tmp_path / "CURRENT", tmp_path / "HISTORY"):
        with pytest.raises(ArtifactError, match="unreadable: promote a version again"):
            read_lines(path)
    with pytest.raises(ArtifactError, match="free the disk or fix its rights"):
        replace_lines(tmp_path / "HISTORY", [A])
    with pytest.raises(ArtifactError, match="none: cannot write"), locked(tmp_path / "none"):
        pass


def test_the_lock_is_one_holders(tmp_path):
    order, inside = [], threading.Event()

    def second():
        inside.wait(10)
        with locked(tmp_path):
            order.append("second")

    other = threading.Thread(target=second)
    other.start()
    with locked(tmp_path):
        inside.set()
        other.join(0.2)
        order.append("first")
    other.join()
    assert order == ["first", "second"]
    assert os.listdir(tmp_path) == [".lock"]
