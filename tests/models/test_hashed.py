from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.hashed import SPARE, Hashed

IDS = st.lists(st.text(max_size=3), unique=True, max_size=40)


@given(IDS, st.lists(st.text(max_size=3), max_size=20))
def test_every_row_is_the_dicts(known, asked):
    row = {name: number for number, name in enumerate(known)}
    found = Hashed.of(row).find([*asked, *known])
    assert found.dtype == np.int32
    assert found.tolist() == [row.get(name, -1) for name in [*asked, *known]]


def test_what_has_no_slot_of_its_own_stays_with_the_dict():
    row = {f"p{number}": number for number in range(5_000)}
    hashed = Hashed.of(row)
    held = int((hashed.rows >= 0).sum())
    assert len(hashed.rows) >= SPARE * len(row)
    assert 0.85 * len(row) < held < len(row)
    assert hashed.find(list(row)).tolist() == list(row.values())


def test_a_hash_decides_and_not_a_slot():
    class Same(str):
        def __hash__(self):
            return 8 * int(self[1:])

        __eq__ = str.__eq__

    names = [Same(f"p{number}") for number in range(1, 9)]
    hashed = Hashed.of({name: number for number, name in enumerate(names)})
    assert hashed.find(names).tolist() == list(range(8))
    assert hashed.find([Same("p99")]).tolist() == [-1]
