"""A disk that fills in the middle of a row leaves the rows before it, and the next ones come in whole."""

import errno
from io import FileIO
from pathlib import Path

import pytest

from serving.whole_rows import append, cut_torn

HEADER = "user_id,n\n"


class Filling(FileIO):
    """A disk with `left` bytes on it; it takes what it has room for, a few bytes at a time."""

    left = 0

    def write(self, data):
        if not Filling.left:
            raise OSError(errno.ENOSPC, "no space left on device")
        n = super().write(bytes(data[: min(Filling.left, 5)]))
        Filling.left -= n
        return n


@pytest.fixture
def disk(monkeypatch):
    real = Path.open

    def opened(path, mode="r", buffering=-1, **more):
        return real(path, mode, buffering, **more) if buffering else Filling(path, mode)

    monkeypatch.setattr(Path, "open", opened)
    return Filling


def test_the_header_stands_once_above_all_rows(tmp_path):
    append(tmp_path / "f.csv", HEADER, 'ann,1\n"a,b",\n')
    append(tmp_path / "f.csv", HEADER, "zoë,3\n")
    assert (tmp_path / "f.csv").read_text("utf-8") == 'user_id,n\nann,1\n"a,b",\nzoë,3\n'


@pytest.mark.parametrize("room", [0, 3, 10, 15])
def test_a_disk_that_fills_at_first_leaves_nothing_and_the_header_comes_with_the_next(tmp_path, disk, room):
    file = tmp_path / "f.csv"
    disk.left = room
    with pytest.raises(OSError, match="no space"):
        append(file, HEADER, "ann,1\nbob,2\n")
    assert file.read_bytes() == b""
    disk.left = 1000
    append(file, HEADER, "eve,3\n")
    assert file.read_text() == "user_id,n\neve,3\n"


@pytest.mark.parametrize("room", [1, 6, 9])
def test_a_disk_that_fills_later_leaves_what_stood(tmp_path, disk, room):
    file = tmp_path / "f.csv"
    file.write_text("user_id,n\nann,1\n")
    disk.left = room
    with pytest.raises(OSError, match="no space"):
        append(file, HEADER, "bob,2\ncat,3\n")
    assert file.read_text() == "user_id,n\nann,1\n"


@pytest.mark.parametrize(("held", "left"), [("", ""), ("us", ""), ("a\nb\n", "a\nb\n"), ("a\nb", "a\n")])
def test_a_torn_row_goes(tmp_path, held, left):
    (tmp_path / "f.csv").write_text(held)
    cut_torn(tmp_path / "f.csv")
    assert (tmp_path / "f.csv").read_text() == left
