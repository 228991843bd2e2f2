"""What is gathered of several questions is what is gathered of each alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models import signals as signals_module
from models.block import Block
from models.ranker import Ranker
from models.signals import REACHING, signals_of
from tests.models import checkerboard
from tests.models.asked import VISITS, asked, lived, signals_alone
from tests.models.some_forms import chosen

RANKER = Ranker.from_arrays(checkerboard.form_arrays(), checkerboard.form_parameters())
HOUR_8, DAY_S = 8, checkerboard.DAY_S


@settings(max_examples=40, deadline=None)
@given(st.lists(VISITS.map(lived).filter(len), min_size=1, max_size=4))
def test_of_several_it_is_that_of_each(pasts):
    asks = [asked(RANKER, past, "s0", HOUR_8, 30 * DAY_S) for past in pasts]
    together = signals_of(Block.of(asks))
    bounds = together.block.owned.bounds
    for number, ask in enumerate(asks):
        alone = signals_alone(ask)
        for name, column in alone.user.items():
            assert together.user[name][number] == column[0]
        for decay, column in alone.faded.items():
            np.testing.assert_array_equal(together.faded[decay][bounds[number] : bounds[number + 1]], column)
        for kind in ("near", "wide"):
            for name, each in getattr(alone, kind).items():
                np.testing.assert_array_equal(getattr(together, kind)[name][number], each[0])


def test_only_what_a_form_reads_is_gathered():
    ranker = Ranker.from_arrays(*chosen(["habit", "kinds"], ["alike", "here"]))
    signals = signals_alone(asked(ranker, checkerboard.history(0)))
    gathered = (set(signals.user), set(signals.faded), set(signals.near), set(signals.wide))
    assert gathered == ({"kinds"}, {0.9}, {"alike"}, {"here"})


def test_a_short_history_reaches_with_all_of_it():
    past = checkerboard.history(0)
    assert len(past) < REACHING
    for places, _ in signals_alone(asked(RANKER, past)).links.values():
        assert sorted(places.tolist()) == list(range(len(past)))


def test_of_a_long_one_the_greatest_reach_ties_by_place(monkeypatch):
    monkeypatch.setattr(signals_module, "REACHING", 2)
    past = lived([["p02", "p04", "p06"], ["p00"]])
    for places, links in signals_alone(asked(RANKER, past)).links.values():
        assert [past.product_ids[place] for place in places] == ["p00", "p02"]
        assert len(links.keys) == 2 * links.each


def test_of_each_long_one_in_a_block_its_own_greatest_reach(monkeypatch):
    monkeypatch.setattr(signals_module, "REACHING", 2)
    pasts = [lived([["p02", "p04", "p06"], ["p00"]]), lived([["p01", "p03"], ["p05", "p07"]]), lived([["p08"]])]
    together = signals_of(Block.of([asked(RANKER, past) for past in pasts]))
    for name, (places, _) in together.links.items():
        owned = [RANKER.product_ids.ids[row] for row in together.block.owned.rows[places]]
        assert owned == ["p00", "p02", "p05", "p07", "p08"]
        for number, past in enumerate(pasts):
            alone = signals_alone(asked(RANKER, past)).near[name][0]
            np.testing.assert_array_equal(together.near[name][number], alone)
