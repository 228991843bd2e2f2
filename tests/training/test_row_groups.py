"""Rows go out of a file, the rest is what it was to whoever reads it, and a row group that held none of them isn't touched."""

import duckdb
import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.parts import DataError
from training.row_groups import OddFile, cut


def frame(n):
    rng = np.random.default_rng(n)
    return pl.DataFrame(
        {
            "user_id": [f"user-{at:04d}" for at in range(n)],
            "n": [None if at % 3 == 0 else at for at in range(n)],
            "products": [[f"p{k}" for k in range(at % 4)] for at in range(n)],
            "weights": pl.Series(rng.random((n, 5)).astype(np.float32), dtype=pl.Array(pl.Float32, 5)).cast(
                pl.List(pl.Float32)
            ),
            "sure": [at % 2 == 0 for at in range(n)],
        }
    )


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "view.parquet"
    frame(20).write_parquet(path, row_group_size=6)
    return path


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_what_is_left_is_what_the_slow_way_leaves(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("cut") / "view.parquet"
    n = data.draw(st.integers(1, 40))
    frame(n).write_parquet(path, row_group_size=data.draw(st.integers(1, 40)))
    places = sorted(data.draw(st.sets(st.integers(0, n - 1))))
    cut(path, places)
    wanted = frame(n).with_row_index("at").filter(~pl.col.at.is_in(places)).drop("at")
    assert pl.read_parquet(path).equals(wanted)
    assert pl.scan_parquet(path).filter(pl.col.user_id == "user-0003").collect()["n"].to_list() == [None] * (
        "user-0003" in wanted["user_id"]
    )
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_every_reader_reads_it(file):
    cut(file, [0, 7, 8])
    wanted = [user for at, user in enumerate(frame(20)["user_id"]) if at not in (0, 7, 8)]
    assert pq.read_table(file)["user_id"].to_pylist() == wanted
    assert pq.read_table(file, filters=[("user_id", "in", ["user-0009", "user-0008"])])["n"].to_pylist() == [None]
    assert [row[0] for row in duckdb.sql(f"select user_id from '{file}'").fetchall()] == wanted
    meta = pq.read_metadata(file)
    assert [meta.row_group(at).num_rows for at in range(meta.num_row_groups)] == [5, 4, 6, 2]
    assert meta.num_rows == 17


def test_of_those_who_went_no_byte_is_left(file):
    assert b"user-0011" in file.read_bytes()
    # The last of their row group, whom its statistics name.
    cut(file, [11])
    assert b"user-0011" not in file.read_bytes()
    assert b"user-0010" in file.read_bytes()


def test_a_group_of_which_all_went_is_gone_and_of_a_file_too(file):
    cut(file, range(6, 12))
    assert pq.read_metadata(file).num_row_groups == 3
    cut(file, range(14))
    assert pl.read_parquet(file).equals(frame(20).clear())


def test_groups_that_hold_none_of_them_go_over_as_they_are(file):
    before = file.read_bytes()
    second = pq.read_metadata(file).row_group(1).column(0).data_page_offset
    cut(file, [0])
    after = pq.read_metadata(file).row_group(1).column(0).data_page_offset
    assert after < second
    assert file.read_bytes()[after : after + 100] == before[second : second + 100]


def test_a_file_of_other_hands_is_told_and_left(tmp_path):
    path = tmp_path / "view.parquet"
    pq.write_table(frame(9).to_arrow(), path, row_group_size=4, write_page_index=True)
    before = path.read_bytes()
    with pytest.raises(OddFile, match="otherwise"):
        cut(path, [5])
    assert path.read_bytes() == before
    path.write_bytes(before[:-20] + b"\xff" * 12 + before[-8:])
    with pytest.raises(OddFile, match="footer"):
        cut(path, [5])
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_what_breaks_off_leaves_the_file_as_it_was(file, monkeypatch):
    before = file.read_bytes()

    def full(*_):
        raise OSError("no space")

    monkeypatch.setattr("training.parts.os.fsync", full)
    with pytest.raises(DataError, match="no space"):
        cut(file, [3])
    assert file.read_bytes() == before
    assert [p.name for p in file.parent.iterdir()] == [file.name]
