"""How offers are leased, held and withdrawn when they are pulled, whatever database keeps them. Adapters give `url`."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from msgspec.structs import replace as named

from offers.delivery import acknowledge
from offers.desk import Desk
from offers.due import Due
from offers.journal import Journal
from offers.messages import Messages
from offers.pull import lease
from offers.sending import Sending
from offers.tables import entries
from offers.unsent import sweep
from offers.verify import verify
from tests.offers.desk_world import AT, DAY, PLANNED, SEND, SOHO, TICK, ask, campaign, code_of, decision

BEGIN, END = SEND - timedelta(hours=1), SEND + timedelta(hours=1)
LEASE = timedelta(minutes=5)
FREE = Sending(lease_s=300, per_day=0, gap_s=0)


class LeaseSuite:
    @pytest.fixture
    def journal(self, url):
        journal = Journal(url)
        yield journal
        journal.close()

    @pytest.fixture
    def desk(self, journal):
        desk = Desk(journal, sending=FREE)
        desk.open(campaign(10**6), [SOHO], PLANNED)
        return desk

    def issue(self, desk, *users, campaign_id="c", **terms):
        batch = [decision(user, **terms) for user in users]
        assert desk.issue(campaign_id, batch, PLANNED).n_issued == len(users)

    def pages(self, desk, who="a", now=SEND, cursor=None, limit=2):
        """(users in order, cursor) of all pages there are."""
        users, more = [], True
        while more:
            page = desk.due(BEGIN, END, limit, cursor, now, who)
            users += [offer.user_id for offer in page.offers]
            cursor, more = page.cursor, page.more
        return users, cursor

    def reasons(self, desk):
        with desk.journal.read() as connection:
            found = sa.select(entries.c.reason, entries.c.actor).where(entries.c.kind == "release")
            return Counter(map(tuple, connection.execute(found)))

    def test_what_one_scheduler_has_no_other_gets(self, desk):
        self.issue(desk, "ann", "bob", "cat")
        page = desk.due(BEGIN, END, 2, None, SEND, "a")
        assert page.leased_until >= SEND + LEASE
        assert self.pages(desk, "b")[0] == ["cat"]
        assert self.pages(desk, "a", cursor=page.cursor)[0] == []

    def test_a_lease_that_ran_out_comes_again_in_a_later_pass(self, desk):
        self.issue(desk, "ann", "bob", "cat")
        users, mine = self.pages(desk, "a")
        other = self.pages(desk, "b")[1]
        assert users == ["ann", "bob", "cat"]
        desk.acknowledge(desk.wallet("bob", SEND)[0].offer_id, "delivered", SEND)
        before = SEND + LEASE - timedelta(seconds=1)
        users, other = self.pages(desk, "b", before, other)
        assert users == []
        after = SEND + LEASE + timedelta(seconds=1)
        users, other = self.pages(desk, "b", after, other)
        assert users == ["ann", "cat"]
        # Each of them walks on: b's are b's now, and only what runs out again comes again.
        users, mine = self.pages(desk, "a", after + timedelta(minutes=1), mine)
        assert users == []
        assert self.pages(desk, "a", after + 2 * LEASE, mine)[0] == ["ann", "cat"]

    def test_a_lost_page_of_a_later_pass_can_be_asked_for_again(self, desk):
        self.issue(desk, "ann", "bob", "cat")
        cursor = self.pages(desk, "a")[1]
        late = SEND + LEASE + timedelta(seconds=1)
        first = desk.due(BEGIN, END, 2, cursor, late, "a")
        assert [offer.user_id for offer in first.offers] == ["ann", "bob"]
        second = desk.due(BEGIN, END, 2, first.cursor, late + timedelta(seconds=1), "a")
        again = desk.due(BEGIN, END, 2, first.cursor, late + timedelta(seconds=2), "a")
        assert [offer.user_id for offer in again.offers] == [offer.user_id for offer in second.offers] == ["cat"]

    def test_an_offer_pulled_late_waits_for_the_morning_and_says_today(self, desk):
        self.issue(desk, "ann")
        night = SEND + timedelta(hours=4)
        users, cursor = self.pages(desk, now=night)
        assert users == []
        morning = AT - timedelta(minutes=5)
        users, cursor = self.pages(desk, "a", morning - TICK, cursor)
        assert users == []
        page = desk.due(BEGIN, END, 2, cursor, morning + TICK, "a")
        assert [offer.text["en"] for offer in page.offers] == ["Today 8:00, latte −$1.00"]
        assert [offer.text["zh"] for offer in page.offers] == ["今早8点,拿铁减1元"]

    def test_a_user_gets_no_second_message_too_soon_whatever_the_campaign_or_channel(self, journal):
        desk = Desk(journal, sending=Sending(300, per_day=2, gap_s=3600))
        for name in ("c", "d", "e"):
            desk.open(named(campaign(10**6), id=name), [SOHO], PLANNED)
            self.issue(desk, "ann", campaign_id=name)
        first = desk.due(BEGIN, END, 9, None, SEND, "mail").offers
        assert [offer.campaign_id for offer in first] == ["c"]
        assert desk.due(BEGIN, END, 9, None, SEND, "push").offers == ()
        # Mail failed to send it and said so: nobody got a message.
        desk.acknowledge(first[0].offer_id, "failed", SEND)
        hour = timedelta(hours=1, seconds=1)
        second = desk.due(BEGIN, END, 9, None, SEND + hour, "push").offers
        assert [offer.campaign_id for offer in second] == ["d"]
        desk.acknowledge(second[0].offer_id, "delivered", SEND + hour)
        third = desk.due(BEGIN, END, 9, None, SEND + 2 * hour, "push").offers
        assert [offer.campaign_id for offer in third] == ["e"]
        desk.acknowledge(third[0].offer_id, "delivered", SEND + 2 * hour)
        desk.open(named(campaign(10**6), id="f"), [SOHO], PLANNED)
        self.issue(desk, "ann", campaign_id="f")
        assert desk.due(BEGIN, END, 9, None, SEND + 2.9 * hour, "push").offers == ()
        with journal.read() as connection:
            seen = Messages(connection, {"ann", "bob"}, SEND + 3 * hour, 3600)
        assert len(seen.others("ann", "")) == 2
        assert seen.others("bob", "") == seen.others(None, "") == ()

    def test_what_cant_be_used_is_withdrawn_and_its_promise_is_free(self, journal):
        left = {"latte": 1, "cake": 0, "tea": None}
        desk = Desk(journal, sending=FREE, stock=lambda store_id, product_id: left[product_id])
        desk.open(campaign(10**6), [SOHO], PLANNED)
        self.issue(desk, "ann", product_id="latte")
        self.issue(desk, "bob", product_id="cake")
        self.issue(desk, "cat", product_id="tea")
        self.issue(desk, "dan", valid_until=SEND + TICK, valid_from=SEND - timedelta(hours=1))
        assert self.pages(desk, now=SEND + TICK)[0] == ["ann", "cat"]
        assert self.reasons(desk) == {("out_of_stock", "system"): 1, ("expired", "system"): 1}
        assert desk.campaign("c", SEND)["promised_cents"] == 40
        assert desk.wallet("bob", SEND) == []
        assert verify(journal) == []

    def test_a_stopped_campaign_and_a_closed_day_send_nothing(self, desk):
        self.issue(desk, "ann")
        desk.open(named(campaign(10**6), id="d"), [SOHO], PLANNED)
        self.issue(desk, "bob", campaign_id="d")
        desk.open(campaign(10**6, stopped=True), [SOHO], PLANNED)
        assert self.pages(desk)[0] == ["bob"]
        self.issue(desk, "cat", campaign_id="d")
        desk.open(named(campaign(10**6), id="d"), [replace(SOHO, closed_days=DAY.isoformat())], PLANNED)
        assert self.pages(desk)[0] == []
        assert self.reasons(desk) == {("campaign_stopped", "system"): 1, ("store_closed", "system"): 2}

    def test_a_sweep_withdraws_what_nobody_sent(self, desk):
        self.issue(desk, "ann", "bob", "cat", "dan")
        self.issue(desk, "eve", product_id="tea")
        offers = {name: desk.wallet(name, PLANNED)[0] for name in ("ann", "bob", "cat", "dan")}
        with desk.journal.write() as connection:
            acknowledge(connection, offers["ann"].offer_id, "delivered", SEND)
        desk.redeem(code_of(desk, "bob"), ask(), "k", AT)
        desk.hold(code_of(desk, "cat"), ask(order_id="o2"), "k2", AT)
        assert desk.sweep(AT) == {}
        sold_out = {"latte": 0, "tea": 2}
        assert sweep(desk.journal, lambda store, product: sold_out[product], AT) == {"out_of_stock": 1}
        assert desk.wallet("dan", AT) == []
        assert self.reasons(desk) == {("out_of_stock", "system"): 1}
        assert desk.sweep(AT, lambda store, product: 0) == {"out_of_stock": 1}

    def test_a_sweep_leaves_what_somebody_may_be_sending(self, desk):
        self.issue(desk, "ann")
        self.pages(desk)
        assert desk.sweep(SEND + LEASE - TICK, lambda *kind: 0) == {}
        assert desk.sweep(SEND + LEASE + 2 * TICK, lambda *kind: 0) == {"out_of_stock": 1}

    def test_a_withdrawal_that_failed_is_made_up_for(self, desk, monkeypatch):
        self.issue(desk, "ann")
        desk._stock = lambda *kind: 0
        monkeypatch.setattr("offers.pull.withdraw", lambda *told: None)
        cursor = self.pages(desk)[1]
        assert self.reasons(desk) == {}
        monkeypatch.undo()
        self.pages(desk, now=SEND + LEASE + timedelta(seconds=1), cursor=cursor)
        assert self.reasons(desk) == {("out_of_stock", "system"): 1}

    @pytest.mark.parametrize("limit", [3, 50])
    def test_plans_and_schedulers_at_once_neither_skip_nor_repeat(self, url, desk, limit):
        n_batches, size, names = 8, 15, ("a", "b", "c")
        got: dict[str, list[str]] = {name: [] for name in names}
        faults: list[BaseException] = []
        planned = threading.Event()

        def plan():
            for n in range(n_batches):
                minutes = timedelta(minutes=(n * 37) % 60 - 30)
                self.issue(own["planner"], *(f"u{n}-{m}" for m in range(size)), send_at=SEND + minutes)

        def send(name):
            cursor, rest = None, 2
            while rest:
                through = planned.is_set()
                page = own[name].due(BEGIN, END, limit, cursor, SEND, name)
                cursor = page.cursor
                got[name] += [offer.user_id for offer in page.offers]
                for offer in page.offers[::2]:
                    own[name].acknowledge(offer.offer_id, "delivered", SEND)
                # What another hasn't committed yet comes a pass later.
                rest -= through and not page.more

        def guarded(work, *args):
            try:
                work(*args)
            except BaseException as error:
                faults.append(error)
            finally:
                if work is plan:
                    planned.set()

        own = {name: Desk(Journal(url), sending=FREE) for name in (*names, "planner")}
        threads = [threading.Thread(target=guarded, args=(send, name)) for name in names]
        threads.append(threading.Thread(target=guarded, args=(plan,)))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for one in own.values():
            one.journal.close()
        assert faults == []
        everybody = sorted(f"u{n}-{m}" for n in range(n_batches) for m in range(size))
        assert sorted(user for users in got.values() for user in users) == everybody
        # All leases run out at once: what nobody acknowledged, and nothing else, comes again.
        unsaid = {user for user in everybody if user not in self.delivered(desk)}
        again = self.pages(desk, "d", SEND + 2 * LEASE, limit=limit)[0]
        assert sorted(again) == sorted(unsaid)
        assert verify(desk.journal) == []

    def delivered(self, desk):
        return {event["user_id"] for _, event in desk.pending_events(10**6)}

    def test_schedulers_at_once_keep_to_a_users_cap(self, url, journal):
        users = [f"u{n}" for n in range(20)]
        rules = Sending(300, per_day=1, gap_s=0)
        for name in ("c", "d"):
            desk = Desk(journal, sending=rules)
            desk.open(named(campaign(10**6), id=name), [SOHO], PLANNED)
            self.issue(desk, *users, campaign_id=name)
        got, barrier = Counter(), threading.Barrier(4)

        def send(name):
            own = Desk(Journal(url), sending=rules)
            barrier.wait()
            got.update(self.pages(own, name, limit=3)[0])
            own.journal.close()

        threads = [threading.Thread(target=send, args=(f"s{n}",)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert got == Counter(users)

    def test_a_pull_of_another_window_waits_for_the_one_that_judges_the_same_user(self, url, journal):
        rules = Sending(300, per_day=1, gap_s=0)
        for name, send_at in (("c", SEND), ("d", SEND + timedelta(minutes=30))):
            desk = Desk(journal, sending=rules)
            desk.open(named(campaign(10**6), id=name), [SOHO], PLANNED)
            self.issue(desk, "ann", campaign_id=name, send_at=send_at)
        own, got = Desk(Journal(url), sending=rules), []
        second = threading.Thread(target=lambda: got.append(own.due(SEND + TICK, END, 9, None, SEND, "b").offers))
        with journal.write() as connection:
            page, _ = lease(connection, Due(BEGIN, SEND + TICK, 9, None, "a"), None, rules, SEND)
            second.start()
            # Long enough for one that doesn't wait; one that does, waits for our commit.
            second.join(0.3)
        second.join()
        own.journal.close()
        assert [offer.campaign_id for offer in page.offers] == ["c"]
        assert got == [()]
