"""All evidence at once gives what the registry gives link by link."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.people.chain import DAY_US, ref, who_is_who
from tests.people.test_resolution import HISTORIES
from training import who

EMPTY = pl.DataFrame(schema=who.LINKS)


def frame(links, rulings, came):
    rows = [(*one, came[one], rulings.get(one, "")) for one in links]
    return pl.DataFrame(rows, schema=who.LINKS, orient="row")


@pytest.mark.parametrize("collide", [False, True])
@settings(max_examples=60, deadline=None)
@given(HISTORIES, st.data())
def test_at_once_is_one_by_one(collide, links, data):
    rulings = data.draw(st.dictionaries(st.sampled_from(links), st.sampled_from(["accepted", "rejected"]), max_size=3))
    came = {one: data.draw(st.integers(1, 9)) * DAY_US for one in links}
    with pytest.MonkeyPatch.context() as patch:
        if collide:  # as if all names had one hash
            patch.setattr(pl.Series, "hash", lambda self: pl.repeat(0, len(self), eager=True))
        found = who.who_is_who(frame(links, rulings, came))
    people, verdicts = who_is_who(links, rulings, came)
    assert dict(found.people.iter_rows()) == people
    assert found.verdicts.to_list() == [verdicts[one] for one in links]


def test_no_links_are_nobody():
    found = who.who_is_who(EMPTY)
    assert (len(found.people), len(found.verdicts)) == (0, 0)


def test_a_merchants_id_that_looks_like_a_reference_is_none():
    odd = ref("card1") + "0"
    links = pl.DataFrame([(odd, "phone-12", "till", "e", 1, 1, "")], schema=who.LINKS, orient="row")
    assert who.who_is_who(links).verdicts.to_list() == ["two_users"]
