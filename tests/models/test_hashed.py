"""Rows of ids beside a dict's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import hashed as hashing
from models.hashed import SPARE, Hashed
from models.packed import Packed

ID = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=3),
    st.text("ab", min_size=1, max_size=24),
)
KNOWN = st.lists(ID, unique=True, max_size=40)


def same_as_a_dict(known, asked):
    row = {name: number for number, name in enumerate(known)}
    found = Hashed.of(Packed.of(known)).find(Packed.of(asked))
    assert found.dtype == np.int32
    assert found.tolist() == [row.get(name, -1) for name in asked]


@given(KNOWN, st.lists(ID, max_size=20))
def test_every_row_is_the_dicts(known, asked):
    same_as_a_dict(known, [*asked, *known])
    same_as_a_dict(known, asked)


@given(KNOWN, st.lists(ID, max_size=20))
def test_all_of_one_slot_are_told_apart(known, asked):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hashing, "_FACTORS", np.zeros_like(hashing._FACTORS))
        same_as_a_dict(known, [*asked, *known])


@pytest.mark.parametrize(("known", "asked"), [("abcdefgh-1", "abcdefgh"), ("abcdefgh", "abcdefgh-1")])
def test_an_id_that_begins_another_in_its_slot_is_not_it(known, asked, monkeypatch):
    monkeypatch.setattr(hashing, "_FACTORS", np.zeros_like(hashing._FACTORS))
    same_as_a_dict([known], [asked])


@pytest.mark.parametrize("style", ["{}", "p{:06}", "400638{:07}", "sku/{}/café", "{0:032x}-{0:07}"])
def test_most_have_the_slot_that_is_theirs(style):
    known = Packed.of([style.format(number * 7) for number in range(5_000)])
    hashed = Hashed.of(known)
    assert len(hashed.rows) >= SPARE * len(known)
    assert (hashed.rows.take(hashed._slots(known)) == np.arange(5_000)).mean() > 0.7
    assert hashed.find(known).tolist() == list(range(5_000))
