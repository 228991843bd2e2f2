"""How online features behave, whoever keeps them. An adapter subclasses `OnlineFeaturesSuite` and gives the fixtures:

`online`      the port, holding the tiny world of `tests.world` as known at `world.END`, fresh for every test;
`clock`       what the port was given for a monotonic clock: a `Clock`;
`put_store`   changes what the adapter keeps of a store behind the port's back: (store_id, {product: price_cents}).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from models.history import History, add_visit
from serving.online_port import Portrait
from tests import world

TICK = timedelta(microseconds=1)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class OnlineFeaturesSuite:
    def test_a_known_user(self, online):
        ann = online.user("ann")
        assert ann.history.product_ids == ("bagel", "cookie", "latte")
        assert ann.history.counts.tolist() == [1, 1, 4]
        assert ann.history.decayed.tolist() == pytest.approx([0.98**2, 1, 1 + 0.98 + 0.98**2 + 0.98**3])
        assert ann.history.last_visit.tolist() == [2, 4, 4]
        assert ann.history.n_visits == 4
        assert ann.profile["segment"] == "loyal"
        assert (ann.profile["usual_store_id"], ann.profile["usual_channel"]) == ("soho", "app")
        assert ann.rhythm[8] == ann.rhythm.sum() == 4
        assert ann.as_of == world.END

    def test_the_kinds_of_what_comes_back(self, online):
        ann, bund = online.user("ann"), online.store("bund")
        history = ann.history
        kinds = [a.dtype for a in (history.counts, history.decayed, history.last_visit, history.last_at_s)]
        assert kinds == [np.float32, np.float32, np.int32, np.int64]
        assert (ann.rhythm.dtype, ann.rhythm.shape) == (np.float32, (168,))
        assert [a.dtype.kind for a in (bund.price_cents, bund.stock_units, bund.stock_known)] == ["i", "i", "b"]

    def test_a_feature_without_a_value_is_none(self, online):
        assert online.user("dan").profile["usual_store_id"] is None

    @pytest.mark.parametrize("name", ["zoe", "", "ann ", "ANN", "安"])
    def test_nobody(self, online, name):
        nobody = online.user(name)
        assert len(nobody.history) == nobody.history.n_visits == 0
        assert nobody.profile == {}
        assert nobody.rhythm.tolist() == [0.0] * 168
        assert nobody.as_of is None

    def test_a_portrait_holds_scalars_and_lists(self, online):
        ann = online.portrait("ann")
        assert (ann.values["favourite_weekday"], ann.values["r_score"]) == (0, 3)
        assert ann.values["categories"] == ["drink", "food"]
        assert ann.as_of == world.END

    def test_a_portrait_without_a_value_has_none(self, online):
        assert online.portrait("dan").values["price_sensitivity"] is None

    def test_nobody_has_no_portrait(self, online):
        assert online.portrait("zoe") == Portrait({}, None)

    def test_a_pushed_visit_leaves_the_portrait_as_it_was(self, online):
        before = online.portrait("ann")
        online.push_visit("ann", online.user("bob").history, world.END + timedelta(hours=1))
        assert online.portrait("ann") == before

    def test_a_store(self, online):
        bund = online.store("bund")
        assert bund.product_ids == ("cookie", "mocha", "tea")
        assert bund.price_cents.tolist() == [200, 480, 260]
        assert bund.stock_units.tolist() == [0, 0, 40]
        assert bund.stock_known.tolist() == [True, False, True]
        assert bund.as_of == world.END

    def test_a_store_nobody_knows(self, online):
        assert online.store("nowhere") is None

    def test_a_store_is_read_again_after_a_minute(self, online, clock, put_store):
        first = online.store("soho")
        put_store("soho", {"latte": 999})
        clock.now += 59.999
        assert online.store("soho") is first
        clock.now += 0.001
        assert online.store("soho").price_cents.tolist() == [999]

    def test_that_nobody_knows_a_store_is_forgotten_after_a_minute_too(self, online, clock, put_store):
        assert online.store("new") is None
        put_store("new", {"tea": 250})
        clock.now += 59.999
        assert online.store("new") is None
        clock.now += 0.001
        assert online.store("new").product_ids == ("tea",)

    def test_a_pushed_visit_is_in_the_next_answer(self, online):
        before = online.user("ann")
        at = world.END + timedelta(hours=13)
        online.push_visit("ann", add_visit(before.history, ["tea"], int(at.timestamp())))
        after = online.user("ann")
        assert after.history.product_ids == ("bagel", "cookie", "latte", "tea")
        assert after.history.n_visits == 5
        assert after.as_of == at
        assert after.profile == before.profile
        assert after.rhythm.tolist() == before.rhythm.tolist()
        assert online.user("bob").as_of == world.END

    def test_a_push_says_when_it_was_true(self, online):
        at = world.END + timedelta(days=1)
        online.push_visit("ann", online.user("bob").history, at)
        assert online.user("ann").as_of == at

    def test_of_two_pushes_the_second_stands_however_they_are_stamped(self, online):
        ann, bob = online.user("ann").history, online.user("bob").history
        at = world.END + timedelta(hours=1)
        online.push_visit("ann", bob, at)
        online.push_visit("ann", ann, at)
        assert online.user("ann").history.product_ids == ann.product_ids
        online.push_visit("ann", bob, world.START)
        assert online.user("ann").history.product_ids == bob.product_ids
        assert online.user("ann").as_of == at + 2 * TICK

    def test_a_first_visit_makes_a_user_known(self, online):
        at = datetime(2025, 11, 16, 9, tzinfo=UTC)
        online.push_visit("eve", add_visit(History.empty(), ["latte"], int(at.timestamp())))
        eve = online.user("eve")
        assert eve.history.product_ids == ("latte",)
        assert eve.profile == {}
        assert eve.as_of == at

    def test_an_emptied_history_comes_back_empty(self, online):
        at = world.END + timedelta(hours=1)
        online.push_visit("ann", History.empty(), at)
        assert online.user("ann").history.product_ids == ()
        assert online.user("ann").as_of == at

    def test_histories_changed_together_are_in_the_next_answers(self, online):
        at_s = int((world.END + timedelta(hours=13)).timestamp())

        def how(user, history):
            return history if user == "bob" else add_visit(history, ["tea"], at_s)

        bob = online.user("bob")
        assert online.change(["ann", "bob", "eve"], how) == 2
        ann, eve = online.user("ann"), online.user("eve")
        assert (ann.history.product_ids, ann.history.n_visits) == (("bagel", "cookie", "latte", "tea"), 5)
        assert ann.history.counts.tolist() == [1, 1, 4, 1]
        assert ann.as_of == eve.as_of == world.END + timedelta(hours=13)
        assert (eve.history.product_ids, eve.profile) == (("tea",), {})
        assert online.user("bob").as_of == bob.as_of
        assert online.change([], how) == 0
