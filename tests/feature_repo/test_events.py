"""The event schema: what a file of a merchant may hold. What was accepted once stays so: limits may grow and never shrink."""

from datetime import UTC, datetime, timedelta

import pytest

from feature_repo import events
from feature_repo.events import CHANNELS, EVENT_TYPES, REQUIRED, Column, in_one_form

TABLES = {
    "EVENT_COLUMNS": {"event_type", "occurred_at"},
    "PRODUCT_COLUMNS": {"product_id"},
    "STORE_COLUMNS": {"store_id", "timezone"},
    "ASSORTMENT_COLUMNS": {"store_id", "product_id"},
}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("latte", "latte"),
        ("cafe\u0301", "caf\u00e9"),
        ("caf\u00e9", "caf\u00e9"),
        ("\u212b", "\u00c5"),  # the sign of the ångström is the letter
        ("\ufb01n", "\ufb01n"),  # a ligature is not its letters: NFC, not NFKC
        ("拿铁", "拿铁"),
        ("", ""),
    ],
)
def test_an_id_has_one_form(typed, kept):
    assert in_one_form(typed) == kept
    assert in_one_form(kept) == kept


@pytest.mark.parametrize("table", TABLES)
def test_what_a_row_may_not_lack(table):
    columns = getattr(events, table)
    assert {column.name for column in columns if column.required} == TABLES[table]
    assert len({column.name for column in columns}) == len(columns)
    assert {column.kind for column in columns} <= {"text", "time", "int", "float"}


def test_a_column_may_be_lacking_unless_it_says_so():
    assert not Column("x", "text").required


def test_every_type_says_what_it_is_about():
    assert set(REQUIRED) == set(EVENT_TYPES)
    names = {column.name for column in events.EVENT_COLUMNS}
    assert all(needed and set(needed) <= names for needed in REQUIRED.values())
    assert {kind for kind, needed in REQUIRED.items() if needed == ("coupon_id",)} == {"exposure", "redemption"}
    assert {kind for kind, needed in REQUIRED.items() if needed == ("store_id",)} == {"visit"}
    assert CHANNELS == ("app", "store", "delivery", "web")


def test_how_far_a_row_may_go():
    assert (events.MAX_ID_LENGTH, events.MAX_QUANTITY, events.MAX_PRICE_CENTS, events.MAX_RATING) == (
        128, 1_000_000, 100_000_000, 5,
    )  # fmt: skip
    assert datetime(1990, 1, 1, tzinfo=UTC) == events.EARLIEST_UTC
    assert timedelta(days=1) == events.MAX_AHEAD
