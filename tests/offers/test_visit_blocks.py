from datetime import UTC, datetime

import numpy as np
import pytest

from models.vocabulary import Vocabulary
from offers.errors import PlanError
from offers.snapshots import newest
from offers.visit_blocks import FILE, visit_blocks
from tests.models import when_world
from tests.models.when_world import TODAY
from tests.offers.visit_file import NAMES, four, row, write

AT = datetime(2017, 11, 29, 23, tzinfo=UTC)
STORES = Vocabulary.from_arrays(*Vocabulary.encode(["s0", "s1"], "x").values(), "x")


def only(features, stores=STORES):
    (block,) = visit_blocks(features, newest(features / FILE, "user_id", AT), stores)
    return block


def test_a_block_is_the_rows_of_the_file(tmp_path):
    block, known = only(write(tmp_path, four(AT))), when_world.visits()
    assert block.user_ids == NAMES
    assert set(block.at_us.tolist()) == {int(AT.timestamp() * 1e6)}
    back = block.before(np.arange(4), TODAY)
    for name in ("indptr", "day", "hour", "store", "n_visits", "first_day"):
        np.testing.assert_array_equal(getattr(back, name), getattr(known, name))


def test_a_store_the_model_never_saw_is_none(tmp_path):
    features = write(tmp_path, [row("ann", AT, [(1, 8, "s1"), (2, 8, "new"), (3, 8, ""), (4, 8, None)])])
    assert only(features).store.tolist() == [1, -1, -1, -1]


@pytest.mark.parametrize(("day", "left"), [(2, [0, 1]), (3, [1, 2]), (5, [3, 3]), (4, [2, 3]), (9, [3, 4])])
def test_visits_from_a_day_on_are_as_if_never_made(tmp_path, day, left):
    rows = [row("ann", AT, [(2, 8, "s0"), (3, 8, "s0"), (4, 8, "s0")]), row("bob", AT, []),
            row("eve", AT, [(1, 9, "s1"), (2, 10, "s1"), (3, 11, "s1"), (7, 12, "s1")], n_visits=6)]  # fmt: skip
    block = only(write(tmp_path, rows))
    visits = block.before(np.array([0, 2]), day)
    assert visits.held.tolist() == left
    assert visits.n_visits.tolist() == [left[0], left[1] + 2]
    assert visits.hour[visits.owner == 1].tolist() == [9, 10, 11, 12][: left[1]]
    assert len(block.before(np.array([1]), day).day) == 0


def test_many_rows_come_in_blocks_and_none_twice(tmp_path, monkeypatch):
    monkeypatch.setattr("offers.visit_blocks.BLOCK", 3)
    features = write(tmp_path, [*four(AT), *four(AT)])
    blocks = list(visit_blocks(features, newest(features / FILE, "user_id", AT), STORES))
    assert [block.user_ids for block in blocks] == [NAMES[:3], NAMES[3:]]


@pytest.mark.parametrize("change", [{"hour": [8]}, {"store_ids": None}, {"day": [1, 2, 3]}])
def test_lists_that_do_not_fit_are_refused(tmp_path, change):
    features = write(tmp_path, [row("ann", AT, [(1, 8, "s0"), (2, 8, "s0")]) | change])
    with pytest.raises(PlanError, match=r"user_visits.parquet: lists of one user differ in length; run daypart"):
        only(features)
