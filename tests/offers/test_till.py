"""Faults on the way to the rules; what tills get is in `tests.suites.journal`."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from offers import acting, till
from offers.acts import Act
from offers.answers import Ask, KeyReused
from offers.cashier import refusal_text
from offers.chain import move_head
from offers.database import LedgerBusy, LedgerError
from offers.desk import open_desk
from offers.issuing import issue
from offers.tables import accounts, answers, coupons
from offers.writing import move_coupons
from tests.offers.desk_world import AT, PLANNED, SOHO, ask, campaign, code_of, decision


@pytest.fixture
def desk(sqlite_url):
    desk = open_desk(sqlite_url)
    desk.open(campaign(), [SOHO], PLANNED)
    desk.issue("c", [decision("ann")], PLANNED)
    yield desk
    desk.journal.close()


def test_a_fault_after_the_entry_leaves_neither_entry_nor_answer(desk, monkeypatch):
    code = code_of(desk)

    def broken(*_):
        raise LedgerError("the lights went out")

    monkeypatch.setattr(acting, "add_sums", broken)
    with pytest.raises(LedgerError, match="lights"):
        desk.redeem(code, ask(), "k", AT)
    monkeypatch.undo()
    assert desk.campaign("c", AT)["spent_cents"] == 0
    answer = desk.redeem(code, ask(), "k", AT)
    assert (answer.ok, answer.replay) == (True, False)


def test_a_key_stored_meanwhile_by_another_is_read_after_all(desk, monkeypatch):
    # Two campaigns have two locks, so two calls with one key can both find nothing stored.
    first = desk.redeem("nonsense", ask(), "k", AT)
    stored, told = till._stored, []

    def late(connection, acts):
        told.append(acts)
        return {} if len(told) == 1 else stored(connection, acts)

    monkeypatch.setattr(till, "_stored", late)
    assert desk.redeem("nonsense", ask(), "k", AT) == replace(first, replay=True)
    told.clear()
    with pytest.raises(KeyReused):
        desk.redeem("nonsense", ask(order_id="o2"), "k", AT)


def test_a_collision_that_left_no_answer_may_be_tried_again(desk, monkeypatch):
    def collide(*_):
        raise sa.exc.IntegrityError("insert", {}, Exception("duplicate key"))

    monkeypatch.setattr(acting, "add_sums", collide)
    with pytest.raises(LedgerBusy, match="try again"):
        desk.redeem(code_of(desk), ask(), "k", AT)


def test_answers_are_kept_with_refusals(desk):
    desk.redeem("nonsense", ask(), "k1", AT)
    desk.redeem(code_of(desk), ask(), "k2", AT)
    with desk.journal.read() as connection:
        rows = connection.execute(sa.select(answers.c.key, answers.c.ok).order_by(answers.c.key)).all()
    assert [tuple(row) for row in rows] == [("k1", False), ("k2", True)]


def test_a_collision_in_a_group_costs_only_the_act_that_collides(desk, monkeypatch):
    stored, told = till._stored, []

    def late(connection, acts):
        told.append(len(acts))
        return {} if len(told) == 1 else stored(connection, acts)

    desk.redeem("nonsense", ask(), "k", AT)
    monkeypatch.setattr(till, "_stored", late)
    acts = [Act("redeem", "nonsense", ask(order_id="o9"), "k", AT), Act("redeem", code_of(desk), ask(), "k2", AT)]
    reused, paid = till.carry_out(desk.journal, acts, None)
    assert isinstance(reused, KeyReused)
    assert paid.ok
    assert told == [2, 1, 1]


def test_a_coupon_someone_moved_is_noticed(desk, monkeypatch):
    def meanwhile(connection, moves):
        connection.execute(sa.update(coupons).values(state="released"))
        move_coupons(connection, moves)

    monkeypatch.setattr(acting, "move_coupons", meanwhile)
    with pytest.raises(LedgerError, match="coupon moved under a lock"):
        desk.redeem(code_of(desk), ask(), "k", AT)


def test_a_head_someone_moved_is_noticed(desk, monkeypatch):
    def meanwhile(connection, before, after, **terms):
        connection.execute(sa.update(accounts).values(head_seq=accounts.c.head_seq + 1))
        return move_head(connection, before, after, **terms)

    monkeypatch.setattr(acting, "move_head", meanwhile)
    with pytest.raises(LedgerError, match="account of campaign c moved under a lock"):
        desk.redeem(code_of(desk), ask(), "k", AT)


def test_nothing_told_is_nothing_judged(desk):
    assert desk.validate(code_of(desk), Ask(till_time=AT), AT).ok


def test_an_empty_batch_changes_nothing(desk):
    with desk.journal.write() as connection:
        assert issue(connection, "c", [], PLANNED, bytes).n_decided == 0


def test_a_till_that_lost_its_key_too_learns_that_its_order_has_the_discount(desk):
    code = code_of(desk)
    paid = desk.redeem(code, ask(), "lost", AT).body["discount_cents"]
    for again in (desk.redeem(code, ask(), "new", AT), desk.hold(code, ask(), "h", AT), desk.validate(code, ask(), AT)):
        assert (again.ok, again.body["reason"], again.body["paid_cents"]) == (False, "already_redeemed", paid)
        assert again.body["text"] == refusal_text("already_redeemed", paid=True)
    for other in (ask(order_id="o2"), ask(store_id="bund")):
        assert "paid_cents" not in desk.redeem(code, other, f"k-{other.order_id}-{other.store_id}", AT).body
    assert desk.campaign("c", AT)["spent_cents"] == paid
    desk.reverse(code, ask(), "back", AT)
    assert "paid_cents" not in desk.redeem(code, ask(), "after", AT).body
