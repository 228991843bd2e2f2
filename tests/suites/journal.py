"""How a ledger behaves, whatever database keeps it. An adapter subclasses `JournalSuite` and gives the fixture

`url`   the address of a ledger without entries, fresh for every test.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from msgspec.structs import replace as changed

from offers.answers import KeyReused
from offers.book import Line
from offers.database import LedgerError
from offers.desk import Desk
from offers.journal import Journal, read_account
from offers.tables import answers, coupons, entries
from offers.verify import verify
from tests.offers.desk_world import AT, DAY, FROM, PLANNED, SOHO, TICK, UNTIL, ask, campaign, code_of, decision


def opened(journal: Journal, users: tuple[str, ...] = ("ann",), granted: int = 1000, **limits) -> Desk:
    desk = Desk(journal)
    desk.open(campaign(granted, **limits), [SOHO], PLANNED)
    desk.issue("c", [decision(user) for user in users], PLANNED)
    return desk


def n_rows(desk: Desk, table: sa.Table) -> int:
    with desk.journal.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def money(desk: Desk, now=AT) -> tuple[int, int, int]:
    found = desk.campaign("c", now)
    return found["spent_cents"], found["held_cents"], found["promised_cents"]


class JournalSuite:
    @pytest.fixture
    def journal(self, url):
        journal = Journal(url)
        yield journal
        journal.close()

    @pytest.fixture
    def desk(self, journal):
        return opened(journal)

    def test_from_issue_to_redemption(self, desk):
        assert money(desk) == (0, 0, 20)
        offer = desk.wallet("ann", PLANNED)[0]
        assert (offer.product_id, offer.discount_cents, offer.state) == ("latte", 100, "issued")
        assert offer.valid_from.isoformat() == "2025-11-04T08:00:00-05:00"
        answer = desk.redeem(offer.coupon_code, ask(), "k", AT)
        assert (answer.ok, answer.replay) == (True, False)
        assert answer.body == {
            "entry_id": "c:5", "kind": "redeem", "coupon_code": offer.coupon_code, "offer_id": offer.offer_id,
            "order_id": "o1", "product_id": "latte", "store_id": "soho", "discount_cents": 100, "currency": "USD",
            "at": AT.isoformat(),
        }  # fmt: skip
        assert money(desk) == (100, 0, 0)
        assert desk.wallet("ann", AT) == []
        assert verify(desk.journal) == []

    def test_an_entry_says_who_where_and_why(self, desk):
        offer = desk.wallet("ann", PLANNED)[0]
        desk.redeem(offer.coupon_code, ask(till_time=AT - TICK), "k", AT)
        with desk.journal.read() as connection:
            row = connection.execute(sa.select(entries).where(entries.c.kind == "redeem")).one()
        assert (row.actor, row.till_id, row.store_id, row.order_id) == ("k1", "t1", "soho", "o1")
        assert (row.decision_id, row.at, row.judged_at) == (offer.decision_id, AT, AT - TICK)
        detail = json.loads(row.detail)
        assert (detail["act"], detail["lines"], row.day, row.units) == (
            "redeem",
            [["latte", 1, None, 0]],
            "2025-11-04",
            1,
        )

    def test_codes_are_read_however_typed(self, desk):
        code = code_of(desk)
        assert desk.validate(code.lower().replace("-", " "), ask(), AT).ok
        for wrong in ("", "nonsense", code[:-1], "0" * 16):
            assert desk.validate(wrong, ask(), AT).body["reason"] == "unknown_coupon"

    def test_validate_has_no_effect_and_takes_the_untold_as_right(self, desk):
        code, before = code_of(desk), n_rows(desk, entries)
        quote = desk.validate(code, replace(ask(), store_id=None, lines=None, order_id=None), AT)
        assert (quote.ok, quote.body["kind"], quote.body["discount_cents"]) == (True, "quote", 100)
        refused = desk.validate(code, ask(till_time=FROM - TICK), AT)
        assert refused.body["reason"] == "not_yet_valid"
        assert refused.body["text"] == {"en": "This coupon isn't valid yet.", "zh": "这张券还没到使用时间。"}
        assert (n_rows(desk, entries), n_rows(desk, answers), money(desk)) == (before, 0, (0, 0, 20))

    def test_without_a_tills_clock_ours_judges(self, desk):
        code = code_of(desk)
        assert desk.validate(code, ask(till_time=None), FROM - TICK).body["reason"] == "not_yet_valid"
        assert desk.validate(code, ask(till_time=None), FROM).ok

    def test_a_till_whose_clock_is_too_far_off_is_judged_by_ours(self, journal):
        desk = opened(journal, max_till_skew_s=60)
        code = code_of(desk)
        assert desk.validate(code, ask(till_time=FROM), FROM - timedelta(seconds=60)).ok
        far = desk.validate(code, ask(till_time=FROM), FROM - timedelta(seconds=61))
        assert far.body["reason"] == "not_yet_valid"

    # -- keys

    def test_the_same_call_gets_the_same_answer(self, desk):
        code = code_of(desk)
        first = desk.redeem(code, ask(), "k", AT)
        again = desk.redeem(code.lower(), ask(actor="another key"), "k", AT + timedelta(hours=9))
        assert again.replay
        assert json.dumps(again.body) == json.dumps(first.body)
        assert money(desk) == (100, 0, 0)

    def test_a_refusal_is_replayed_too(self, desk):
        code = code_of(desk)
        early = ask(till_time=FROM - TICK)
        first = desk.redeem(code, early, "k", AT)
        assert not first.ok
        assert desk.redeem(code, early, "k", AT) == replace(first, replay=True)
        # It keeps the name of the request that was first refused.
        named = desk.hold(code, replace(early, request_id="first"), "k1", AT)
        assert named.body["request_id"] == "first"
        assert desk.hold(code, replace(early, request_id="second"), "k1", AT) == replace(named, replay=True)
        assert desk.redeem("nonsense", ask(), "k2", AT).body == desk.redeem("nonsense", ask(), "k2", AT).body

    @pytest.mark.parametrize(
        "change", [{"order_id": "o2"}, {"store_id": "bund"}, {"lines": (Line("latte", 2),)}, {"user_id": "ann"},
                   {"till_time": AT + TICK}]
    )  # fmt: skip
    def test_a_key_serves_one_body(self, desk, change):
        code = code_of(desk)
        desk.redeem(code, ask(), "k", AT)
        with pytest.raises(KeyReused, match="new key"):
            desk.redeem(code, ask(**change), "k", AT)

    def test_a_key_serves_one_act_and_one_coupon(self, desk):
        code = code_of(desk)
        desk.hold(code, ask(), "k", AT)
        with pytest.raises(KeyReused):
            desk.redeem(code, ask(), "k", AT)
        with pytest.raises(KeyReused):
            desk.hold("nonsense", ask(), "k", AT)

    def test_an_order_is_needed(self, desk):
        for act in (desk.hold, desk.redeem, desk.release, desk.reverse):
            with pytest.raises(ValueError, match="order_id"):
                act(code_of(desk), ask(order_id=None), "k", AT)

    # -- holds and reversals

    def test_a_hold_counts_until_it_runs_out_and_no_sweeper_comes(self, journal):
        desk = opened(journal, ("ann", "bob"), granted=199, reserve=0, hold_s=60)
        ann, bob = code_of(desk), code_of(desk, "bob")
        held = desk.hold(ann, ask(), "h", AT)
        assert held.body["held_until"] == (AT + timedelta(seconds=60)).isoformat()
        assert money(desk) == (0, 100, 20)
        refused = desk.redeem(bob, ask(order_id="o2"), "b1", AT)
        assert refused.body["reason"] == "budget_exhausted"
        late = AT + timedelta(seconds=60)
        assert money(desk, late - TICK)[1] == 100
        assert money(desk, late) == (0, 0, 40)
        assert desk.redeem(bob, ask(order_id="o2"), "b2", late).ok
        assert desk.redeem(ann, ask(), "a2", late).body["reason"] == "budget_exhausted"
        assert verify(journal) == []

    def test_a_hold_is_its_orders_and_can_be_let_go(self, desk):
        code = code_of(desk)
        desk.hold(code, ask(), "h", AT)
        assert desk.redeem(code, ask(order_id="o2"), "r", AT).body["reason"] == "already_redeemed"
        assert desk.release(code, ask(order_id="o2"), "l0", AT).body["reason"] == "already_redeemed"
        assert desk.release(code, ask(), "l1", AT).ok
        assert desk.release(code, ask(), "l2", AT).body["reason"] == "released"
        assert desk.redeem(code, ask(order_id="o2"), "r2", AT).ok

    def test_a_redemption_takes_the_hold_over(self, desk):
        code = code_of(desk)
        desk.hold(code, ask(), "h", AT)
        assert desk.redeem(code, ask(), "r", AT).ok
        assert money(desk) == (100, 0, 0)

    def test_a_reversal_is_exact_and_once(self, desk):
        code = code_of(desk)
        assert desk.reverse(code, ask(), "v0", AT).body["reason"] == "released"
        desk.redeem(code, ask(), "r", AT)
        assert desk.reverse(code, ask(order_id="o2"), "v1", AT).body["reason"] == "already_redeemed"
        assert desk.reverse(code, ask(), "v2", AT).body["discount_cents"] == 100
        assert money(desk) == (0, 0, 0)
        assert desk.reverse(code, ask(), "v3", AT).body["reason"] == "released"
        assert desk.redeem(code, ask(order_id="o2"), "r2", AT).body["reason"] == "already_redeemed"
        assert verify(desk.journal) == []

    def test_a_withdrawn_coupon_is_gone_and_its_promise_free(self, desk):
        offer = desk.wallet("ann", PLANNED)[0]
        assert desk.withdraw(offer.offer_id, "operator", AT).ok
        assert money(desk) == (0, 0, 0)
        assert desk.redeem(offer.coupon_code, ask(), "r", AT).body["reason"] == "released"
        assert desk.withdraw(offer.offer_id, "operator", AT).body["reason"] == "released"
        assert desk.withdraw("off_nobody", "operator", AT).body["reason"] == "unknown_coupon"
        assert desk.wallet("ann", PLANNED) == []
        assert verify(desk.journal) == []

    # -- facts around a redemption

    def test_the_day_of_a_limit_is_the_stores(self, journal):
        desk = opened(journal, ())
        late = {"valid_from": FROM + timedelta(hours=10), "valid_until": FROM + timedelta(hours=40)}
        desk.open(campaign(), [replace(SOHO, opens=0, closes=1440)], PLANNED)
        desk.issue("c", [decision("ann", **late)], PLANNED)
        desk.issue("c", [decision("ann", DAY + timedelta(1), valid_from=FROM + timedelta(1), valid_until=UNTIL + timedelta(2))],
                   PLANNED)  # fmt: skip
        first, second = (offer.coupon_code for offer in desk.wallet("ann", PLANNED))
        # 04:30 UTC on the 5th is still the 4th in New York.
        midnight = FROM.replace(day=5, hour=5)
        assert desk.redeem(first, ask(till_time=midnight - TICK), "a", AT).ok
        assert desk.validate(second, ask(order_id="o2", till_time=FROM + timedelta(1)), AT).ok
        assert desk.reverse(first, ask(), "b", AT).ok

    def test_a_used_coupon_fills_the_day_and_a_reversed_one_doesnt(self, journal):
        desk = opened(journal, ())
        for n, begins in enumerate((FROM, FROM + timedelta(1))):
            window = {"valid_from": begins, "valid_until": UNTIL + timedelta(1)}
            assert desk.issue("c", [decision("ann", DAY + timedelta(n), **window)], PLANNED).n_issued == 1
        first, second = (offer.coupon_code for offer in desk.wallet("ann", PLANNED))
        on_day_two = ask(till_time=AT + timedelta(1))
        assert desk.redeem(first, on_day_two, "a", AT).ok
        other_order = replace(on_day_two, order_id="o2")
        assert desk.redeem(second, other_order, "b", AT).body["reason"] == "limit_reached"
        assert desk.reverse(first, ask(), "c", AT).ok
        assert desk.redeem(second, other_order, "d", AT).ok

    def test_closed_by_the_stores_wall_clock(self, journal):
        desk = opened(journal, ())
        desk.issue("c", [decision("ann", valid_from=FROM, valid_until=FROM + timedelta(hours=12))], PLANNED)
        seven_pm = FROM + timedelta(hours=11)
        assert desk.validate(code_of(desk), ask(till_time=seven_pm - TICK), AT).ok
        assert desk.validate(code_of(desk), ask(till_time=seven_pm), AT).body["reason"] == "store_closed"

    @pytest.mark.parametrize(("units", "reason"), [(None, None), (1, None), (0, "out_of_stock")])
    def test_stock_is_asked_of_whoever_knows(self, journal, units, reason):
        code = code_of(opened(journal))
        asked = []
        desk = Desk(journal, stock=lambda *what: (asked.append(what), units)[1])
        assert desk.validate(code, ask(), AT).body.get("reason") == reason
        assert desk.redeem(code, ask(), "k", AT).body.get("reason") == reason
        assert asked == [("soho", "latte")] * 2

    def test_a_stopped_campaign_neither_promises_nor_pays(self, desk):
        code = code_of(desk)
        desk.open(campaign(stopped=True), [SOHO], AT)
        assert desk.redeem(code, ask(), "k", AT).body["reason"] == "campaign_stopped"
        assert desk.issue("c", [decision("bob")], PLANNED).refused == {"campaign_stopped": 1}
        assert desk.campaign("c", AT)["stopped"] is True

    # -- issuing

    def test_planning_twice_issues_nothing_twice(self, desk):
        again = desk.issue("c", [decision("ann"), decision("bob")], PLANNED)
        assert (again.n_issued, again.n_decided, again.n_known) == (1, 1, 1)
        assert desk.decided("c", DAY) == {"ann", "bob"}
        assert desk.decided("c", DAY + timedelta(1)) == set()
        assert len(desk.wallet("ann", PLANNED)) == 1

    def test_promises_stop_at_the_budget_less_its_reserve(self, journal):
        desk = opened(journal, tuple(f"u{n:02d}" for n in range(60)))
        found = desk.campaign("c", PLANNED)
        # 1000 less 150: forty-two promises of 20 are 840, one more would be 860.
        assert (found["n_issued"], found["promised_cents"], found["n_decided"]) == (42, 840, 60)
        assert desk.decision("c", DAY, "u41")["reason"] is None
        assert desk.decision("c", DAY, "u42")["reason"] == "budget_exhausted"

    def test_an_unused_coupons_promise_ends_with_its_window(self, desk):
        assert money(desk, UNTIL - TICK) == (0, 0, 20)
        assert money(desk, UNTIL) == (0, 0, 0)

    def test_decisions_keep_what_was_weighed(self, desk):
        made = replace(decision("bob"), sent_arm=0, holdout=True, reason="holdout", propensity=0.05, terms=None)
        desk.issue("c", [made], PLANNED)
        kept = desk.decision("c", DAY, "bob")
        assert kept["arms"] == list(made.arms)
        assert (kept["planned_arm"], kept["sent_arm"], kept["propensity"]) == (1, 0, 0.05)
        assert (kept["holdout"], kept["reason"], kept["model_version"], kept["made_at"]) == (
            True,
            "holdout",
            "m1",
            PLANNED,
        )
        assert desk.decision("c", DAY, "nobody") is None
        assert (desk.campaign("c", AT)["n_holdout"], desk.wallet("bob", PLANNED)) == (1, [])

    def test_a_batch_is_issued_whole_or_not_at_all(self, journal):
        desk = opened(journal, ())
        drawn = iter([bytes(12), bytes(12), bytes(range(10)), bytes([1] * 12)])
        broken = Desk(journal, token=lambda n: next(drawn))
        with pytest.raises((StopIteration, RuntimeError)):
            broken.issue("c", [decision("ann"), decision("bob")], PLANNED)
        assert (n_rows(desk, coupons), desk.decided("c", DAY), money(desk)) == (0, set(), (0, 0, 0))
        assert desk.issue("c", [decision("ann"), decision("bob")], PLANNED).n_issued == 2

    def test_money_that_comes_and_goes_is_an_entry(self, desk):
        desk.open(campaign(1500), [SOHO], AT)
        desk.open(campaign(1500), [SOHO], AT)
        desk.open(campaign(700), [SOHO], AT)
        with desk.journal.read() as connection:
            grants = sa.select(entries.c.amount_cents).where(entries.c.kind == "grant").order_by(entries.c.seq)
            assert connection.execute(grants).scalars().all() == [1000, 500, -800]
        found = desk.campaign("c", AT)
        assert (found["granted_cents"], found["reserve_cents"]) == (700, 105)
        assert verify(desk.journal) == []

    def test_a_grant_is_not_lowered_below_what_is_spent_and_held(self, journal):
        desk = opened(journal, ("ann", "bob"))
        desk.redeem(code_of(desk), ask(), "k1", AT)
        desk.hold(code_of(desk, "bob"), ask(order_id="o2"), "k2", AT)
        with pytest.raises(
            LedgerError, match=r"campaign c: granted_cents is 199, and 200 are spent or held.* set 200 or"
        ):
            desk.open(campaign(199), [SOHO], AT)
        assert desk.campaign("c", AT)["granted_cents"] == 1000
        honours = changed(campaign(150).budget, policy="honour", overspend_cents=50)
        desk.open(changed(campaign(150), budget=honours), [SOHO], AT)
        with pytest.raises(LedgerError, match="set 151 or more"):
            desk.open(changed(campaign(150), budget=changed(honours, overspend_cents=49)), [SOHO], AT)
        desk.open(campaign(200), [SOHO], AT)
        # All campaigns together; 0 is no cap. A hold that ran out may be taken.
        with pytest.raises(LedgerError, match="budget_cents of all campaigns is 199"):
            desk.open(campaign(200), [SOHO], AT, chain_cents=199)
        desk.open(campaign(200), [SOHO], AT, chain_cents=0)
        late = AT + timedelta(hours=1)
        desk.open(campaign(100), [SOHO], late, chain_cents=100)
        assert verify(journal) == []

    def test_a_tokens_money_stays_aside_whatever_an_order_does(self, desk):
        code, soon = code_of(desk), AT + timedelta(minutes=1)
        until = desk.token(code, ask(till_time=None), "t", AT).body["valid_until"]
        end = datetime.fromisoformat(until) + timedelta(days=1)
        assert desk.hold(code, ask(), "h", soon).body["held_until"] == (soon + timedelta(minutes=5)).isoformat()
        assert desk.redeem(code, ask(order_id="o2"), "r", soon).body["reason"] == "already_redeemed"
        assert desk.release(code, ask(), "l", soon).ok
        assert desk.release(code, ask(), "l2", soon).body["reason"] == "released"
        assert (money(desk, end - TICK)[1], money(desk, end)[1]) == (100, 0)
        assert verify(desk.journal) == []
        desk.hold(code, ask(), "h2", soon)
        # The order's hold runs out by itself.
        assert money(desk, soon + timedelta(hours=1))[1] == 100
        assert desk.redeem(code, ask(order_id="o2"), "r2", soon + timedelta(minutes=5)).ok
        assert money(desk, end - TICK) == (100, 0, 0)
        assert verify(desk.journal) == []

    def test_what_was_overpaid_can_be_taken_back(self, desk):
        code = code_of(desk)
        (paid,) = desk.settle([(code, ask(lines=(Line("latte", 3),), till_time=UNTIL))], UNTIL)
        assert (paid.body["kind"], paid.body["reason"]) == ("overpay", "expired")
        assert desk.reverse(code, ask(order_id="o2"), "v0", UNTIL).body["reason"] == "already_redeemed"
        one = desk.reverse(code, ask(lines=(Line("latte"),)), "v1", UNTIL)
        assert (one.body["discount_cents"], one.body["units"], one.body["reason"]) == (33, 1, "overpaid")
        assert (money(desk, UNTIL)[0], desk.campaign("c", UNTIL)["overpaid_cents"]) == (0, 67)
        assert verify(desk.journal) == []
        assert desk.reverse(code, ask(lines=None), "v2", UNTIL).body["discount_cents"] == 67
        assert desk.campaign("c", UNTIL)["overpaid_cents"] == 0
        assert desk.reverse(code, ask(lines=None), "v3", UNTIL).body["reason"] == "released"
        assert verify(desk.journal) == []

    def test_a_key_in_two_processes_waits_and_gets_the_same_bytes(self, journal, url):
        """Another process can't see that a key is being worked on: it waits for the account, and finds the answer there."""
        desk = opened(journal)
        code = code_of(desk)
        others = [Desk(Journal(url)) for _ in range(2)]
        with ThreadPoolExecutor(2) as tills:
            with journal.write() as connection:
                read_account(connection, "c", lock=True)
                running = [tills.submit(one.redeem, code, ask(), "k", AT) for one in others]
                time.sleep(0.2)
                assert not any(one.done() for one in running)
            found = [one.result(30) for one in running]
        assert found[0].body == found[1].body
        assert sorted(one.replay for one in found) == [False, True]
        assert money(desk)[0] == 100
        assert verify(journal) == []
        for one in others:
            one.journal.close()

    def test_nothing_of_a_user_is_kept_with_an_answer(self, desk):
        code = code_of(desk)
        told, wrong = ask(user_id="ann"), ask(user_id="bob")
        first = desk.redeem(code, told, "k", AT)
        assert desk.redeem(code, told, "k", AT) == replace(first, replay=True)
        for other in (wrong, ask()):
            with pytest.raises(KeyReused):
                desk.redeem(code, other, "k", AT)
        refused = desk.redeem(code, wrong, "w", AT)
        assert refused.body["reason"] == "wrong_user"
        # Two strangers are one; the right user is another.
        assert desk.redeem(code, ask(user_id="eve"), "w", AT) == replace(refused, replay=True)
        for other in (told, ask()):
            with pytest.raises(KeyReused):
                desk.redeem(code, other, "w", AT)
        with desk.journal.write() as connection:
            connection.execute(sa.update(coupons).values(user_id=None))
            hashes = connection.execute(sa.select(answers.c.body_hash).distinct()).scalars().all()
        # Erased, and a till that never got its answer still gets it.
        assert desk.redeem(code, told, "k", AT) == replace(first, replay=True)
        assert len(hashes) == 1

    def test_an_unopened_campaign_is_named(self, journal):
        with pytest.raises(LedgerError, match="campaign c has no account"):
            Desk(journal).issue("c", [decision("ann")], PLANNED)
        assert Desk(journal).campaign("c", AT) is None
