"""The whole of the offers' yardsticks: its pieces in order, and what stands where no folder is given."""

import pytest

from bench import offers, offers_repeat
from bench.__main__ import PARTS
from bench.results import row

PIECES = ["when", "repeat", "uplift", "plan", "policy", "lift", "due"]


@pytest.fixture
def ran(monkeypatch):
    """Pieces that leave a row with their name, and the order in which they were run."""
    order = []

    def piece(name):
        def rows():
            order.append(name)
            return [row(name, 1.0, "")]

        return rows

    for name in PIECES:
        monkeypatch.setattr(getattr(offers, f"offers_{name}"), "rows", piece(name))
    monkeypatch.delenv("CDNOW", raising=False)
    monkeypatch.delenv("HILLSTROM", raising=False)
    return order


def test_every_piece_is_part_of_the_whole():
    own = {target for name, target in PARTS.items() if name.startswith("offers-")}
    assert own == {f"bench.offers_{name}:rows" for name in PIECES}
    assert PARTS["offers"] == "bench.offers:rows"


def test_with_both_folders_all_is_run(ran, monkeypatch):
    monkeypatch.setenv("CDNOW", "there")
    monkeypatch.setenv("HILLSTROM", "there")
    assert [one["figure"] for one in offers.rows()] == PIECES
    # What may be refused for want of files goes first.
    assert ran[:2] == ["repeat", "uplift"]


def test_what_has_no_folder_is_told_to_be_left_out(ran, capsys):
    shown = [one["figure"] for one in offers.rows()]
    assert ran == [name for name in PIECES if name not in ("repeat", "uplift")]
    assert shown[1] == "repeat purchases left out: CDNOW names no folder (bench/cdnow.py says what it holds)"
    assert shown[2].startswith("uplift of a mailing left out: HILLSTROM names no folder")
    assert "make bench-offers HILLSTROM=folder" in capsys.readouterr().err
    assert all(one["met"] for one in offers.rows())


def test_a_folder_that_lacks_its_files_ends_the_run(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("CDNOW", str(tmp_path))
    with pytest.raises(SystemExit):
        offers.given("CDNOW", offers_repeat.rows, "repeat purchases", "bench/cdnow.py")
    assert "does not hold CDNOW's files" in capsys.readouterr().err
