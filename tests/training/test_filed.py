import hashlib
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from training.erasing import erase
from training.filed import forget, write_filed
from training.lake import append_events
from training.parts import DataError
from training.retention import unname

AT = datetime(2026, 3, 2, 13, tzinfo=UTC)


def bought(*names, user="ann", at=AT):
    rows = [{"event_id": name, "event_type": "purchase", "user_id": user, "product_id": "tea"} for name in names]
    return pl.DataFrame(rows).with_columns(occurred_at=pl.lit(at))


def held(lake):
    (file,) = lake.glob("event_ids-*.npy")
    return file.name, np.load(file)


def test_a_batch_more_is_added_and_nothing_is_done_twice(tmp_path):
    assert write_filed(tmp_path) == 0
    append_events(tmp_path, bought("b", "a", "c"))
    assert (write_filed(tmp_path), write_filed(tmp_path)) == (3, 0)
    append_events(tmp_path, bought("d", at=AT + timedelta(days=1)))
    append_events(tmp_path, bought("e"))
    assert write_filed(tmp_path) == 2
    name, every = held(tmp_path)
    assert (name, every.dtype, every.shape) == ("event_ids-000003.npy", np.int64, (2, 5))
    assert (np.diff(every[0]) > 0).all()
    # d alone says another day.
    assert len(set(every[1].tolist())) == 2


def test_added_is_what_a_new_one_would_be_and_that_of_another_lake_counts_for_nothing(tmp_path):
    append_events(tmp_path, bought("a", "b"))
    write_filed(tmp_path)
    append_events(tmp_path, bought("c", user="bob"))
    write_filed(tmp_path)
    name, added = held(tmp_path)
    (tmp_path / name).rename(tmp_path / "event_ids-000009.npy")
    assert write_filed(tmp_path) == 3
    assert held(tmp_path)[0] == name
    np.testing.assert_array_equal(held(tmp_path)[1], added)


@pytest.mark.parametrize("gone", [["a"], ["b", "c"], ["a", "b", "c", "d"], ["d", "none"]])
def test_of_who_was_erased_nothing_is_left_and_it_can_be_done_again(tmp_path, gone):
    append_events(tmp_path, pl.concat([bought("a", "b", "c", "d", "e")]))
    write_filed(tmp_path)
    before = held(tmp_path)[1]
    for _ in range(2):
        forget(tmp_path, gone, is_gone=True)
    after = held(tmp_path)[1]
    assert (np.diff(after[0]) >= 0).all()
    left = set(before[0].tolist()) & set(after[0].tolist())
    assert len(left) == 5 - len(set(gone) & set("abcd"))
    first = np.searchsorted(after[0], sorted(left))
    assert (after[1, first] != -1).all()


def test_who_was_erased_after_a_neighbour_leaves_nothing_in_their_place(tmp_path):
    append_events(tmp_path, bought("a", "b", "c", "d"))
    write_filed(tmp_path)
    number = {name: int(hashlib.md5(name.encode()).hexdigest()[:15], 16) for name in "abcd"}
    gone = list[int]()
    # Each stands where the one erased before it stood, too.
    for name in sorted("abcd", key=lambda name: -number[name]):
        forget(tmp_path, [name], is_gone=True)
        gone.append(number[name])
        assert not set(gone) & set(held(tmp_path)[1][0].tolist())


def test_erasing_and_unnaming_tell_it(tmp_path):
    append_events(tmp_path, pl.concat([bought("a"), bought("b", user="bob")]))
    write_filed(tmp_path)
    key = dict(zip("ab", _keys(tmp_path), strict=True))
    erase(tmp_path, ["ann"])
    assert key["a"] not in held(tmp_path)[1][0]
    unname(tmp_path, AT + timedelta(days=2))
    _, every = held(tmp_path)
    assert every[1, np.searchsorted(every[0], key["b"])] == -1


def _keys(lake):
    keys = [int(hashlib.md5(name.encode()).hexdigest()[:15], 16) for name in "ab"]
    assert set(keys) == set(held(lake)[1][0].tolist())
    return keys


def test_a_lake_that_lacks_a_part_is_not_filed(tmp_path):
    append_events(tmp_path, bought("a"))
    next((tmp_path / "events").glob("day=*/part-*.parquet")).unlink()
    with pytest.raises(DataError, match="has 0 of its 1 parts"):
        write_filed(tmp_path)
