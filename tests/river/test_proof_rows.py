"""What each person brought, line by line: a latte at 450 that costs 150, a tea at 250 that says no cost, a product unheard of."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from river.proof_rows import PEOPLE, margins, units, unreported, windows

START = datetime(2025, 11, 1, tzinfo=UTC)
THROUGH = START + timedelta(days=3)
PRODUCTS = pl.DataFrame({"product_id": ["latte", "tea"], "price_cents": [450, 250], "cost_cents": [150, None]})
SCHEMA = {
    "event_type": pl.String, "occurred_at": pl.Datetime("us", "UTC"), "user_id": pl.String, "product_id": pl.String,
    "order_id": pl.String, "quantity": pl.Int64, "unit_price_cents": pl.Int64, "discount_cents": pl.Int64,
}  # fmt: skip
ANN = pl.DataFrame([("ann", False, START, START), ("bob", True, START, START)], schema=PEOPLE, orient="row")


def lines(text, products=PRODUCTS):
    """`hours type user product order quantity price discount` a line, hours from START; a dash is nothing."""
    rows = []
    for line in text.strip().split("\n"):
        at, kind, user, product, order, *numbers = (None if word == "-" else word for word in line.split())
        moment = START + timedelta(hours=float(at))
        rows.append((kind, moment, user, product, order, *(None if n is None else int(n) for n in numbers)))
    return margins(pl.DataFrame(rows, schema=SCHEMA, orient="row").lazy(), products, 0.75)


@pytest.mark.parametrize(
    ("text", "margin"),
    [
        ("1 purchase ann latte o1 2 450 -", 600),
        ("1 purchase ann latte o1 - - -", 300),
        ("1 purchase ann latte o1 2 450 100", 500),
        # No cost: three quarters of the price, rounded up (187.5 to 188). No price either: nothing is known.
        ("1 purchase ann tea o1 1 - -", 62),
        ("1 purchase ann scone o1 1 - -", 0),
        ("1 purchase - latte o1 1 450 -", 0),
        # Back comes what was paid, not what the line of the refund says, less the cost.
        ("1 purchase ann latte o1 2 450 100\n2 refund ann latte o1 1 450 -", 250),
        ("1 purchase ann latte o1 1 450 -\n2 void ann latte o1 1 450 -", 0),
        ("2 refund ann latte o9 1 450 50", -250),
        # A redemption takes off what the purchase does not say already.
        ("1 purchase ann latte o1 1 450 100\n1 redemption ann latte o1 1 450 100", 200),
        ("1 purchase ann latte o1 1 450 -\n1 redemption ann latte o1 1 450 100", 200),
        ("1 purchase ann latte o1 1 450 30\n1 redemption ann latte o1 1 450 100", 200),
        ("1 purchase ann latte o2 1 450 -\n1 redemption ann latte o1 1 450 100", 200),
        # Not reported as a purchase, or as somebody else's: it costs, and brings nothing.
        ("1 redemption ann latte o1 1 450 100", -100),
        ("1 purchase - latte o1 1 450 100\n1 redemption ann latte o1 1 450 100", -100),
    ],
)
def test_what_a_line_brings(text, margin):
    found = windows(lines(text), ANN, 28, THROUGH)
    assert found.sort("user_id")["margin"].to_list() == [margin, 0]


def test_a_redemption_without_its_purchase_is_counted():
    text = "1 redemption ann latte o1 1 450 100\n1 purchase ann latte o2 1 450 -\n1 redemption ann latte o2 1 450 100"
    assert unreported(lines(text), ANN, THROUGH) == 1
    assert unreported(lines(text), ANN, START) == 0
    assert unreported(lines(text), ANN.filter(pl.col.held), THROUGH) == 0


@pytest.mark.parametrize(
    ("hours", "place"),
    [
        (0, "margin"), (71.99, "margin"), (72, None), (-0.01, "before"), (-48, "before"), (-48.01, "earlier"),
        (-96, "earlier"), (-96.01, None),
    ],
)  # fmt: skip
def test_windows_are_half_open(hours, place):
    """Two days before the start, two days before those, and from the start until the look."""
    found = windows(lines(f"{hours} purchase ann latte o1 1 450 -"), ANN, 2, THROUGH).row(0, named=True)
    assert {name for name in ("margin", "before", "earlier") if found[name]} == ({place} if place else set())


def test_each_person_counts_from_their_own_start_and_what_was_before_any_campaign():
    later = START + timedelta(hours=2)
    rows = [("ann", False, START, START), ("bob", True, later, later), ("cat", False, later, START)]
    people = pl.DataFrame(rows, schema=PEOPLE, orient="row")
    bought = "\n".join(f"1 purchase {user} latte o{user} 1 450 -" for user in ("ann", "bob", "cat"))
    found = windows(lines(bought), people, 2, THROUGH).sort("user_id")
    assert found["margin"].to_list() == [300, 0, 0]
    # Cat's came after another campaign had touched them: it counts for nothing here.
    assert found["before"].to_list() == [0, 300, 0]
    assert found["held"].to_list() == [False, True, False]


def test_units_of_the_campaigns_products_and_of_the_rest():
    text = """
-1 purchase ann latte o0 5 450 -
1 purchase ann latte o1 2 450 -
1 purchase ann tea o1 1 250 -
2 refund ann latte o1 1 450 -
3 redemption ann latte o1 1 450 100
"""
    found = units(lines(text), ANN, frozenset({"latte"}), THROUGH).sort("user_id")
    assert found["own_units"].to_list() == [1, 0]
    assert found["other_units"].to_list() == [1, 0]
