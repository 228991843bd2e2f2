from datetime import timedelta

import pytest

from offers import cursor
from offers.answers import CursorError
from offers.columns import micros
from offers.cursor import Place
from tests.offers.desk_world import AT, SEND, TICK

WINDOW = (SEND, AT)


def test_a_place_is_read_as_it_was_written():
    for place in (Place(), Place().begin(7, AT), Place().begin(7, AT).after(SEND, 3), Place().begin(7, AT).end()):
        assert cursor.read(cursor.written(WINDOW, place), WINDOW) == place
    assert cursor.read(None, WINDOW) == Place()


def test_passes_meet_without_gap_or_overlap():
    first = Place().begin(7, AT)
    second = first.end().begin(9, AT + timedelta(hours=1))
    assert (first.low, first.high, second.low, second.high) == (0, 7, 7, 9)
    assert first.until == micros(AT)
    assert second.until == micros(AT + timedelta(hours=1))


@pytest.mark.parametrize("behind", [timedelta(0), timedelta(minutes=1)])
def test_a_clock_that_stands_still_or_runs_behind_makes_no_pass_early(behind):
    first = Place().begin(7, AT)
    handed = micros(first.clock(AT - behind))
    second = first.end().begin(7, AT - behind)
    assert first.until < handed < second.until
    assert second.clock(AT - behind) > cursor.moment_of(second.until)


def test_in_a_pass_the_clock_goes_on():
    assert Place().begin(7, AT).clock(AT + 2 * TICK) == AT + 2 * TICK


@pytest.mark.parametrize("values", [(2**53, 0, 0, 0, 0), (0, 0, 2**60, -1, 0), (0, 0, 0, -2, 0)])
def test_a_forged_place_is_refused(values):
    with pytest.raises(CursorError, match="begin without one"):
        cursor.read(cursor.written(WINDOW, Place(*values)), WINDOW)
