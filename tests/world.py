"""One tiny world known by heart: a café chain with two stores, six products, four people, four weeks.

ann   Mondays at 08:00 in soho (New York) a latte, before and after the clocks go back on 2025-11-02.
bob   bagels at lunch in soho; gives one back, and has one americano voided.
cat   tea at the bund (Shanghai), mostly Saturdays at 09:00 local; once a latte while in New York.
dan   one mocha over the web, no store.
And one anonymous cookie.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl

START = datetime(2025, 10, 20, tzinfo=UTC)
MIDDLE = datetime(2025, 11, 3, tzinfo=UTC)
END = datetime(2025, 11, 16, tzinfo=UTC)
USERS = ("ann", "bob", "cat", "dan")
PRODUCTS = ("americano", "bagel", "cookie", "latte", "mocha", "tea")
PRICES = {"americano": 300, "bagel": 350, "cookie": 200, "latte": 450, "mocha": 480, "tea": 250}

# time UTC | type | user | product | store | channel | order | quantity | discount_cents; a dash is nothing.
_EVENTS = """
2025-10-20T12:00 purchase ann latte soho app o01 1 0
2025-10-20T23:30 purchase cat tea bund store o02 1 0
2025-10-21T16:30 purchase bob bagel soho store o03 1 0
2025-10-21T16:30 purchase bob americano soho store o03 1 0
2025-10-22T01:00 purchase cat tea bund store o04 1 0
2025-10-22T01:00 purchase cat mocha bund store o04 1 0
2025-10-24T16:30 purchase bob bagel soho store o05 1 0
2025-10-25T01:00 purchase cat tea bund store o06 1 0
2025-10-27T12:00 purchase ann latte soho app o07 1 0
2025-10-27T12:00 purchase ann bagel soho app o07 1 0
2025-11-01T01:00 purchase cat tea bund app o08 1 0
2025-11-03T13:00 purchase ann latte soho app o09 1 0
2025-11-04T17:30 purchase bob bagel soho store o10 2 50
2025-11-05T15:00 refund bob bagel soho store o10 1 0
2025-11-08T01:00 purchase cat tea bund store o11 1 0
2025-11-08T01:00 purchase cat cookie bund store o11 1 0
2025-11-10T13:00 purchase ann latte soho store o12 1 0
2025-11-10T13:00 purchase ann cookie soho store o12 1 0
2025-11-11T17:30 purchase bob americano soho store o13 1 0
2025-11-11T17:31 void bob americano soho store o13 1 0
2025-11-12T14:00 purchase cat latte soho store o14 1 0
2025-11-13T18:00 purchase - cookie soho store o15 1 0
2025-11-14T19:50 view dan latte - web - - -
2025-11-14T19:55 cart dan mocha - web - - -
2025-11-14T20:00 purchase dan mocha - web o16 1 0
2025-11-15T01:00 purchase cat tea bund delivery o17 1 0
2025-11-15T02:00 visit dan - soho store - - -
2025-11-15T03:00 rating cat tea bund app - - -
2025-11-15T04:00 impression ann mocha soho app - - -
2025-11-15T05:00 exposure ann latte soho app - - -
"""


def events() -> pl.DataFrame:
    """All thirty events, oldest first, in the input shape."""
    rows = [_event(n, line.split()) for n, line in enumerate(_EVENTS.strip().split("\n"), 1)]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def products() -> pl.DataFrame:
    """Six products; nobody knows what a tea costs."""
    costs = {"americano": 90, "bagel": 140, "cookie": 60, "latte": 150, "mocha": 170, "tea": None}
    names = {"americano": "美式", "bagel": "贝果", "cookie": "曲奇", "latte": "拿铁", "mocha": "摩卡", "tea": "茶"}
    rows = [
        (p, p.title(), names[p], "food" if p in {"bagel", "cookie"} else "drink", PRICES[p], costs[p]) for p in PRODUCTS
    ]
    columns = ["product_id", "name", "name_zh", "category", "price_cents", "cost_cents"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def stores() -> pl.DataFrame:
    """Two stores, thirteen hours apart, twelve in summer."""
    rows = [
        ("bund", "The Bund", "Asia/Shanghai", "07:00", "21:00", 31.24, 121.49),
        ("soho", "SoHo", "America/New_York", "07:00", "19:00", 40.72, -74.0),
    ]
    columns = ["store_id", "name", "timezone", "opens", "closes", "latitude", "longitude"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def assortment() -> pl.DataFrame:
    """The bund sells tea, mocha (stock not stated) and cookies (none left); soho all but tea, bagels at its own price."""
    at = datetime(2025, 10, 20, tzinfo=UTC)
    rows = [("bund", "cookie", 200, 0, at), ("bund", "mocha", 480, None, at), ("bund", "tea", 260, 40, at)]
    rows += [("soho", p, 360 if p == "bagel" else PRICES[p], 12, at) for p in PRODUCTS if p != "tea"]
    schema = {"store_id": pl.String, "product_id": pl.String, "price_cents": pl.Int64, "stock_units": pl.Int64,
              "as_of": pl.Datetime("us", "UTC")}  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def write(folder: Path) -> dict[str, Path]:
    """The four tables as parquet files in `folder`: keyword arguments of `training.ingest.ingest`."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = {"events": events(), "products": products(), "stores": stores(), "assortment": assortment()}
    for name, table in tables.items():
        table.write_parquet(folder / f"{name}.parquet")
    return {name: folder / f"{name}.parquet" for name in tables}


_SCHEMA = {
    "event_id": pl.String,
    "event_type": pl.String,
    "occurred_at": pl.Datetime("us", "UTC"),
    "user_id": pl.String,
    "product_id": pl.String,
    "store_id": pl.String,
    "channel": pl.String,
    "order_id": pl.String,
    "quantity": pl.Int64,
    "unit_price_cents": pl.Int64,
    "discount_cents": pl.Int64,
    "coupon_id": pl.String,
    "recommendation_id": pl.String,
    "rating": pl.Int64,
}


def _event(n: int, words: list[str]) -> tuple[object, ...]:
    at, kind, user, product, store, channel, order, quantity, discount = (None if w == "-" else w for w in words)
    assert at
    money = (None, None, None) if quantity is None else (int(quantity), PRICES[str(product)], int(discount or 0))
    # Exposures name their coupon, impressions the list they stood in.
    coupon, listed = ("c01" if kind == "exposure" else None), ("r01" if kind == "impression" else None)
    stamp = datetime.fromisoformat(at).replace(tzinfo=UTC)
    stars = 5 if kind == "rating" else None
    return (f"e{n:02d}", kind, stamp, user, product, store, channel, order, *money, coupon, listed, stars)


def fill(lake: Path) -> None:
    """Put the world into an event lake."""
    from training.lake import append_events

    append_events(lake, events())
    for name, table in {"products": products(), "stores": stores(), "assortment": assortment()}.items():
        table.write_parquet(lake / f"{name}.parquet")
