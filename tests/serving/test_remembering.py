import logging
from datetime import UTC, datetime, timedelta

import pytest

from embedded.filled import WHOLE, Filled
from models.history import History
from serving.last_known import LastKnown
from serving.online_port import Past
from serving.remembering import Remembering, Told

LOST = Filled(False, True)
NOBODY = Past(History.empty(), None)


def past(n_visits):
    return Past(History.of(["tea"], [1.0], [1.0], [n_visits], [1], n_visits), datetime(2026, 3, 1, tzinfo=UTC))


@pytest.fixture
def memory():
    return Remembering(LastKnown(lambda: 0.0))


def test_a_row_that_stands_is_told_and_remembered(memory):
    row = past(3)
    assert memory.settled("ann", row, WHOLE) == Told(row, False)
    told, is_last_known = memory.settled("ann", None, WHOLE)
    assert (told.history.n_visits, is_last_known) == (3, True)
    assert memory.settled("bob", None, WHOLE) == (None, False)
    assert memory.settled("new", NOBODY, WHOLE) == (NOBODY, False)


@pytest.mark.parametrize(
    ("kept", "stands", "n_visits"),
    [(33, None, 33), (33, 1, 33), (33, 33, 33), (33, 34, 34), (None, 1, 1), (None, None, None)],
)
def test_in_an_emptied_store_the_longer_of_row_and_memory_counts_and_nothing_is_overwritten(
    memory, kept, stands, n_visits
):
    if kept:
        memory.settled("ann", past(kept), WHOLE)
    for _ in range(2):
        told = memory.settled("ann", past(stands) if stands else NOBODY, LOST)
        assert (told.past and told.past.history.n_visits, told.is_last_known) == (n_visits, n_visits is not None)
    if stands == kept and kept:
        assert memory.settled("ann", row := past(stands), LOST).past is row, "of two as long, what was read"
    again = memory.settled("ann", None, WHOLE)
    assert (again.past and again.past.history.n_visits) == kept


def test_an_emptied_store_is_a_line_at_each_end_whoever_is_read(memory, caplog):
    caplog.set_level(logging.WARNING, "daypart.serving")
    for user in ("ann", "bob", "cat"):
        memory.settled(user, past(3), WHOLE)
    for has_histories in (True, False, False, True, True):
        memory.stands(has_histories)
        for user, read in (("ann", NOBODY), ("bob", past(1)), ("cat", NOBODY)):
            memory.settled(user, read if not has_histories else past(3), Filled(has_histories, True))
    assert [record.message.split(":")[0] for record in caplog.records] == [
        "online store was emptied",
        "online store has everybody's history again",
    ]


def test_of_a_whole_store_the_later_moment_is_told_and_remembered(memory):
    row, day = past(3), timedelta(days=1)
    for at, as_of in ((None, row.as_of), (row.as_of - day, row.as_of), (row.as_of, row.as_of), (row.as_of + day,) * 2):
        stands = Filled(True, True, at, None)
        assert memory.settled("ann", row, stands) == Told(Past(row.history, as_of), False)
        assert memory.settled("ann", None, stands) == Told(Past(row.history, as_of), True)
        assert memory.settled("bob", row, Filled(False, True, at)).past is row, "nobody knows what an emptied one lacks"
        assert memory.settled("new", NOBODY, stands) == Told(NOBODY, False)


def test_one_row_gone_from_a_whole_store_is_a_line_at_each_end_of_it(memory, caplog):
    caplog.set_level(logging.WARNING, "daypart.serving")
    for user in ("ann", "bob"):
        memory.settled(user, past(3), WHOLE)
    for _ in range(3):
        assert memory.settled("ann", NOBODY, WHOLE).is_last_known
        assert memory.settled("bob", NOBODY, WHOLE).is_last_known
        memory.settled("bob", past(3), WHOLE)
    assert len(caplog.records) == 1, "the second row that is gone is no second line, nor its return the end"
    memory.settled("ann", past(4), WHOLE)
    assert len(caplog.records) == 2
