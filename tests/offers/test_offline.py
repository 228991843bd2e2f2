"""Offline redemption from token to settlement, on a real journal, with tills that keep no rule but their own file."""

import shutil
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from offers import leases
from offers.answers import KeyReused
from offers.book import Line
from offers.codes import new_code
from offers.desk import open_desk
from offers.leases import AllowanceError, LeaseOver, UnknownLease
from offers.offline import Sale, lend, settle, token_of
from offers.offline_till import OfflineTill, Paid
from offers.signing_key import signer_at
from offers.tokens import Reader
from offers.verify import verify
from tests.offers.desk_world import AT, FROM, PLANNED, SOHO, UNTIL, ask, campaign, code_of, decision

USERS = tuple(f"u{n}" for n in range(8))
MORNING = FROM - timedelta(hours=1)


@pytest.fixture
def desk(sqlite_url):
    desk = open_desk(sqlite_url)
    desk.open(campaign(2000, reserve=0), [SOHO, replace(SOHO, store_id="bund")], PLANNED)
    desk.issue("c", [decision(user) for user in USERS], PLANNED)
    yield desk
    desk.journal.close()


@pytest.fixture(scope="module")
def signer(tmp_path_factory):
    return signer_at(tmp_path_factory.mktemp("key") / "key.pem")


def tokens(desk, signer, users=USERS, now=MORNING):
    return [
        token_of(desk, signer, desk.token(code_of(desk, user), ask(till_time=None), f"t-{user}", now)) for user in users
    ]


def sale(token, order_id="o1", at=AT, till_id="t1", lines=(Line("latte"),)):
    return Sale(token, order_id, till_id, at, lines)


def money(desk, now=AT):
    found = desk.campaign("c", now)
    return found["spent_cents"], found["held_cents"], found["overpaid_cents"]


def test_a_token_sets_the_discount_aside_until_it_must_be_settled(desk, signer):
    tokens(desk, signer, USERS[:1])
    assert money(desk) == (0, 100, 0)
    # The window ends before the token would: held until then and a day for the till to come back.
    end = UNTIL + timedelta(days=1)
    assert money(desk, end - timedelta(microseconds=1))[1] == 100
    assert money(desk, end)[1] == 0


def test_the_same_ask_brings_the_same_token(desk, signer):
    first, again = tokens(desk, signer, USERS[:1]), tokens(desk, signer, USERS[:1])
    assert first == again


def test_a_sale_is_settled_once_however_often_it_is_sent(desk, signer):
    token = tokens(desk, signer, USERS[:1])[0]
    reader = Reader(signer.jwks())
    done = settle(desk, reader, "soho", [sale(token), sale(token)], AT)
    assert [one.outcome for one in done] == ["redeem", "known"]
    later = settle(desk, reader, "soho", [sale(token, lines=(Line("tea"),), at=UNTIL)], UNTIL)
    assert [one.outcome for one in later] == ["known"]
    assert money(desk) == (100, 0, 0)
    assert verify(desk.journal) == []


def test_a_sale_that_was_redeemed_with_network_is_known(desk, signer):
    token = tokens(desk, signer, USERS[:1])[0]
    assert desk.redeem(code_of(desk, "u0"), ask(order_id="o1"), "k", AT).ok
    reader = Reader(signer.jwks())
    assert [one.outcome for one in settle(desk, reader, "soho", [sale(token, "o1")], AT)] == ["known"]
    other = settle(desk, reader, "soho", [sale(token, "o2")], AT)
    assert [(one.outcome, one.reason, one.discount_cents) for one in other] == [("overpay", "already_redeemed", 100)]
    assert money(desk) == (100, 0, 100)
    assert verify(desk.journal) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"at": UNTIL}, "expired"), ({"at": FROM - timedelta(seconds=1)}, "not_yet_valid"),
     ({"lines": (Line("tea"),)}, "wrong_product"), ({"lines": (Line("latte", 1, 350),)}, "below_margin_floor")],
)  # fmt: skip
def test_what_a_till_should_not_have_paid_is_booked_with_its_reason(desk, signer, change, reason):
    token = tokens(desk, signer, USERS[:1])[0]
    done = settle(desk, Reader(signer.jwks()), "soho", [sale(token, **change)], UNTIL)
    assert [(one.outcome, one.reason) for one in done] == [("overpay", reason)]
    assert money(desk)[::2] == (0, 100)
    assert verify(desk.journal) == []


def test_what_is_not_our_token_is_rejected_and_books_nothing(desk, signer, tmp_path):
    token = tokens(desk, signer, USERS[:1])[0]
    stranger = signer_at(tmp_path / "other.pem")
    forged = tokens(desk, stranger, USERS[1:2])[0]
    reader, before = Reader(signer.jwks()), money(desk)
    bad = [sale(text, f"o{n}") for n, text in enumerate((forged, token[:-2], token + "A", "", "x" * 10**6))]
    assert {one.outcome for one in settle(desk, reader, "soho", bad, AT)} == {"rejected"}
    assert [one.outcome for one in settle(desk, reader, "bund", [sale(token)], AT)] == ["rejected"]
    assert money(desk) == before


def test_a_store_lends_no_more_than_its_allowance(desk, signer):
    first = lend(desk, signer, "soho", "t1", 300, 500, "lease_1", AT)
    assert first[2] is False
    with pytest.raises(AllowanceError, match="200 aren't lent"):
        lend(desk, signer, "soho", "t2", 201, 500, "lease_2", AT)
    lend(desk, signer, "bund", "t1", 500, 500, "lease_3", AT)
    with pytest.raises(AllowanceError, match="in no table"):
        lend(desk, signer, "nowhere", "t1", 1, 500, "lease_9", AT)
    # The same lease again, as a till asks whose answer got lost; under its id nothing else.
    again = [lend(desk, signer, "soho", "t1", 300, 500, "lease_1", at) for at in (AT, UNTIL)]
    assert again == [(*first[:2], True)] * 2
    with pytest.raises(KeyReused):
        lend(desk, signer, "soho", "t1", 200, 500, "lease_1", AT)
    for store_id, till_id, lease_id, says in (
        ("soho", "t2", "lease_1", "closes its own"),
        ("bund", "t1", "lease_1", "isn't store bund's"),
        ("soho", "t1", "lease_8", "isn't store soho's"),
    ):
        with pytest.raises(UnknownLease, match=says):
            settle(desk, Reader(signer.jwks()), store_id, [], AT, lease_id=lease_id, closed_by=till_id)
    settle(desk, Reader(signer.jwks()), "soho", [], AT, lease_id="lease_1", closed_by="t1")
    lend(desk, signer, "soho", "t2", 500, 500, "lease_4", AT)
    # A till that never came back: its lease ends with the day in which it could still have settled.
    for hours, fits in ((47, False), (49, True)):
        later = AT + timedelta(hours=hours)
        if fits:
            lend(desk, signer, "soho", "t2", 500, 500, "lease_5", later)
        else:
            with pytest.raises(AllowanceError):
                lend(desk, signer, "soho", "t2", 500, 500, "lease_5", later)


def test_a_lease_that_is_over_is_not_handed_out_again(desk, signer):
    _, first, _ = lend(desk, signer, "soho", "t1", 1000, 1000, "lease_a", AT)
    lend(desk, signer, "bund", "t1", 1000, 1000, "lease_c", AT)
    settle(desk, Reader(signer.jwks()), "soho", [], AT, lease_id="lease_a", closed_by="t1")
    assert lend(desk, signer, "bund", "t1", 1000, 1000, "lease_c", AT)[2], "another's lease stays open"
    # Its money is another till's now: both alive would be twice the allowance.
    _, second, _ = lend(desk, signer, "soho", "t2", 1000, 1000, "lease_b", AT)
    with pytest.raises(LeaseOver, match=r"was closed at .*new Idempotency-Key"):
        lend(desk, signer, "soho", "t1", 1000, 1000, "lease_a", AT)
    assert first.expires_at == second.expires_at
    assert lend(desk, signer, "soho", "t2", 1000, 1000, "lease_b", second.expires_at - timedelta(microseconds=1))[2]
    with pytest.raises(LeaseOver, match=r"ran out at .*new Idempotency-Key"):
        lend(desk, signer, "soho", "t2", 1000, 1000, "lease_b", second.expires_at)
    with pytest.raises(KeyReused):
        lend(desk, signer, "soho", "t1", 999, 1000, "lease_a", AT)


def overruns(desk):
    with desk.journal.read() as connection:
        return leases.overrun(connection)


def test_what_a_lease_paid_is_noted_with_what_is_booked_or_not_at_all(desk, signer, monkeypatch):
    lend(desk, signer, "soho", "t1", 100, 1000, "lease_1", AT)
    lend(desk, signer, "soho", "t2", 150, 1000, "lease_2", AT)
    reader = Reader(signer.jwks())
    sales = [sale(token, f"o{n}") for n, token in enumerate(tokens(desk, signer, USERS[:2]))]
    # Ours by its signature, but of a coupon that the ledger lost: what stands beside it is booked and noted all the same.
    lost = replace(reader.coupon(sales[0].token, "soho"), code=new_code(bytes))
    sales.append(sale(signer.coupon(lost), "o9"))

    def dies(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(leases, "note_paid", dies)
        with pytest.raises(KeyboardInterrupt):
            settle(desk, reader, "soho", sales, AT, lease_id="lease_1")
    assert money(desk)[::2] == (0, 0), "nothing was booked without its lease's note"
    for outcome in ("redeem", "known"):
        done = settle(desk, reader, "soho", sales, AT, lease_id="lease_1")
        assert [one.outcome for one in done] == [outcome] * 2 + ["rejected"]
        assert overruns(desk) == ["lease lease_1 of till t1, store soho: 200 cents paid, 100 lent"]
    assert verify(desk.journal) == []


@pytest.mark.parametrize(
    ("lease_id", "closed_by"), [("lease_9", None), ("lease_bund", None), ("lease_9", "t1"), ("lease_1", "t2")]
)
def test_a_wrong_lease_is_refused_before_anything_is_booked(desk, signer, lease_id, closed_by):
    lend(desk, signer, "soho", "t1", 100, 1000, "lease_1", AT)
    lend(desk, signer, "bund", "t1", 100, 1000, "lease_bund", AT)
    reader, sales = Reader(signer.jwks()), [sale(tokens(desk, signer, USERS[:1])[0])]
    with pytest.raises(UnknownLease):
        settle(desk, reader, "soho", sales, AT, lease_id=lease_id, closed_by=closed_by)
    assert money(desk)[::2] == (0, 0)
    # Sent again with the right one it is all booked; a lease that its till has closed takes in what is late.
    for again in ("redeem", "known"):
        done = settle(desk, reader, "soho", sales, AT, lease_id="lease_1", closed_by="t1")
        assert [one.outcome for one in done] == [again]


def test_a_sale_under_no_lease_is_booked(desk, signer):
    done = settle(desk, Reader(signer.jwks()), "soho", [sale(tokens(desk, signer, USERS[:1])[0])], AT)
    assert [one.outcome for one in done] == ["redeem"]


@pytest.mark.parametrize(
    ("begin", "end", "told"),
    [(None, None, 1), (AT + leases.LIFE - timedelta(seconds=1), None, 1), (AT + leases.LIFE, None, 0),
     (None, AT + timedelta(seconds=1), 1), (None, AT, 0)],
)  # fmt: skip
def test_an_overrun_belongs_to_its_leases_time(desk, begin, end, told):
    with desk.journal.write() as connection:
        leases.give(connection, "lease_1", "soho", "t1", 100, 100, AT)
        leases.note_paid(connection, "lease_1", "soho", 101)
        assert len(leases.overrun(connection, begin, end)) == told


def offline_day(desk, signer, folder, rng, n_tills, allowance):
    """Tills of one store lose the network; every customer tries several tills. The sales each would send."""
    reader, presented = Reader(signer.jwks()), tokens(desk, signer)
    batches = []
    for n in range(n_tills):
        leased, _, _ = lend(desk, signer, "soho", f"t{n}", allowance // n_tills, allowance, f"lease_{n}", MORNING)
        till = OfflineTill(reader, leased, "soho", f"t{n}", folder / f"t{n}.jsonl")
        for turn in rng.permutation(len(presented)):
            if rng.random() < 0.7:
                at = AT + timedelta(seconds=int(rng.integers(600)))
                till.redeem(presented[turn], f"t{n}-o{turn}", (Line("latte"),), at)
        batches.append(till.batch())
        till.close()
    return batches


def books(desk):
    """What must not depend on the order: sums, states, and which orders were paid for which coupon."""
    with desk.journal.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT offer_id, order_id, amount_cents FROM entries WHERE kind IN ('redeem', 'overpay')"
        ).all()
        states = connection.exec_driver_sql("SELECT user_id, state, used_day FROM coupons ORDER BY user_id").all()
    return money(desk, UNTIL), sorted(order for _, order, _ in rows), [tuple(row) for row in states]


@pytest.mark.parametrize("seed", range(6))
def test_tills_without_network_in_any_order_with_repeats_and_tampering(migrated_file, tmp_path, signer, seed):
    found = []
    for turn in range(3):
        rng = np.random.default_rng(seed)
        folder = tmp_path / str(turn)
        folder.mkdir()
        shutil.copy(migrated_file, folder / "ledger.db")
        desk = open_desk(f"sqlite:///{folder / 'ledger.db'}")
        desk.open(campaign(2000, reserve=0), [SOHO], PLANNED)
        desk.issue("c", [decision(user) for user in USERS], PLANNED)
        n_tills, allowance = 2 + seed % 3, 900
        batches = offline_day(desk, signer, folder, rng, n_tills, allowance)
        sales = [
            Sale(one["token"], one["order_id"], one["till_id"], AT, tuple(Line(**line) for line in one["lines"]))
            for batch in batches
            for one in batch
        ]
        paid = 100 * len(sales)
        assert 0 < paid <= allowance
        order = np.random.default_rng((seed, turn))
        sent = [sales[at] for at in order.permutation(len(sales))] + [
            sales[at] for at in order.integers(0, len(sales), 4)
        ]
        sent += [replace(one, token=one.token[:-5] + "AAAAA", order_id=f"bad-{one.order_id}") for one in sent[:3]]
        reader, outcomes = Reader(signer.jwks()), []
        while sent:
            size = int(order.integers(1, 5))
            outcomes += settle(desk, reader, "soho", sent[:size], UNTIL)
            sent = sent[size:]
        spent, held, overpaid = money(desk, UNTIL)
        assert spent + overpaid == paid
        assert spent + held <= 2000
        assert sum(one.outcome == "rejected" for one in outcomes) == 3
        assert verify(desk.journal) == []
        found.append(books(desk))
        desk.journal.close()
    assert found[0] == found[1] == found[2]


def test_the_reference_till_speaks_the_services_words(desk, signer, tmp_path):
    leased, _, _ = lend(desk, signer, "soho", "t1", 100, 100, "lease_1", MORNING)
    first, second = tokens(desk, signer, USERS[:2])
    till = OfflineTill(Reader(signer.jwks()), leased, "soho", "t1", tmp_path / "till.jsonl")
    assert isinstance(till.redeem(first, "o1", (Line("latte"),), AT), Paid)
    assert till.redeem(first, "o2", (Line("latte"),), AT).reason == "already_redeemed"
    assert till.redeem(second, "o3", (Line("latte"),), AT).reason == "budget_exhausted"
    till.close()
