"""How due offers, acknowledgements and the outbox behave, whatever database keeps them. Adapters give `url`."""

from __future__ import annotations

from datetime import timedelta

import pytest

from feature_repo.events import EVENT_COLUMNS, REQUIRED
from offers.answers import CursorError
from offers.desk import Desk
from offers.journal import Journal
from tests.offers.desk_world import AT, FROM, PLANNED, SEND, SOHO, TICK, ask, campaign, code_of, decision

BEGIN, END = SEND - timedelta(hours=1), SEND + timedelta(hours=1)


def pull(desk: Desk, limit: int, cursor: str | None = None, window=(BEGIN, END), now=SEND, scheduler=""):
    """Pages until there is no more: (users in order, last cursor)."""
    users, more = [], True
    while more:
        page = desk.due(*window, limit, cursor, now, scheduler)
        assert len(page.offers) <= limit
        users += [offer.user_id for offer in page.offers]
        cursor, more = page.cursor, page.more
    return users, cursor


class PullSuite:
    @pytest.fixture
    def desk(self, url):
        journal = Journal(url)
        desk = Desk(journal)
        desk.open(campaign(10**6), [SOHO], PLANNED)
        yield desk
        journal.close()

    def issue(self, desk, *users, **terms):
        assert desk.issue("c", [decision(user, **terms) for user in users], PLANNED).n_issued == len(users)

    def test_an_offer_is_due_in_its_half_open_window(self, desk):
        self.issue(desk, "ann")
        for window, users in (
            ((SEND, SEND + TICK), ["ann"]),
            ((SEND - TICK, SEND), []),
            ((SEND + TICK, END), []),
        ):
            assert pull(desk, 10, window=window)[0] == users

    def test_what_an_offer_says(self, desk):
        self.issue(desk, "ann")
        offer = desk.due(BEGIN, END, 10, None, SEND).offers[0]
        assert (offer.user_id, offer.product_id, offer.store_id, offer.discount_cents) == ("ann", "latte", "soho", 100)
        assert offer.text == {"en": "Tomorrow 8:00, latte −$1.00", "zh": "明早8点,拿铁减1元"}
        assert offer.send_at.isoformat() == "2025-11-03T18:00:00-05:00"
        assert (offer.valid_from, offer.valid_until - offer.valid_from) == (FROM, timedelta(hours=2))
        assert len(offer.coupon_code) == 19
        assert desk.decision("c", FROM.date(), "ann")["decision_id"] == offer.decision_id

    @pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
    def test_pages_are_whole_and_in_order_of_sending(self, desk, limit):
        for n in range(7):
            self.issue(desk, f"u{n}", send_at=SEND + timedelta(minutes=(n * 3) % 7 // 2))
        users, cursor = pull(desk, limit)
        # Minutes 0 1 3 1 2 0 2: by minute, then as issued.
        assert users == ["u0", "u5", "u1", "u3", "u4", "u6", "u2"]
        assert pull(desk, limit, cursor)[0] == []

    def test_offers_issued_between_pages_are_neither_skipped_nor_repeated(self, desk):
        self.issue(desk, "u1", "u2", "u3", "u4")
        first = desk.due(BEGIN, END, 2, None, SEND)
        assert [offer.user_id for offer in first.offers] == ["u1", "u2"]
        self.issue(desk, "early", send_at=SEND - timedelta(minutes=30))
        self.issue(desk, "late", send_at=SEND + timedelta(minutes=30))
        users, cursor = pull(desk, 2, first.cursor)
        assert users == ["u3", "u4", "early", "late"]
        self.issue(desk, "earliest", send_at=BEGIN)
        assert pull(desk, 2, cursor)[0] == ["earliest"]

    def test_a_lost_page_can_be_asked_for_again(self, desk):
        self.issue(desk, *(f"u{n}" for n in range(6)))
        first = desk.due(BEGIN, END, 2, None, SEND)
        assert desk.due(BEGIN, END, 2, first.cursor, SEND) == desk.due(BEGIN, END, 2, first.cursor, SEND)
        assert desk.due(BEGIN, END, 2, None, SEND) == first

    @pytest.mark.parametrize("cursor", ["x", "!!!", "bm9uZQ", "W10", "WzEsMl0", "é", "null", "LTE"])
    def test_a_foreign_cursor_is_refused(self, desk, cursor):
        with pytest.raises(CursorError, match="begin without one"):
            desk.due(BEGIN, END, 2, cursor, SEND)

    def test_a_cursor_serves_its_own_window(self, desk):
        cursor = desk.due(BEGIN, END, 2, None, SEND).cursor
        with pytest.raises(CursorError, match="another window"):
            desk.due(BEGIN, END + TICK, 2, cursor, SEND)

    def test_what_was_acknowledged_or_withdrawn_isnt_due(self, desk):
        self.issue(desk, "ann", "bob", "cat", "dan")
        ann, bob, cat, _ = (offer.offer_id for offer in desk.due(BEGIN, END, 9, None, SEND).offers)
        desk.acknowledge(ann, "delivered", AT)
        desk.acknowledge(bob, "failed", AT)
        desk.withdraw(cat, "operator", AT)
        assert pull(desk, 9)[0] == ["dan"]
        assert len(desk.wallet("ann", PLANNED)) == 1

    def test_acknowledging_is_idempotent_and_delivered_wins(self, desk):
        self.issue(desk, "ann")
        offer_id = desk.wallet("ann", PLANNED)[0].offer_id
        told = [
            desk.acknowledge(offer_id, what, AT) for what in ("failed", "failed", "delivered", "failed", "delivered")
        ]
        assert told == ["failed", "failed", "delivered", "delivered", "delivered"]
        assert desk.acknowledge("off_nobody", "delivered", AT) is None
        assert [event["event_type"] for _, event in desk.pending_events(9)] == ["exposure"]
        with pytest.raises(ValueError, match="neither"):
            desk.acknowledge(offer_id, "seen", AT)

    def test_a_redemption_leaves_by_the_outbox_once(self, desk):
        self.issue(desk, "ann")
        code = code_of(desk)
        offer_id = desk.redeem(code, ask(till_time=AT - TICK), "k", AT).body["offer_id"]
        desk.redeem(code, ask(till_time=AT - TICK), "k", AT)
        desk.redeem(code, ask(), "k2", AT)
        [(number, event)] = desk.pending_events(9)
        assert event == {
            "event_id": f"redemption:{offer_id}", "event_type": "redemption", "occurred_at": (AT - TICK).isoformat(),
            "user_id": "ann", "product_id": "latte", "store_id": "soho", "order_id": "o1", "quantity": 1,
            "unit_price_cents": 450, "discount_cents": 100, "coupon_id": offer_id,
        }  # fmt: skip
        assert set(event) <= {column.name for column in EVENT_COLUMNS}
        assert all(event[name] for name in REQUIRED["redemption"])
        desk.mark_sent([number, 999], AT)
        assert desk.pending_events(9) == []

    def test_the_outbox_gives_the_oldest_first(self, desk):
        self.issue(desk, "ann", "bob", "cat")
        for user in ("ann", "bob", "cat"):
            desk.acknowledge(desk.wallet(user, PLANNED)[0].offer_id, "delivered", AT)
        assert [event["user_id"] for _, event in desk.pending_events(2)] == ["ann", "bob"]
        desk.mark_sent([desk.pending_events(1)[0][0]], AT)
        assert [event["user_id"] for _, event in desk.pending_events(2)] == ["bob", "cat"]

    def test_the_wallet_holds_what_can_still_be_used(self, desk):
        self.issue(desk, "ann")
        until = desk.wallet("ann", PLANNED)[0].valid_until
        assert len(desk.wallet("ann", until - TICK)) == 1
        assert desk.wallet("ann", until) == []
        assert desk.wallet("bob", PLANNED) == []
