"""Coupons of other kinds at the till, whatever database keeps them: the second unit at a price, points. Adapters give `url`."""

from __future__ import annotations

import pytest

from offers.desk import Desk, Line
from offers.journal import Journal
from offers.verify import verify
from tests.offers.desk_world import AT, PLANNED, SOHO, ask, campaign, code_of, decision

ONE, TWO = (Line("latte", 1, 450),), (Line("latte", 2, 450),)


class KindSuite:
    @pytest.fixture
    def desk(self, url):
        journal = Journal(url)
        desk = Desk(journal)
        desk.open(campaign(10**4), [SOHO], PLANNED)
        yield desk
        assert verify(journal) == []
        journal.close()

    def issue(self, desk, user="ann", **terms):
        assert desk.issue("c", [decision(user, **terms)], PLANNED).n_issued == 1
        return code_of(desk, user)

    def test_the_second_at_a_price_needs_two(self, desk):
        # The second latte for 300: its floor.
        code = self.issue(desk, discount_cents=150, min_quantity=2)
        assert desk.wallet("ann", PLANNED)[0].min_quantity == 2
        for lines in (ONE, (Line("latte", 1, 450), Line("tea", 1, 300))):
            refused = desk.validate(code, ask(lines=lines), AT)
            assert (refused.body["reason"], refused.ok) == ("wrong_product", False)
            assert "fewer than 2 of product latte" in refused.body["detail"]
        assert not desk.hold(code, ask(lines=ONE), "h", AT).ok
        for lines in (TWO, ONE + ONE):
            assert desk.validate(code, ask(lines=lines), AT).body["discount_cents"] == 150
        paid = desk.redeem(code, ask(lines=TWO), "r", AT)
        assert (paid.ok, paid.body["discount_cents"]) == (True, 150)
        assert desk.reverse(code, ask(lines=ONE), "b", AT).body["discount_cents"] == 75

    def test_the_second_keeps_its_own_floor(self, desk):
        code = self.issue(desk, discount_cents=150, min_quantity=2)
        cheaper = (Line("latte", 2, 449),)
        assert desk.redeem(code, ask(lines=cheaper), "r", AT).body["reason"] == "below_margin_floor"
        assert desk.issue("c", [decision("bob", discount_cents=151, min_quantity=2)], PLANNED).n_issued == 0

    def test_points_take_nothing_off_and_cost_the_budget(self, desk):
        code = self.issue(desk, discount_cents=200, points=50, floor_cents=400)
        offer = desk.wallet("ann", PLANNED)[0]
        assert (offer.discount_cents, offer.points) == (0, 50)
        quote = desk.validate(code, ask(lines=TWO), AT).body
        assert (quote["discount_cents"], quote["points"]) == (0, 50)
        paid = desk.redeem(code, ask(lines=TWO), "r", AT).body
        assert (paid["discount_cents"], paid["points"]) == (0, 50)
        assert desk.campaign("c", AT)["spent_cents"] == 200
        assert [event["discount_cents"] for _, event in desk.pending_events(9)] == [0]
        back = desk.reverse(code, ask(lines=ONE), "b", AT).body
        assert (back["discount_cents"], back["points"], back["units"]) == (0, 25, 1)
        assert desk.campaign("c", AT)["spent_cents"] == 100

    def test_points_that_come_back_one_by_one_add_up(self, desk):
        code = self.issue(desk, discount_cents=4, points=10)
        assert desk.redeem(code, ask(lines=(Line("latte", 3, 450),)), "r", AT).body["points"] == 10
        assert [desk.reverse(code, ask(lines=ONE), f"b{n}", AT).body["points"] for n in range(3)] == [3, 3, 4]
        assert desk.campaign("c", AT)["spent_cents"] == 0

    def test_points_leave_the_floor_to_money(self, desk):
        desk.open(campaign(10**4, per_user_day=2), [SOHO], PLANNED)
        points = self.issue(desk, discount_cents=400, points=100)
        assert desk.redeem(points, ask(lines=ONE), "r", AT).ok
        later = decision("ann", for_date=PLANNED.date(), discount_cents=150)
        assert desk.issue("c", [later], PLANNED).n_issued == 1
        money = next(one.coupon_code for one in desk.wallet("ann", PLANNED) if not one.points)
        assert desk.redeem(money, ask(lines=ONE), "m", AT).ok

    def test_no_token_for_what_a_till_alone_cant_judge(self, desk):
        for user, terms in (("ann", {"min_quantity": 2}), ("bob", {"points": 5})):
            code = self.issue(desk, user, **terms)
            assert desk.token(code, ask(), f"t-{user}", AT).body["reason"] == "wrong_product"
        assert desk.token(self.issue(desk, "cat"), ask(), "t-cat", AT).ok
