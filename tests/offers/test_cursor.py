import base64
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


def coded(text):
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


START, END = (micros(moment) for moment in WINDOW)


@pytest.mark.parametrize(
    "told",
    [
        "[1e400,1,1,1,1,1,1]",
        *(f"[{START},{END},0,0,0,{wrong},0]" for wrong in ("1e400", "-1e400", "NaN", "1.5", "1.0", "null", "true")),
        *(f"[{START},{END},0,0,0,{wrong},0]" for wrong in ('"1"', '"x"', "[1]", "[]", "{}", "9" * 400, "9" * 5000)),
        f"[{START},{END},0,0,0,0]",
        f"[{START},{END},0,0,0,0,0,0]",
        "[" * 100_000,
        "[[1,1,1,1,1,1,1]]",
        '{"a":1}',
        '"1111111"',
        "7",
        "null",
        "",
        "[1,",
        "\x00",
    ],
    ids=lambda told: told[:40],
)
def test_a_forged_text_is_refused(told):
    with pytest.raises(CursorError, match="begin without one"):
        cursor.read(coded(told), WINDOW)


@pytest.mark.parametrize("text", ["", "=", "a", "é", "////", "_w", " "])
def test_what_is_no_text_of_ours_is_refused(text):
    with pytest.raises(CursorError, match="begin without one"):
        cursor.read(text, WINDOW)


def test_a_window_of_another_size_is_told():
    with pytest.raises(CursorError, match="another window"):
        cursor.read(coded(f"[{END},{'9' * 400},0,0,0,0,0]"), WINDOW)
