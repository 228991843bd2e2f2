"""Refunds and voids: whose money comes back, which order is meant where two stores count alike, and what was learned from before.

What stands by the first two rules alone: `test_sales`.
"""

from datetime import timedelta

import polars as pl
import pytest

from tests import world
from tests.suites import naive_features as naive
from tests.suites import naive_views
from training import features
from training.cancels import BACK, net
from training.cases import Known
from training.lake import append_events, read_events
from training.profiles import money
from training.sales import coded, n_untaken, sales
from training.visit_log import visit_log

US = timedelta(microseconds=1)
SCHEMA = {
    name: kind
    for name, kind in world.events().schema.items()
    if name not in ("coupon_id", "recommendation_id", "rating")
}
KINDS = dict(world.products().select("product_id", "category").iter_rows())
ZONES = {"soho": "America/New_York", "bund": "Asia/Shanghai"}


def line(n, kind, user, order, store="soho", quantity=1, price=450, discount=None, product="latte"):
    """The n-th event, an hour after the one before."""
    at = world.START + timedelta(hours=n)
    return (f"x{n}", kind, at, user, product, store, None, order, quantity, price, discount)


BUY, REFUND = "purchase", "refund"
TWO_STORES = [line(1, BUY, "ann", "7"), line(2, BUY, "bob", "7", "bund")]
MONEY = {
    "nothing back": (TWO_STORES, {"ann": 450, "bob": 450}),
    "the order of that number in the store": ([*TWO_STORES, line(3, REFUND, "ann", "7")], {"ann": 0, "bob": 450}),
    "the same number in the other store": ([*TWO_STORES, line(3, REFUND, None, "7", "bund")], {"ann": 450, "bob": 0}),
    "no store said: the latest of that number": ([*TWO_STORES, line(3, REFUND, None, "7", None)], {"ann": 450, "bob": 0}),
    "another store's till takes nothing": ([line(1, BUY, "ann", "7"), line(3, "void", None, "7", "bund")], {"ann": 450}),
    "nor of whom it names": ([line(1, BUY, "ann", "7"), line(3, REFUND, "ann", "7", "bund")], {"ann": 450}),
    "brought back elsewhere, no store said": ([line(1, BUY, "ann", "7"), line(3, REFUND, None, "7", None)], {"ann": 0}),
    "bought in no store, a store takes nothing": (
        [line(1, BUY, "ann", "7", None), line(3, REFUND, None, "7")], {"ann": 450},
    ),
    "bought in no store, no store said": ([line(1, BUY, "ann", "7", None), line(3, REFUND, None, "7", None)], {"ann": 0}),
    "a strike before payment, by whom it names": ([line(1, BUY, "ann", "7"), line(3, "void", "ann", "8")], {"ann": 450}),
    "without an order, as often as it likes: what was bought in that store": (
        [line(1, BUY, "ann", "7"), line(2, BUY, "ann", "8", "bund"), line(3, REFUND, "ann", None, "bund", 1000)], {"ann": 450},
    ),
    "without an order and a store: all": (
        [line(1, BUY, "ann", "7"), line(2, BUY, "ann", "8", "bund"), line(3, REFUND, "ann", None, None, 1000)], {"ann": 0},
    ),
    "stated stores take first": (
        [line(1, BUY, "ann", "7", price=100), line(2, BUY, "ann", "8", "bund", price=300),
         line(3, REFUND, "ann", None, None), line(4, REFUND, "ann", None, "bund", price=None)], {"ann": 0},
    ),
    "at no store's price more than was paid there": (
        [line(1, BUY, "ann", "7"), line(2, BUY, "ann", "8", "bund"), line(3, REFUND, "ann", "8", "bund", price=99_999)],
        {"ann": 450},
    ),
    "the mean of what was paid in that store": (
        [line(1, BUY, "ann", "7", price=100), line(2, BUY, "ann", "8", "bund", quantity=2, price=300),
         line(3, REFUND, "ann", None, "bund", price=None)], {"ann": 400},
    ),
    "brought back by somebody else": ([*TWO_STORES, line(3, REFUND, "cat", "7")], {"ann": 0, "bob": 450}),
    "by nobody, of nobody's": ([line(1, BUY, None, "7"), line(2, REFUND, "ann", "7"), line(3, BUY, "ann", "8")], {"ann": 450}),
    "more than was bought": (
        [line(1, BUY, "ann", "7"), line(2, BUY, "ann", "8"), line(3, REFUND, "ann", "7", quantity=2)], {"ann": 450},
    ),
    "twice": (
        [*(line(n, BUY, "ann", str(n)) for n in (1, 2)), line(3, "void", "ann", "1"), line(4, REFUND, "ann", "1")], {"ann": 450},
    ),
    "once of two": ([line(1, BUY, "ann", "7", quantity=2), line(3, REFUND, "ann", "7")], {"ann": 450}),
    "at its own price": ([line(1, BUY, "ann", "7", quantity=2), line(3, REFUND, "ann", "7", price=100)], {"ann": 800}),
    "at the price paid": (
        [line(1, BUY, "ann", "7", quantity=2, discount=100), line(3, REFUND, "ann", "7", price=None)], {"ann": 400},
    ),
    "no order: at the mean of what the user paid": (
        [line(1, BUY, "ann", None), line(2, BUY, "ann", None, price=250), line(3, "void", "ann", None, price=None)], {"ann": 350},
    ),
    "before anything was bought": ([line(1, REFUND, "ann", None), line(2, BUY, "ann", None)], {"ann": 450}),
    "halves": ([line(1, BUY, "ann", "7", quantity=4, discount=30), line(2, REFUND, "ann", "7", price=None)], {"ann": 1328}),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "cents"), MONEY.values(), ids=MONEY)
def test_money_is_the_purchasers(rows, cents):
    events = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    assert dict(money(events.lazy()).filter(pl.col.user_id.is_in(list(cents))).iter_rows()) == cents
    told = naive.Told(world.END, naive.lines_of(events.to_dicts()), {})
    assert {user: person.cents for user, person in naive.people(told).items()} == {u: c for u, c in cents.items() if c}


def test_what_is_netted_has_the_columns_of_what_was_given():
    lines = pl.DataFrame([line(1, BUY, "ann", "7")], schema=SCHEMA, orient="row").with_columns(each=pl.lit(450.0))
    standing, back, untaken = net(lines, lines.with_columns(event_type=pl.lit("void")))
    assert (standing.schema, len(standing), back.schema) == (lines.schema, 0, BACK)
    assert back.rows() == [("ann", "soho", 450.0)]
    assert (untaken.schema, len(untaken)) == (lines.schema, 0)


TWO = [line(1, BUY, "ann", "7", quantity=2), line(2, BUY, "ann", "8", "bund")]
UNTAKEN = {
    "all of the order": (line(3, "void", None, "7", quantity=2), None),
    "more than the order": (line(3, "void", None, "7", quantity=5), 3),
    "another store's order": (line(3, "void", None, "7", "bund"), 1),
    "whose order no store was said of": (line(3, REFUND, None, "7", None, 3), 1),
    "as much as was bought there": (line(3, REFUND, "ann", None, quantity=2), None),
    "more than was bought there": (line(3, REFUND, "ann", None, quantity=1000), 998),
    "anywhere": (line(3, REFUND, "ann", None, None, 3), None),
    "more than anywhere": (line(3, REFUND, "ann", None, None, 4), 1),
    "a strike before payment": (line(3, "void", "ann", "9"), 1),
    "nobody's": (line(3, REFUND, None, None), 1),
}


@pytest.mark.parametrize(("cancel", "left"), UNTAKEN.values(), ids=UNTAKEN)
def test_what_finds_nothing_is_told(cancel, left):
    events = pl.DataFrame([*TWO, cancel], schema=SCHEMA, orient="row").with_columns(each=pl.col.unit_price_cents * 1.0)
    untaken = net(events.head(2), events.tail(1)).untaken
    assert untaken.select("event_id", "quantity").rows() == ([] if left is None else [("x3", left)])
    assert n_untaken(events.lazy()) == len(untaken)


# --- what was computed before is corrected after: histories, visits, RFM, and what is trained on

LAST = world.events().filter(order_id="o12")  # ann's fourth and last visit: a latte and a cookie in soho
LATER = world.END + timedelta(days=1)


def back(kind, lines, **changes):
    """The lines taken back at LATER."""
    rows = lines.with_columns(event_type=pl.lit(kind), event_id=kind + lines["event_id"], occurred_at=pl.lit(LATER))
    return rows.with_columns(**{name: pl.lit(value, lines.schema[name]) for name, value in changes.items()})


COOKIE, WHOLE = LAST.filter(product_id="cookie"), LAST
EVERYTHING = world.events().filter(user_id="ann", event_type="purchase")
KNOWN = {"n_visits": 4, "n_orders": 4, "monetary_cents": 2350, "product_ids": ["bagel", "cookie", "latte"], "rhythm": 4,
         "last": 4, "segment": "loyal"}  # fmt: skip
CASES = {
    "a product": (back("refund", COOKIE), {"monetary_cents": 2150, "product_ids": ["bagel", "latte"]}),
    "a product, at a till that asked for no name": (
        back("refund", COOKIE, user_id=None), {"monetary_cents": 2150, "product_ids": ["bagel", "latte"]},
    ),
    "a product, in the other store": (back("refund", COOKIE, store_id="bund"), {}),
    "a product, in the other store, which names none": (
        back("refund", COOKIE, store_id=None), {"monetary_cents": 2150, "product_ids": ["bagel", "latte"]},
    ),
    "the last visit": (
        back("void", WHOLE),
        {"n_visits": 3, "n_orders": 3, "monetary_cents": 1700, "product_ids": ["bagel", "latte"], "rhythm": 3, "last": 3},
    ),
    "everything": (
        back("void", EVERYTHING),
        {"n_visits": 0, "n_orders": 0, "monetary_cents": 0, "product_ids": [], "rhythm": 0, "last": None, "segment": None},
    ),
    "what was never bought": (back("refund", COOKIE, order_id="o99", product_id="mocha"), {}),
}  # fmt: skip


@pytest.fixture
def settings(tmp_path):
    from settings import Settings

    made = Settings(home=tmp_path)
    world.fill(made.lake)
    features.compute(made, LATER, (world.END,))
    return made


def ann(settings, at):
    """What the views say of ann at a moment, a few words of each."""
    rows = {}
    for view in ("user_profile", "user_history", "user_rhythm", "user_visits"):
        frame = pl.read_parquet(settings.features / f"{view}.parquet").filter(event_timestamp=at, user_id="ann")
        rows[view] = frame.row(0, named=True)
    history = rows["user_history"]
    assert history["n_visits"] == rows["user_visits"]["n_visits"] == len(rows["user_visits"]["day"])
    told = {"rhythm": sum(rows["user_rhythm"]["hour_of_week"]), "last": max(history["last_visit"], default=None)}
    return {name: {**rows["user_profile"], **history, **told}[name] for name in KNOWN}


@pytest.mark.parametrize(("events", "changed"), CASES.values(), ids=CASES)
def test_what_comes_back_corrects_every_feature_from_then_on(settings, events, changed):
    append_events(settings.lake, events)
    report = features.compute(settings, LATER + US, (LATER, LATER + US))
    assert report.n_untaken == (not changed)
    assert ann(settings, world.END) == ann(settings, LATER) == KNOWN
    assert ann(settings, LATER + US) == {**KNOWN, **changed}
    told = naive.Told(
        LATER + US, naive.lines_of([*world.events().to_dicts(), *events.to_dicts()]), ZONES, categories=KINDS
    )
    for view in naive_views.SILENT:
        rows = pl.read_parquet(settings.features / f"{view}.parquet").filter(event_timestamp=LATER + US)
        names = [name for name in rows.columns if name not in ("user_id", "event_timestamp")]
        naive_views.compare(view, names, {row["user_id"]: row for row in rows.to_dicts()}, told)


@pytest.mark.parametrize(("events", "changed"), CASES.values(), ids=CASES)
def test_what_is_trained_on_is_what_stands(settings, events, changed):
    """Lines as `daypart train` reads them, and the histories folded from them."""
    append_events(settings.lake, events)
    for at, said in ((LATER, KNOWN), (LATER + US, {**KNOWN, **changed})):
        lines = coded(sales(read_events(settings.lake, at, types=("purchase", "refund", "void")), world.stores()))
        (case,) = Known(lines).cases(["ann"], None)
        assert (list(case.history.product_ids), case.history.n_visits) == (said["product_ids"], said["n_visits"])
        log = visit_log(lines)
        assert sum(log.users[user] == "ann" for user in log.user.tolist()) == said["n_visits"]
