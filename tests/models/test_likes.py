from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.block import Block
from models.likes import likes
from models.ragged import Ragged
from models.ranker import Ranker
from models.signals import signals_of
from tests.models import checkerboard
from tests.models.asked import VISITS, N, asked, lived

RANKER = Ranker.from_arrays(checkerboard.form_arrays(), checkerboard.form_parameters())
ROWS = st.lists(st.integers(0, N - 1), unique=True, max_size=6)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(VISITS.map(lived), ROWS), min_size=1, max_size=4))
def test_the_one_that_reaches_most_by_a_loop_over_all_pairs(questions):
    asks = [asked(RANKER, past) for past, _ in questions]
    signals, told = signals_of(Block.of(asks)), Ragged.of_each([np.array(rows, np.int64) for _, rows in questions])
    found = likes(signals, told, signals.block.places(told))
    for like, row, of in zip(found.tolist(), told.rows.tolist(), told.of.tolist(), strict=True):
        owned = asks[of].rows.tolist()
        reach = dict.fromkeys(range(len(owned)), 0.0)
        for name, table in RANKER.parts.neighbours.items():
            weight = signals.faded[0.5 if name == "next" else 0.9][signals.block.owned.of == of]
            for place, product in enumerate(owned):
                hit = table.rows[product] == row
                reach[place] += float(weight[place] * table.values[product][hit].sum()) if product != row else 0.0
        most = max(reach.values(), default=0.0)
        assert (like >= 0) == (most > 0)
        assert like < 0 or np.isclose(reach[like], most, rtol=1e-5)


def test_nothing_asked_nothing_told():
    signals = signals_of(Block.of([asked(RANKER, lived([["p00"]]))]))
    none = Ragged.of_each([np.empty(0, np.int64)])
    assert likes(signals, none, np.empty(0, np.int64)).tolist() == []
