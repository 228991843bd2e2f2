"""Whom an event concerns beyond a push: each case, and beside it the one in which a push says all."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from people.identity import receipt
from river.concerned import concerned, late
from serving.inbox_tail import Waiting
from tests.training.test_held import line, lines
from training.held import Lines

STOOD = (
    line("e1", order="1"), line("e2", user="bob", order="1", store="bund"), line("e3", user="bob", order="2"),
    line("r1", "refund", user="cat", order="9"), line("r2", "refund", user="dan", day=2),
)  # fmt: skip


def asked(*fresh, behind=(), borne=lambda ids: ids):
    came = lines(*fresh)
    return concerned(lines(*STOOD).and_of(came), came, behind, borne)


def test_a_purchase_of_today_is_left_to_the_push_and_a_late_one_is_its_persons():
    assert asked(line("f1")) == set()
    assert asked(line("f1"), behind=[1]) == {"ann"}


@pytest.mark.parametrize("kind", ["refund", "void"])
def test_what_comes_back_concerns_who_brings_it_and_whose_order_it_names(kind):
    assert asked(line("f1", kind, user="zoe")) == {"zoe"}
    assert asked(line("f1", kind, user="zoe", order="1")) == {"zoe", "ann"}
    assert asked(line("f1", kind, user=None, order="1", store=None)) == {"ann", "bob"}
    assert asked(line("f1", kind, user="zoe", order="1", product="tea")) == {"zoe"}


def test_a_purchase_that_was_spoken_of_before_it_came():
    assert asked(line("f1", user="zoe", order="9")) == {"zoe", "cat"}
    # Dan's refund is of the day after next: it takes what he bought until then.
    assert asked(line("f1", user="dan")) == {"dan"}
    assert asked(line("f1", user="dan", day=3)) == set()
    assert asked(line("f1", user="card"), borne=lambda ids: {*ids, "dan"}) == {"dan"}


def test_an_anonymous_line_may_be_of_a_claimed_ticket():
    assert asked(line("f1", user=None, order="17")) == {receipt("soho", "17")}
    assert asked(line("f1", user=None)) == asked(line("f1", user=None, order="17", store=None)) == set()


def test_nothing_new_concerns_nobody():
    assert concerned(lines(*STOOD), Lines.of(lines().bought), (), set) == set()


def test_late_is_by_the_stores_own_day():
    zones = {"soho": ZoneInfo("America/New_York")}
    came = int(datetime(2026, 3, 3, 4, 30, tzinfo=UTC).timestamp() * 1000)  # half past eleven at night there

    def numbers(*records):
        return late([Waiting(n, came, record) for n, record in enumerate(records)], zones)

    def at(text, store="soho", kind="purchase"):
        return {**line("e", kind, store=store), "occurred_at": f"{text}+00:00"}

    days = [at("2026-03-02T05:00"), at("2026-03-02T04:59"), at("2026-03-02T04:59", kind="view")]
    assert numbers(*days) == [1]
    assert numbers(at("2026-03-02T23:59", None), at("2026-03-03T00:00", None)) == [0]
