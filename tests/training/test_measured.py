"""Who said no is not measured by; who said nothing, by the default; nobody's lines stay."""

import polars as pl
import pytest

from training.measured import FILE, measured, write_measurement

EVENTS = pl.LazyFrame({"user_id": ["ann", "bob", "cat", None], "n": [1, 2, 3, 4]})


@pytest.mark.parametrize(
    ("words", "default", "kept"),
    [
        ({}, "opt-out", [1, 2, 3, 4]),
        ({}, "opt-in", [4]),
        ({"ann": False, "bob": True}, "opt-out", [2, 3, 4]),
        ({"ann": False, "bob": True}, "opt-in", [2, 4]),
    ],
)
def test_who_is_measured(tmp_path, words, default, kept):
    write_measurement(tmp_path, words)
    assert measured(tmp_path, default, EVENTS).collect()["n"].sort().to_list() == kept
    assert measured(tmp_path, default, EVENTS).collect().columns == ["user_id", "n"]


def test_a_word_taken_back_is_gone_from_the_file(tmp_path):
    write_measurement(tmp_path, {})
    assert not (tmp_path / FILE).exists()
    write_measurement(tmp_path, {"ann": False})
    write_measurement(tmp_path, {})
    assert measured(tmp_path, "opt-out", EVENTS).collect()["n"].to_list() == [1, 2, 3, 4]
