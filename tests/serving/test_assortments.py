"""What stores sell is decoded when something else stands than before, and only then."""

from datetime import UTC, datetime

import numpy as np
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from serving import assortments as module
from serving.assortments import Assortments
from serving.entity_rows import EntityRows
from serving.feast_messages import value_class
from tests.suites.online_features import Clock

LISTS = ("product_ids", "price_cents", "stock_units", "stock_known")
KINDS = ("string", "int64", "int64", "bool")
AT = datetime(2025, 11, 16, 9, tzinfo=UTC)
STAMP = Timestamp(seconds=int(AT.timestamp())).SerializeToString()


def row(**columns):
    values = zip(KINDS, (columns.get(name) for name in LISTS), strict=True)
    told = [
        None if items is None else value_class()(**{f"{kind}_list_val": {"val": items}}).SerializeToString()
        for kind, items in values
    ]
    return [STAMP, *told]


def sells(**prices):
    n = len(prices)
    return row(product_ids=list(prices), price_cents=list(prices.values()), stock_units=[7] * n, stock_known=[True] * n)


class Rows(EntityRows):
    """What stands, by store; counts how often it was asked for."""

    def __init__(self, stands):
        super().__init__(None, "daypart", "store_id", {"store_assortment": LISTS})
        self.stands, self.n_asked = stands, 0

    def raw(self, entity):
        self.n_asked += 1
        found = self.stands.get(entity, [None] * 5)
        if isinstance(found, Exception):
            raise found
        return list(found)


@pytest.fixture
def rows():
    return Rows({"soho": sells(latte=450, tea=260), "bund": sells(latte=480, tea=250)})


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def kept(rows, clock):
    return Assortments(rows, clock)


def test_it_asks_once_a_minute_and_the_same_row_is_the_same_object(rows, clock, kept, monkeypatch):
    first = kept.of("soho")
    assert (first.product_ids, first.price_cents.tolist(), first.as_of) == (("latte", "tea"), [450, 260], AT)
    clock.now += 59.999
    assert kept.of("soho") is first
    assert rows.n_asked == 1
    clock.now += 0.001
    # Nothing is decoded when the same was read.
    monkeypatch.setattr(module, "numbers", None)
    monkeypatch.setattr(module, "value_class", None)
    assert kept.of("soho") is first
    assert rows.n_asked == 2


def test_other_prices_under_the_same_moment_are_seen(rows, clock, kept):
    first = kept.of("soho")
    rows.stands["soho"] = sells(latte=451, tea=260)
    clock.now += 60
    assert kept.of("soho").price_cents.tolist() == [451, 260]
    assert first.as_of == kept.of("soho").as_of


def test_numbers_are_as_narrow_as_they_may_be(rows, clock, kept):
    first = kept.of("soho")
    assert (first.price_cents.dtype, first.stock_units.dtype) == (np.int32, np.int32)
    rows.stands["soho"] = sells(latte=2**31, tea=2**31 - 1)
    clock.now += 60
    second = kept.of("soho")
    assert (second.price_cents.tolist(), second.price_cents.dtype) == ([2**31, 2**31 - 1], np.int64)
    assert second.stock_units.dtype == np.int32


def test_stock_alone_is_seen_and_leaves_the_list_as_it_was(rows, clock, kept):
    first = kept.of("soho")
    rows.stands["soho"] = row(
        product_ids=["latte", "tea"], price_cents=[450, 260], stock_units=[0, 7], stock_known=[1, 1]
    )
    clock.now += 60
    second = kept.of("soho")
    assert second.stock_units.tolist() == [0, 7]
    assert second.product_ids is first.product_ids


def test_stores_that_sell_the_same_share_a_list_until_nobody_sells_it(rows, clock, kept):
    assert kept.of("soho").product_ids is kept.of("bund").product_ids
    assert kept.of("soho").price_cents.tolist() != kept.of("bund").price_cents.tolist()
    for n in range(5):
        rows.stands["soho"], rows.stands["bund"] = sells(**{f"a{n}": 1}), sells(**{f"b{n}": 1})
        clock.now += 60
        assert (kept.of("soho").product_ids, kept.of("bund").product_ids) == ((f"a{n}",), (f"b{n}",))
    assert len(kept._lists) <= 4


def test_a_row_that_is_gone_is_nobodys(rows, clock, kept):
    assert kept.of("soho") is not None
    del rows.stands["soho"]
    clock.now += 60
    assert kept.of("soho") is None


HALF = {
    "no list of products": row(price_cents=[1], stock_units=[1], stock_known=[True]),
    "null for products": [STAMP, b"", *row(price_cents=[], stock_units=[], stock_known=[])[2:]],
    "no stamp": [None, *sells(a=1)[1:]],
    "no prices": row(product_ids=["a"], stock_units=[1], stock_known=[True]),
    "a list too short": row(product_ids=["a", "b"], price_cents=[1, 2], stock_units=[1], stock_known=[True, True]),
    "noise for a list": [STAMP, b"\xff\xff", *sells(a=1)[2:]],
    "noise for prices": [*sells(a=1)[:2], b"\xff", *sells(a=1)[3:]],
    "another kind": [*sells(a=1)[:2], sells(a=1)[4], *sells(a=1)[3:]],
    "no row at all": ValueError("store_id: WRONGTYPE"),
}


@pytest.mark.parametrize("stands", HALF.values(), ids=HALF)
def test_half_a_row_is_none_and_one_line_until_it_is_whole(rows, clock, kept, caplog, stands):
    whole, rows.stands["soho"] = rows.stands["soho"], stands
    for later in (0, 0, 60):  # remembered, and read anew
        clock.now += later
        with pytest.raises(ValueError, match=r"\w"):
            kept.of("soho")
    assert [record.getMessage().startswith("what a store sells can't be read") for record in caplog.records] == [True]
    rows.stands["soho"] = whole
    with pytest.raises(ValueError, match=r"\w"):
        kept.of("soho")
    clock.now += 60
    assert kept.of("soho").product_ids == ("latte", "tea")


def test_made_up_stores_do_not_fill_the_memory(kept, monkeypatch):
    monkeypatch.setattr(module, "MAX_CACHED_STORES", 2)
    first = kept.of("soho")
    for n in range(5):
        assert kept.of(f"nowhere-{n}") is None
    assert len(kept._seen) == 2
    again = kept.of("soho")
    assert again is not first
    np.testing.assert_array_equal(again.price_cents, first.price_cents)
