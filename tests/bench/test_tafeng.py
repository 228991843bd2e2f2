"""Ta-Feng's files in both layouts, what is known and what is asked, and a line for a folder that lacks them."""

import json

import polars as pl
import pytest

from bench.tafeng import KEY_SETS, read, write_files
from training.errors import TrainingError

BASKETS = {"7": [[1, 2], [1], [3, 1]], "8": [[2], [2, 4]], "9": [[5], [5]]}
TESTED = [["7"], ["8", "9"], ["9"], ["7", "8"], []]


def as_published(folder):
    (folder / "tafeng_merged.json").write_text(json.dumps(BASKETS))
    for number, users in enumerate(TESTED):
        (folder / f"tafeng_keyset_{number}.json").write_text(json.dumps({"train": ["1"], "test": users}))
    return folder


def as_table(folder):
    rows = [
        (int(user), number, product, number == len(baskets) - 1)
        for user, baskets in BASKETS.items()
        for number, basket in enumerate(baskets)
        for product in basket
    ]
    table = pl.DataFrame(rows, schema=["user_id", "basket_idx", "item_id", "is_target"], orient="row")
    table.write_parquet(folder / "baskets.parquet")
    for number, users in enumerate(TESTED):
        (folder / f"keyset_{number}.json").write_text(json.dumps({"test": users}))
    return folder


@pytest.mark.parametrize("layout", [as_published, as_table])
def test_all_but_the_last_baskets_are_known_and_test_users_are_asked(tmp_path, layout):
    events, key_sets = read(layout(tmp_path))
    assert sorted(events.rows()) == [("7", "1", 0), ("7", "1", 1), ("7", "2", 0), ("8", "2", 0), ("9", "5", 0)]
    assert [targets.rows() for targets in key_sets] == [
        [("7", "1"), ("7", "3")],
        [("8", "2"), ("8", "4"), ("9", "5")],
        [("9", "5")],
        [("7", "1"), ("7", "3"), ("8", "2"), ("8", "4")],
        [],
    ]


def test_files_for_the_command(tmp_path):
    from training.baskets import read_events_file

    known, targets = write_files(as_published(tmp_path), tmp_path / "deep" / "out")
    assert [path.name for path in targets] == [f"targets_{number}.parquet" for number in range(KEY_SETS)]
    rows, skipped = read_events_file(known)
    assert (len(rows), skipped) == (5, 0)
    assert rows["occurred_at"].max() - rows["occurred_at"].min() == pl.select(pl.duration(days=1)).item()
    assert pl.read_parquet(targets[2]).rows() == [("9", "5")]


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: (folder / "tafeng_merged.json").unlink(),
        lambda folder: (folder / "tafeng_merged.json").write_text("[1, 2"),
        lambda folder: (folder / "tafeng_merged.json").write_text("[1, 2]"),
        lambda folder: (folder / "tafeng_keyset_3.json").unlink(),
        lambda folder: (folder / "tafeng_keyset_3.json").write_text("{}"),
        lambda folder: (folder / "baskets.parquet").write_bytes(b"no parquet"),
        lambda folder: pl.DataFrame({"user_id": [1]}).write_parquet(folder / "baskets.parquet"),
    ],
)
def test_a_folder_without_whole_files_says_where_to_look(tmp_path, harm):
    harm(as_published(tmp_path))
    with pytest.raises(
        TrainingError, match=r"does not hold Ta-Feng's files \(.+\); bench/tafeng.py says which"
    ) as told:
        read(tmp_path)
    assert "\n" not in str(told.value)
