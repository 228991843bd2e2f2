from datetime import UTC, datetime

import msgspec
import pytest

from feature_repo.events import MAX_PRICE_CENTS, MAX_QUANTITY
from offers.book import Line
from offers.till_file import Payment
from offers.till_sale import MAX_BATCH_BYTES, MAX_LINES, MAX_SALES, check_sale, sales_of
from tests.offers.token_world import AT

LATTE = (Line("latte"),)
TOP = (Line("l" * 128, MAX_QUANTITY, MAX_PRICE_CENTS, MAX_PRICE_CENTS),)


def payment(number, token="a.b.c", lines=LATTE):
    return Payment("soho", "t1", "l1", f"off_{number}", "latte", 100, 300, token, f"o{number}", AT, lines)


@pytest.mark.parametrize(
    ("order_id", "lines", "now", "says"),
    [
        ("o" * 128, TOP * MAX_LINES, AT, None),
        ("订单 1", (Line("latte", 1, 0),), AT, None),
        ("", LATTE, AT, "order_id: 1 to 128"),
        ("o" * 129, LATTE, AT, "order_id: 1 to 128"),
        ("o\n1", LATTE, AT, "order_id: 1 to 128"),
        ("o\x9f1", LATTE, AT, "order_id: 1 to 128"),
        ("o1", LATTE * (MAX_LINES + 1), AT, "at most 500 lines"),
        ("o1", (*LATTE, Line("")), AT, "line 2: product_id"),
        ("o1", (Line("latte", 0),), AT, "line 1: quantity: a whole number from 1 to"),
        ("o1", (Line("latte", MAX_QUANTITY + 1),), AT, "line 1: quantity"),
        ("o1", (Line("latte", True),), AT, "line 1: quantity"),
        ("o1", (Line("latte", 1, -1),), AT, "line 1: unit_price_cents"),
        ("o1", (Line("latte", 1, MAX_PRICE_CENTS + 1),), AT, "line 1: unit_price_cents"),
        ("o1", (Line("latte", 1, 450, -1),), AT, "line 1: discount_cents"),
        ("o1", LATTE, AT.replace(tzinfo=None), "a moment with its zone"),
        ("o1", LATTE, datetime.max.replace(tzinfo=UTC), "from 1990 to 2199"),
        ("o1", LATTE, datetime(1989, 12, 31, tzinfo=UTC), "from 1990 to 2199"),
    ],
)
def test_what_no_settlement_takes_is_not_paid(order_id, lines, now, says):
    if says is None:
        check_sale(order_id, lines, now)
    else:
        with pytest.raises(ValueError, match=says):
            check_sale(order_id, lines, now)


def test_a_batch_is_no_longer_than_one_settlement_takes():
    many = sales_of(payment(number) for number in range(MAX_SALES + 1))
    assert [one["order_id"] for one in many] == [f"o{number}" for number in range(MAX_SALES)]
    large = [payment(number, lines=TOP * MAX_LINES) for number in range(19)]
    some = sales_of(large)
    assert 1 < len(some) < 19
    assert len(msgspec.json.encode(some)) < MAX_BATCH_BYTES + 99
    # One alone goes whatever its length.
    assert len(sales_of([payment(1, "x" * MAX_BATCH_BYTES), payment(2)])) == 1
    assert sales_of([]) == []
