"""Who may hold a coupon: nobody who does is ever overlooked for longer than FRESH_S."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from offers.tables import coupons
from serving.holders import AGAIN_S, ALL_ANEW, FRESH_S, Holders

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
ROW = {
    "campaign_id": "c", "decision_id": "d", "product_id": "p", "store_id": "s", "discount_cents": 1, "price_cents": 2,
    "floor_cents": 0, "expected_cents": 1, "currency": "USD", "text": "{}", "send_at": NOW, "valid_from": NOW,
    "window_day": "2026-03-02", "state": "issued",
}  # fmt: skip


class World:
    def __init__(self, engine):
        self.engine, self.now, self.at_s, self.n = engine, NOW, 100.0, 0
        self.holders = Holders(engine, lambda: self.now, lambda: self.at_s)

    def issue(self, user_id, until=NOW + timedelta(hours=2)):
        self.n += 1
        told = {
            "offer_id": f"o{self.n}",
            "seq": self.n,
            "code": f"code{self.n}",
            "user_id": user_id,
            "valid_until": until,
        }
        with self.engine.begin() as connection:
            connection.execute(sa.insert(coupons).values(**ROW, **told))

    def look(self):
        assert self.holders.is_due()
        self.holders.look()


@pytest.fixture
def at():
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    coupons.metadata.create_all(engine)
    yield World(engine)
    engine.dispose()


def test_before_anybody_looked_everybody_may_hold_one(at):
    assert at.holders.may_hold(["ann"])
    at.look()
    assert not at.holders.may_hold(["ann"])


def test_who_holds_one_is_known_by_any_of_their_ids(at):
    at.issue("ann")
    at.look()
    assert at.holders.may_hold(["ann"])
    assert at.holders.may_hold(["app-1", "ann"])
    assert not at.holders.may_hold(["app-1"])
    assert not at.holders.may_hold([])


def test_what_ended_counts_no_more_and_what_was_used_does(at):
    at.issue("late", NOW)
    at.issue("now", NOW + timedelta(microseconds=1))
    with at.engine.begin() as connection:
        # A redemption may be taken back, and nothing is numbered anew by that.
        connection.execute(sa.update(coupons).where(coupons.c.user_id == "now").values(state="redeemed"))
    at.look()
    assert not at.holders.may_hold(["late"])
    assert at.holders.may_hold(["now"])


def test_what_is_issued_later_is_found_by_the_next_look_alone(at):
    at.issue("ann")
    at.look()
    at.issue("bob")
    at.issue(None)
    assert not at.holders.may_hold(["bob"])
    at.at_s += FRESH_S / 2
    at.look()
    assert at.holders.may_hold(["bob"])
    assert at.holders.may_hold(["ann"])


def test_those_who_came_since_join_the_others_when_they_are_many(at, monkeypatch):
    monkeypatch.setattr("serving.holders.MOST_SINCE", 2)
    at.issue("ann")
    at.look()
    for n, user_id in enumerate(("bob", "cat", "dan", "bob", "eve")):
        at.issue(user_id)
        at.at_s += FRESH_S / 2
        at.look()
        assert all(at.holders.may_hold([one]) for one in ("ann", "bob", "cat", "dan", "eve")[: 2 + min(n, 2)])
    assert at.holders.may_hold(["eve"])
    assert not at.holders.may_hold(["fay"])


def test_a_look_that_is_too_old_spares_nobody(at):
    at.look()
    at.at_s += FRESH_S
    assert not at.holders.may_hold(["ann"])
    at.at_s += 0.001
    assert at.holders.may_hold(["ann"])


def test_one_looks_at_a_time_and_not_too_often(at):
    assert at.holders.is_due()
    assert not at.holders.is_due(), "somebody is looking"
    at.holders.look()
    assert not at.holders.is_due(), "somebody just did"
    at.at_s += FRESH_S / 2
    assert at.holders.is_due()


def test_all_are_read_anew_after_a_while(at):
    at.issue("ann")
    at.look()
    at.now += ALL_ANEW
    at.at_s += 1
    at.look()
    assert at.holders.may_hold(["ann"]), "not yet"
    at.now += timedelta(hours=2)
    at.at_s += 1
    at.look()
    assert not at.holders.may_hold(["ann"]), "hers has ended"
    at.issue("bob", at.now + timedelta(hours=1))
    at.at_s += 1
    at.look()
    assert at.holders.may_hold(["bob"])


@pytest.mark.parametrize("ahead", [timedelta(hours=3), timedelta(days=730)])
def test_a_clock_that_went_ahead_and_came_back_hides_nobodys_coupon(at, ahead):
    at.issue("ann")
    for at.now in (NOW + ahead, NOW):
        at.at_s += 1
        at.look()
    assert at.holders.may_hold(["ann"])
    assert not at.holders.may_hold(["bob"]), "and the others are still spared"


def test_without_the_ledger_everybody_may_hold_one_and_it_is_asked_once_a_second(at, caplog):
    at.look()
    with at.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE coupons RENAME TO away"))
    at.at_s += 1
    for _ in range(3):
        at.look()
        assert at.holders.may_hold(["ann"])
        at.at_s += AGAIN_S - 0.001
        assert not at.holders.is_due(), "it was asked a moment ago"
        at.at_s += 0.001
    with at.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE away RENAME TO coupons"))
    at.look()
    assert not at.holders.may_hold(["ann"])
    told = [record.getMessage().partition(":")[0] for record in caplog.records]
    assert told == ["who holds coupons can't be asked", "who holds coupons is known again"]
