"""A till's file beside the ledger: agreement, or every difference by name."""

import csv
from datetime import timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from feature_repo.events import EVENT_TYPES
from offers import till_table
from offers.answers import Ask
from offers.book import Line
from offers.desk import open_desk
from offers.leases import give, note_paid
from offers.reconcile import reconcile
from offers.till_table import PAYING, SILENT, TillTableError, read_till
from tests.offers.desk_world import AT, PLANNED, SOHO, UNTIL, ask, campaign, code_of, decision

USERS = ("ann", "bob", "cat")


@pytest.fixture
def desk(sqlite_url):
    desk = open_desk(sqlite_url)
    desk.open(campaign(), [SOHO], PLANNED)
    desk.issue("c", [decision(user) for user in USERS], PLANNED)
    for user in USERS:
        assert desk.redeem(code_of(desk, user), ask(order_id=f"o-{user}", lines=(Line("latte", 2, 450),)), user, AT).ok
    yield desk
    desk.journal.close()


@pytest.fixture
def codes(desk):
    with desk.journal.read() as connection:
        rows = connection.exec_driver_sql("SELECT user_id, code, offer_id FROM coupons").all()
    return {user: (code, offer_id) for user, code, offer_id in rows}


def write(path, rows, header=("coupon_id", "order_id", "discount_cents", "store_id", "occurred_at", "event_type")):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def agreeing(codes):
    rows = [(codes[user][n % 2], f"o-{user}", 100, "soho", AT.isoformat(), "purchase") for n, user in enumerate(USERS)]
    return [*rows, ("", "o-9", 55, "soho", AT.isoformat(), "purchase")]


def test_both_sides_agree_by_code_or_offer_and_other_sales_dont_matter(desk, codes, tmp_path):
    done = reconcile(desk.journal, read_till(write(tmp_path / "till.csv", agreeing(codes))))
    assert (done.agrees, done.n_till_rows, done.till_cents, done.ledger_cents, done.difference_cents) == (
        True,
        3,
        300,
        300,
        0,
    )


def test_points_are_no_money_off(desk, codes, tmp_path):
    assert desk.issue("c", [decision("dan", points=50)], PLANNED).n_issued == 1
    assert desk.redeem(code_of(desk, "dan"), ask(order_id="o-dan"), "dan", AT).ok
    plain = agreeing(codes)
    for rows in (plain, [*plain, (code_of_offer(desk, "dan"), "o-dan", 0, "soho", AT.isoformat(), "purchase")]):
        done = reconcile(desk.journal, read_till(write(tmp_path / "till.csv", rows)))
        assert (done.agrees, done.ledger_cents) == (True, 300)


def code_of_offer(desk, user):
    with desk.journal.read() as connection:
        return connection.exec_driver_sql(f"SELECT code FROM coupons WHERE user_id = '{user}'").scalar()


def test_parquet_of_the_table_of_events_reads_alike(desk, codes, tmp_path):
    rows = agreeing(codes)
    columns = ("coupon_id", "order_id", "discount_cents", "store_id", "occurred_at", "event_type")
    table = {name: [row[at] or None for row in rows] for at, name in enumerate(columns)}
    table["occurred_at"] = [AT] * len(rows)
    pq.write_table(pa.table(table), tmp_path / "till.parquet")
    assert reconcile(desk.journal, read_till(tmp_path / "till.parquet")).agrees


def test_each_difference_is_listed_with_both_amounts(desk, codes, tmp_path):
    (ann, _), (bob, _), (cat, _) = codes["ann"], codes["bob"], codes["cat"]
    rows = [(ann, "o-ann", 90), (bob, "o-else", 100), ("0000-0000-0000-0000", "o-x", 30), (cat, "o-cat", 100)]
    path = write(tmp_path / "till.csv", rows, ("coupon_id", "order_id", "discount_cents"))
    done = reconcile(desk.journal, read_till(path))
    found = {(one.what, one.order_id, one.till_cents, one.ledger_cents) for one in done.exceptions}
    assert found == {
        ("the amounts differ", "o-ann", 90, 100),
        ("paid by the till, not in the ledger", "o-else", 100, 0),
        ("in the ledger, not paid by the till", "o-bob", 0, 100),
        ("a coupon the ledger doesn't know", "o-x", 30, 0),
    }
    assert (done.agrees, done.difference_cents) == (False, 20)


@pytest.mark.parametrize("back", [(-50, "purchase"), (50, "refund"), (-50, "void")])
def test_what_came_back_is_netted(desk, codes, tmp_path, back):
    code = codes["ann"][0]
    assert desk.reverse(code, Ask(order_id="o-ann", lines=(Line("latte"),)), "v", AT).ok
    rows = [*agreeing(codes), (code, "o-ann", back[0], "soho", AT.isoformat(), back[1])]
    assert reconcile(desk.journal, read_till(write(tmp_path / "till.csv", rows))).agrees
    assert not reconcile(desk.journal, read_till(write(tmp_path / "till.csv", rows[:-1]))).agrees


def test_only_the_moments_and_stores_asked_for(desk, codes, tmp_path):
    rows = read_till(write(tmp_path / "till.csv", agreeing(codes)))
    assert reconcile(desk.journal, rows, AT, UNTIL).agrees
    assert reconcile(desk.journal, rows, UNTIL, None).n_till_rows == 0
    assert reconcile(desk.journal, rows, None, AT).agrees
    other = write(tmp_path / "other.csv", [("", "o", 1, "bund", "", "")])
    # A file without a coupon says nothing of any store: the whole ledger stands beside it.
    assert len(reconcile(desk.journal, read_till(other)).exceptions) == 3


def test_what_no_budget_owes_is_listed_though_both_agree(desk, codes, tmp_path):
    code = codes["ann"][0]
    paid = Ask("soho", "o-late", (Line("latte"),), None, AT, "t1")
    assert [one.body["kind"] for one in desk.settle([(code, paid)], AT)] == ["overpay"]
    rows = [*agreeing(codes), (code, "o-late", 100, "soho", AT.isoformat(), "purchase")]
    done = reconcile(desk.journal, read_till(write(tmp_path / "till.csv", rows)))
    assert [(one.what, one.order_id) for one in done.exceptions] == [
        ("paid without network, owed by no budget: already_redeemed", "o-late")
    ]
    assert done.difference_cents == 0


def test_a_till_that_overran_its_lease_is_told(desk, codes, tmp_path):
    with desk.journal.write() as connection:
        give(connection, "lease_1", "soho", "t1", 100, 100, AT)
        note_paid(connection, "lease_1", "soho", 150)
    done = reconcile(desk.journal, read_till(write(tmp_path / "till.csv", agreeing(codes))))
    assert done.overrun == ("lease lease_1 of till t1, store soho: 150 cents paid, 100 lent",)
    assert not done.agrees
    later = reconcile(desk.journal, [], AT + timedelta(days=1), AT + timedelta(days=2))
    assert (later.overrun, later.agrees) == ((), True)


@pytest.mark.parametrize(
    ("header", "row", "says"),
    [(("coupon_id", "order_id"), ("a", "b"), "no column discount_cents"),
     (None, ("a", "b", "ten", "", "", ""), "row 2: discount_cents is 'ten'"),
     (None, ("a", "b", "1.5", "", "", ""), "row 2: discount_cents is '1.5'"),
     (None, ("a", "b", "1_00", "", "", ""), "row 2: discount_cents is '1_00'"),
     (None, ("a", "b", "١٠٠", "", "", ""), "row 2: discount_cents is '١٠٠'"),
     (None, ("a", "b", "1" * 16, "", "", ""), "row 2: discount_cents is '1111"),
     (None, ("a", "b", "5", "", "", "sale"),
      "row 2: event_type is 'sale'; write one of purchase, refund, void, redemption, .*, view, visit"),
     (None, ("a", "b", "5", "", "", "réfund"), "row 2: event_type is 'réfund'"),
     (("coupon_id", "order_id", "discount_cents", "discount_cents"), ("a", "b", "5", "6"),
      "2 columns discount_cents; keep one"),
     (None, ("a", "", "5", "", "", ""), "row 2: a coupon without an order_id"),
     (None, ("a", "b", "5", "", "yesterday", ""), "row 2: occurred_at is 'yesterday'")],
)  # fmt: skip
def test_a_bad_file_says_where_and_what_to_do(tmp_path, header, row, says):
    path = write(tmp_path / "till.csv", [row], *([header] if header else []))
    with pytest.raises(TillTableError, match=says):
        read_till(path)


@pytest.mark.parametrize("cents", [1.5, float("nan"), float("inf"), 1e30, True, None])
def test_numbers_of_a_parquet_file_are_whole_cents(tmp_path, cents):
    columns = {"coupon_id": ["a"], "order_id": ["b"], "discount_cents": [cents]}
    pq.write_table(pa.table(columns), tmp_path / "till.parquet")
    with pytest.raises(TillTableError, match=r"discount_cents is .*; write whole cents"):
        read_till(tmp_path / "till.parquet")


@pytest.mark.parametrize("cents", [100, 100.0, -100.0, Decimal("100.00"), " +100 "])
def test_whole_cents_however_a_parquet_file_stores_them(tmp_path, cents):
    columns = {"coupon_id": ["a"], "order_id": ["b"], "discount_cents": [cents]}
    pq.write_table(pa.table(columns), tmp_path / "till.parquet")
    (row,) = read_till(tmp_path / "till.parquet")
    assert (row.cents, type(row.cents)) == (int(cents), int)


def test_every_type_of_event_is_known_by_what_it_does():
    assert sorted([*PAYING, *SILENT]) == sorted(EVENT_TYPES)


@pytest.mark.parametrize("kind", SILENT)
def test_what_carries_no_payment_is_passed_over(tmp_path, kind):
    # Not even its cents are read: a table of events has none there.
    path = write(tmp_path / "till.csv", [("a", "", "", "", "", kind), ("a", "b", "5", "", "", "")])
    assert [row.cents for row in read_till(path)] == [5]


@pytest.mark.parametrize(
    ("kind", "cents"),
    [("Purchase", 5), (" PURCHASE ", 5), ("", 5), (" refund", -5), ("Refund", -5), ("VOID", -5), ("Redemption", 5)],
)
def test_a_type_is_read_however_it_is_written(tmp_path, kind, cents):
    path = write(tmp_path / "till.csv", [("a", "b", "5", "", "", kind)])
    assert [row.cents for row in read_till(path)] == [cents]


@pytest.mark.parametrize(
    ("told", "paid"),
    [
        ([(100, "purchase"), (100, "redemption")], 100),
        ([(60, "purchase"), (40, ""), (100, "redemption")], 100),
        ([(0, "purchase"), (100, "redemption")], 100),
        ([(100, "purchase"), (90, "redemption")], 100),
        ([(40, "purchase"), (100, "redemption")], 100),
        ([(100, "redemption")], 100),
        ([(100, "redemption"), (50, "refund")], 50),
        ([(100, "purchase"), (100, "redemption"), (-50, "purchase")], 50),
        ([(100, "purchase"), (100, "redemption"), (50, "void"), (-50, "redemption")], 50),
    ],
)
def test_a_purchase_and_a_redemption_of_one_order_are_one_payment(desk, codes, tmp_path, told, paid):
    code, offer = codes["ann"]
    rows = [(offer if kind == "redemption" else code, "o-ann", cents, "", "", kind) for cents, kind in told]
    done = reconcile(desk.journal, read_till(write(tmp_path / "till.csv", [*rows, *[
        (codes[user][0], f"o-{user}", 100, "", "", "purchase") for user in USERS[1:]
    ]])))  # fmt: skip
    assert done.till_cents == 200 + paid
    assert [(one.order_id, one.till_cents) for one in done.exceptions] == ([] if paid == 100 else [("o-ann", paid)])


@pytest.mark.parametrize("kind", ["redemption", "Purchase", "PURCHASE", ""])
def test_a_payment_the_ledger_lacks_is_listed_however_it_is_told(desk, codes, tmp_path, kind):
    rows = [*agreeing(codes), (codes["bob"][0], "o-7", 100, "soho", AT.isoformat(), kind)]
    done = reconcile(desk.journal, read_till(write(tmp_path / "till.csv", rows)))
    assert [(one.what, one.order_id) for one in done.exceptions] == [("paid by the till, not in the ledger", "o-7")]


def test_a_file_that_is_none_says_so(tmp_path):
    for name, text in (("till.txt", b"x"), ("till.parquet", b"x"), ("none.csv", None), ("till.csv", b"\xff\xfe\x00")):
        if text is not None:
            (tmp_path / name).write_bytes(text)
        with pytest.raises(TillTableError, match=name):
            read_till(tmp_path / name)


def test_what_was_overpaid_and_wholly_came_back_needs_no_look(desk, tmp_path):
    desk.issue("c", [decision("eve")], PLANNED)
    code = code_of(desk, "eve")
    rows = [(code, "o-eve", 100)]
    header = ("coupon_id", "order_id", "discount_cents")
    desk.settle([(code, ask(order_id="o-eve", till_time=UNTIL))], UNTIL)
    of_eve = list(reconcile(desk.journal, read_till(write(tmp_path / "a.csv", rows, header))).exceptions)
    assert [(one.what, one.till_cents) for one in of_eve if one.order_id == "o-eve"] == [
        ("paid without network, owed by no budget: expired", 100)
    ]
    desk.reverse(code, ask(order_id="o-eve", lines=None), "v", UNTIL)
    rows.append((code, "o-eve", -100))
    of_eve = list(reconcile(desk.journal, read_till(write(tmp_path / "b.csv", rows, header))).exceptions)
    assert [one for one in of_eve if one.order_id == "o-eve"] == []


def test_a_parquet_file_of_more_cells_than_a_till_writes_is_refused_before_it_is_read(tmp_path, monkeypatch):
    pq.write_table(
        pa.table({"coupon_id": ["A"] * 4, "order_id": ["1"] * 4, "discount_cents": [1] * 4}), tmp_path / "t.parquet"
    )
    monkeypatch.setattr(till_table, "MAX_CELLS", 12)
    assert len(read_till(tmp_path / "t.parquet")) == 4
    monkeypatch.setattr(till_table, "MAX_CELLS", 11)
    with pytest.raises(TillTableError, match="12 cells, at most 11"):
        read_till(tmp_path / "t.parquet")
