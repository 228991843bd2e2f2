"""What was sold while the store was away, or before it came back with older rows, shows by itself, and not for ever again."""

from types import SimpleNamespace

import pytest

from offers.database import LedgerError
from serving.inbox import RECENT
from serving.missed import PAUSE_S, Missed
from tests.serving.fakes import NOW, Clock


@pytest.fixture
def place():
    gate, visits, clock, shown = SimpleNamespace(is_down=False, n_connected=1), SimpleNamespace(n_missed=0), Clock(), []
    parts = SimpleNamespace(gate=gate, visits=visits, clock=lambda: NOW)
    missed = Missed(parts, lambda _, since: shown.append(since), clock)
    return SimpleNamespace(gate=gate, visits=visits, clock=clock, shown=shown, parts=parts, missed=missed)


def looks(place, n):
    for _ in range(n):
        place.missed.look()
        place.clock.now_s += PAUSE_S


def test_nothing_is_shown_again_while_all_is_well(place):
    looks(place, 3)
    assert place.shown == []


@pytest.mark.parametrize("sign", ["missed", "another connection"])
def test_what_may_be_missing_is_shown_once_when_the_store_is_there(place, sign):
    place.gate.is_down = True
    if sign == "missed":
        place.visits.n_missed += 1
    else:
        place.gate.n_connected += 1
    looks(place, 3)
    assert place.shown == []
    place.gate.is_down = False
    looks(place, 3)
    assert place.shown == [NOW - RECENT]


def test_what_is_refused_again_is_tried_now_and_then_from_where_it_began(place):
    place.parts.clock = lambda: NOW + place.clock.now_s * RECENT
    fails = SimpleNamespace(n=2)

    def show(_, since):
        place.shown.append(since)
        if fails.n:
            fails.n -= 1
            place.visits.n_missed += 1

    place.missed = Missed(place.parts, show, place.clock)
    place.visits.n_missed += 1
    for _ in range(8):
        place.missed.look()
        place.clock.now_s += PAUSE_S / 2
    assert place.shown == [NOW - RECENT] * 3


def test_a_ledger_that_is_away_too_is_asked_later(place):
    def away(*_):
        raise LedgerError("away")

    missed = Missed(place.parts, away, place.clock)
    place.visits.n_missed += 1
    assert missed.look()
    place.clock.now_s += PAUSE_S
    missed._show_again = lambda *_: None
    assert missed.look()
    place.clock.now_s += PAUSE_S
    assert not missed.look()
