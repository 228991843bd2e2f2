import json
import os
import random
import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from offers.book import Line
from offers.cashier import refusal_text
from offers.offline_till import OfflineTill, Paid, Refused
from offers.till_file import TillFileError
from offers.tokens import Reader, TokenError
from tests.offers.token_world import AT, FROM, ISSUED, LATTE, OTHER, SIGNER, UNTIL, claims, code, coupon, lease, signed

READER = Reader(SIGNER.jwks())
TICK = timedelta(microseconds=1)


def till_at(path, **terms):
    terms = lease(**terms)
    return OfflineTill(READER, SIGNER.allowance(terms), "soho", terms.till_id, path)


@pytest.fixture
def till(tmp_path):
    till = till_at(tmp_path / "t1.jsonl")
    yield till
    till.close()


def token(number=1, **changes):
    return SIGNER.coupon(coupon(number, **changes))


def reason(result):
    assert not isinstance(result, Refused) or result.text == refusal_text(result.reason)
    return result.reason if isinstance(result, Refused) else None


def test_a_coupon_is_paid(till):
    assert till.redeem(token(), "o1", LATTE, AT) == Paid(code(1), "off_1", "latte", "o1", 100, 250)
    assert till.spent_cents == 100


def test_a_coupon_is_paid_once_whoever_asks_and_by_whatever_token(till):
    till.redeem(token(), "o1", LATTE, AT)
    for again in (token(), token(token_id="tok_b"), token(valid_until=UNTIL - timedelta(hours=1))):
        for order_id in ("o1", "o2"):
            result = till.redeem(again, order_id, LATTE, AT)
            assert (reason(result), result.detail) == ("already_redeemed", "redeemed by order o1")
    assert till.spent_cents == 100


@pytest.mark.parametrize(
    ("terms", "lines", "at", "refusal"),
    [
        ({}, LATTE, FROM, None), ({}, LATTE, FROM - TICK, "not_yet_valid"), ({}, LATTE, UNTIL - TICK, None),
        ({"valid_until": AT}, LATTE, AT, "expired"), ({"store_id": "bund"}, LATTE, AT, "wrong_store"),
        ({"store_id": "bund", "valid_until": AT}, LATTE, AT, "expired"),
        ({}, (), AT, "wrong_product"), ({}, (Line("tea"),), AT, "wrong_product"),
        ({}, (Line("latte", 1, 400),), AT, None), ({}, (Line("latte", 1, 399),), AT, "below_margin_floor"),
        ({}, (Line("latte", 1, 450, 50),), AT, None), ({}, (Line("latte", 1, 450, 51),), AT, "below_margin_floor"),
        ({"floor_cents": 350}, LATTE, AT, None), ({"floor_cents": 351}, LATTE, AT, "below_margin_floor"),
        ({"discount_cents": 350, "floor_cents": 0}, LATTE, AT, None),
        ({"discount_cents": 351, "floor_cents": 0}, LATTE, AT, "budget_exhausted"),
    ],
)  # fmt: skip
def test_the_ledgers_rules_decide(till, terms, lines, at, refusal):
    result = till.redeem(token(**terms), "o1", lines, at)
    assert reason(result) == refusal
    assert len(till.batch()) == (refusal is None)
    assert till.spent_cents == (0 if refusal else coupon(**terms).discount_cents)


def test_two_coupons_on_one_cup_stay_above_the_floor(till):
    # 450 less 100 is 350; 100 less again would be 250, and the floor is 300. A second cup has room.
    till.redeem(token(1), "o1", LATTE, AT)
    assert reason(till.redeem(token(2), "o1", LATTE, AT)) == "below_margin_floor"
    assert reason(till.redeem(token(2), "o1", (Line("latte", 2),), AT)) is None
    assert reason(till.redeem(token(3), "o2", LATTE, AT)) is None


def test_a_coupon_on_top_keeps_the_floor_of_the_one_below(till):
    till.redeem(token(1, floor_cents=340), "o1", LATTE, AT)
    assert reason(till.redeem(token(2, discount_cents=11, floor_cents=0), "o1", LATTE, AT)) == "below_margin_floor"
    assert reason(till.redeem(token(2, discount_cents=10, floor_cents=0), "o1", LATTE, AT)) is None


def test_a_lease_that_is_spent_or_over_says_so(till):
    for number in range(3):
        assert reason(till.redeem(token(number), f"o{number}", LATTE, AT)) is None
    spent = till.redeem(token(3), "o3", LATTE, AT)
    assert (reason(spent), spent.detail[:17]) == ("budget_exhausted", "50 cents are left")
    assert reason(till.redeem(token(3, discount_cents=50), "o3", LATTE, AT)) is None


@pytest.mark.parametrize("moment", [UNTIL, UNTIL + timedelta(days=9), ISSUED - TICK])
def test_no_money_outside_the_lease(till, moment):
    result = till.redeem(
        token(valid_from=ISSUED - timedelta(days=1), valid_until=UNTIL + timedelta(days=99)), "o1", LATTE, moment
    )
    assert reason(result) == "budget_exhausted"
    assert result.detail.startswith("the till's offline allowance is for 2025-11-04T11:00:00+00:00 to ")


def test_what_isnt_a_token_of_ours_is_unknown(till):
    good = token()
    allowance = SIGNER.allowance(lease(lease_id="l2", cents=10**6))
    bads = ("", "x", code(1), "x" * 2**20, "🥐.🥐.🥐", allowance, OTHER.coupon(coupon()), good + "=", signed({}), None,
            signed({**claims(good), "discount_cents": -100}), good.swapcase())  # fmt: skip
    for bad in bads:
        result = till.redeem(bad, "o1", LATTE, AT)
        assert reason(result) == "unknown_coupon"
        assert result.detail.startswith("coupon token: ")
    assert till.batch() == []


def test_a_token_changed_anywhere_pays_nothing(till):
    good = token()
    for place, symbol in enumerate(good):
        for other in {"A", "B", "_"} - {symbol}:
            assert reason(till.redeem(good[:place] + other + good[place + 1 :], "o1", LATTE, AT)) == "unknown_coupon"
    assert (till.batch(), till.spent_cents) == ([], 0)


def test_the_batch_is_what_the_service_must_hear(till):
    there = AT.astimezone(timezone(timedelta(hours=-5)))
    lines = [Line("latte", 2, 450, 20), Line("tea")]
    till.redeem(token(1), "o1", lines, there)
    till.redeem(token(2), "o2", LATTE, AT + TICK)
    first, second = json.loads(json.dumps(till.batch()))
    assert first == {
        "token": token(1), "order_id": "o1", "till_id": "t1", "till_time": "2025-11-04T08:05:00-05:00",
        "lines": [{"product_id": "latte", "quantity": 2, "unit_price_cents": 450, "discount_cents": 20},
                  {"product_id": "tea", "quantity": 1, "unit_price_cents": None, "discount_cents": 0}],
    }  # fmt: skip
    assert second["till_time"] == "2025-11-04T13:05:00.000001+00:00"


def test_a_restart_keeps_what_was_paid(till, tmp_path):
    till.redeem(token(1), "o1", LATTE, AT)
    till.redeem(token(2), "o2", LATTE, AT)
    before = till.batch()
    till.close()
    again = till_at(tmp_path / "t1.jsonl")
    assert (again.batch(), again.spent_cents) == (before, 200)
    assert reason(again.redeem(token(1), "o3", LATTE, AT)) == "already_redeemed"
    assert again.redeem(token(3), "o3", LATTE, AT).left_cents == 50
    assert reason(again.redeem(token(4), "o4", LATTE, AT)) == "budget_exhausted"
    again.close()


def test_a_new_lease_is_new_money_for_the_same_till(till, tmp_path):
    till.redeem(token(1), "o1", LATTE, AT)
    till.close()
    fresh = till_at(tmp_path / "t1.jsonl", lease_id="l2", cents=100)
    assert fresh.spent_cents == 0
    assert reason(fresh.redeem(token(1), "o2", LATTE, AT)) == "already_redeemed"
    assert fresh.redeem(token(2), "o2", LATTE, AT).left_cents == 0
    assert [sale["order_id"] for sale in fresh.batch()] == ["o1", "o2"]
    fresh.close()


def test_a_payment_that_cant_be_stored_isnt_paid(till, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "write", full)
        with pytest.raises(TillFileError, match="No space left on device"):
            till.redeem(token(), "o1", LATTE, AT)
    assert (till.spent_cents, till.batch()) == (0, [])
    assert reason(till_at(tmp_path / "t1.jsonl").redeem(token(), "o1", LATTE, AT)) is None


def test_whose_lease_and_whose_file(tmp_path, till):
    mine = SIGNER.allowance(lease())
    for allowance, store_id, till_id in (
        (mine, "soho", "t2"),
        (mine, "bund", "t1"),
        (token(), "soho", "t1"),
        ("", "soho", "t1"),
    ):
        with pytest.raises(TokenError):
            OfflineTill(READER, allowance, store_id, till_id, tmp_path / "other.jsonl")
    till.redeem(token(), "o1", LATTE, AT)
    with pytest.raises(TillFileError, match="another program"):
        till_at(tmp_path / "t1.jsonl")
    till.close()
    for _ in range(2):
        with pytest.raises(TillFileError, match="holds what another till paid"):
            till_at(tmp_path / "t1.jsonl", till_id="t2")


@pytest.mark.parametrize(("order_id", "now"), [("", AT), ("o1", AT.replace(tzinfo=None))])
def test_what_a_till_must_tell(till, order_id, now):
    with pytest.raises(ValueError, match=r"order_id|moment"):
        till.redeem(token(), order_id, LATTE, now)


def test_threads_of_one_till_dont_overspend(till):
    results, barrier = [], threading.Barrier(8)

    def pay(number):
        barrier.wait()
        results.extend(till.redeem(token(n), f"o{number}_{n}", LATTE, AT) for n in range(6))

    racers = [threading.Thread(target=pay, args=(number,)) for number in range(8)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert len([result for result in results if reason(result) is None]) == 3
    assert till.spent_cents == 300


@pytest.mark.parametrize("seed", range(12))
def test_tills_that_know_nothing_of_each_other_stay_within_their_leases(tmp_path, seed):
    """k tills share one store's allowance; every token comes to every till, several times, shuffled, with restarts."""
    rng = random.Random(seed)
    allowance = rng.randrange(200, 1200)
    cuts = sorted(rng.sample(range(1, allowance), rng.randrange(1, 5)))
    shares = [end - start for start, end in zip([0, *cuts], [*cuts, allowance], strict=True)]
    coupons = [coupon(n, discount_cents=rng.randrange(1, 150)) for n in range(12)]
    shown = [(SIGNER.coupon(replace(c, token_id=f"{c.token_id}_{copy}")), c) for c in coupons for copy in range(2)]
    tills = [till_at(tmp_path / f"{t}", lease_id=f"l{t}", till_id=f"t{t}", cents=c) for t, c in enumerate(shares)]
    asks = [(t, *pair) for t in range(len(tills)) for pair in shown * 2]
    rng.shuffle(asks)
    paid, reached = [Counter() for _ in tills], Counter()
    for number, (t, text, terms) in enumerate(asks):
        if rng.random() < 0.1:
            tills[t].close()
            with (tmp_path / f"{t}").open("ab") as file:
                file.write(b'{"store_id":"soho","till' * rng.randrange(2))
            tills[t] = till_at(tmp_path / f"{t}", lease_id=f"l{t}", till_id=f"t{t}", cents=shares[t])
        result = tills[t].redeem(text, f"o{number}", LATTE, AT)
        reached[reason(result)] += 1
        # The book by hand: once a till, and only with the whole discount left.
        fits = sum(paid[t].values()) + terms.discount_cents <= shares[t]
        assert reason(result) == ("already_redeemed" if terms.code in paid[t] else None if fits else "budget_exhausted")
        if isinstance(result, Paid):
            paid[t][terms.code] += result.discount_cents
    assert sum(sum(till.values()) for till in paid) <= allowance
    assert [till.spent_cents for till in tills] == [sum(till.values()) for till in paid]
    assert [len(till.batch()) for till in tills] == [len(till) for till in paid]
    assert set(reached) == {None, "already_redeemed", "budget_exhausted"}
    for till in tills:
        till.close()


@pytest.mark.parametrize(("late", "refusal"), [(timedelta(seconds=89), None), (timedelta(seconds=90), "expired")])
def test_the_queue_is_served_after_the_window(till, late, refusal):
    slow = token(grace_s=90, valid_until=AT)
    assert reason(till.redeem(slow, "o1", LATTE, AT + late)) == refusal
    assert reason(till.redeem(token(2, valid_until=AT), "o2", LATTE, AT)) == "expired"


def test_what_is_settled_is_not_sent_again(tmp_path):
    till = till_at(tmp_path / "t1.jsonl", cents=1000)
    for number in range(4):
        till.redeem(token(number), f"o{number}", LATTE, AT)
    batch = till.batch()
    till.settled(batch[:3], ["redeem", "rejected", "overpay"])
    assert till.batch() == [batch[1], batch[3]]
    till.settled(batch[3:], ["known"])
    till.settled(batch[3:], ["known"])
    assert till.batch() == [batch[1]]
    till.close()
    # It remembers both, what it paid and what was settled, and pays nothing twice.
    again = till_at(tmp_path / "t1.jsonl", cents=1000)
    assert again.batch() == [batch[1]]
    assert again.spent_cents == 400
    assert reason(again.redeem(token(0), "o9", LATTE, AT)) == "already_redeemed"
    assert again._file._size == (tmp_path / "t1.jsonl").stat().st_size
    again.close()
