"""What is known of a person under several ids, and what it costs to ask."""

from datetime import timedelta

import numpy as np
import pytest

from models.history import History, add_visit
from serving.answering import Wish, answer_together
from serving.gate import OnlineGate
from serving.known_as import MAX_READ, features_of, pasts_of, why_untold
from serving.wire import RecommendationAsk
from tests.serving.fakes import NOW, CountingOnline, known


def bought(product, day):
    return add_visit(History.empty(), [product], day * 86_400)


@pytest.fixture
def online():
    return CountingOnline(
        {
            "ann": known(bought("tea", 1), {"segment": "regular"}, NOW - timedelta(days=1)),
            "card": known(bought("latte", 2), {"segment": "new"}, NOW),
        }
    )


def of(online, *names, limit=512):
    return features_of(OnlineGate(online, lambda: 0.0), names, limit)


def test_one_id_is_one_look_and_its_own_row(online):
    assert of(online, "ann") is online.users["ann"]
    assert online.n_reads == 1


def test_two_ids_are_one_history_with_the_names_profile_and_the_newest_moment(online):
    found = of(online, "ann", "card")
    assert (found.history.product_ids, found.history.n_visits) == (("latte", "tea"), 2)
    assert (found.profile, found.as_of) == ({"segment": "regular"}, NOW)
    np.testing.assert_array_equal(found.rhythm, online.users["ann"].rhythm)
    assert of(online, "ann", "card", limit=1).history.product_ids == ("latte",)


def test_a_name_without_a_row_has_the_others_and_others_without_one_add_nothing(online):
    found = of(online, "app", "card")
    assert (found.history.product_ids, found.profile["segment"], found.as_of) == (("latte",), "new", NOW)
    assert of(online, "ann", "phone", "device") is online.users["ann"]
    assert of(online, "app", "phone").as_of is None


def test_looks_are_bounded_and_a_store_that_is_down_is_none(online):
    of(online, "ann", *(f"device{n}" for n in range(100)))
    assert online.n_reads == MAX_READ
    # An export leaves nothing out.
    features_of(OnlineGate(online, lambda: 0.0), ("ann", *(f"device{n}" for n in range(20))), most=None)
    assert online.n_reads == MAX_READ + 21
    online.down = True
    assert of(online, "ann", "card") is None


@pytest.mark.parametrize("torn", ["ann", "card"])
def test_a_page_with_a_row_that_cannot_be_read_is_none_and_says_why(online, monkeypatch, torn):
    read, gate = online.user, OnlineGate(online, lambda: 0.0)

    def user(user_id):
        if user_id == torn:
            raise ValueError("torn")
        return read(user_id)

    monkeypatch.setattr(online, "user", user)
    assert features_of(gate, ("ann", "card")) is None
    code, words = why_untold(gate)
    assert code == "features_unreadable"
    assert "run `daypart features`" in words
    online.down = True
    assert features_of(gate, ("bob", "card")) is None
    assert why_untold(gate)[0] == "online_store_unavailable"


def test_the_purchases_of_several_people_are_one_read(online):
    gate, asked = OnlineGate(online, lambda: 0.0), []
    read = online.pasts
    online.pasts = lambda user_ids: asked.append(list(user_ids)) or read(user_ids)
    both, one, nobody = pasts_of(gate, [("ann", "card"), ("card",), ("phone",)])
    assert (both.history.product_ids, both.as_of) == (("latte", "tea"), NOW)
    assert (one.history.product_ids, one.as_of, nobody.as_of) == (("latte",), NOW, None)
    many = [("ann", *(f"device{n}" for n in range(100))), ("card",)]
    assert [past.history.product_ids for past in pasts_of(gate, many)] == [("tea",), ("latte",)]
    assert (len(asked), len(asked[1])) == (2, MAX_READ + 1)
    assert pasts_of(gate, [("ann", "card")], limit=1)[0].history.product_ids == ("latte",)
    assert pasts_of(gate, []) == []
    online.down = True
    assert pasts_of(gate, many) == [None, None]


@pytest.mark.parametrize("torn", ["ann", "card"])
def test_a_row_that_cannot_be_read_is_lacking_and_not_nothing(online, monkeypatch, torn):
    def damaged(user_id):
        if user_id == torn:
            raise ValueError("torn")
        return whole(user_id)

    whole = online.user
    monkeypatch.setattr(online, "user", damaged)
    gate, left = OnlineGate(online, lambda: 0.0), {"ann": "latte", "card": "tea"}[torn]
    asked = [("ann", "card"), ("phone", torn), (torn,), (left_id := {"ann": "card", "card": "ann"}[torn],)]
    some, nothing, none, other = pasts_of(gate, asked)
    assert (some.history.product_ids, some.as_of, some.lacks) == ((left,), online.users[left_id].as_of, True)
    assert (nothing, none, other.lacks) == (None, None, False)
    assert of(online, "ann", "card") is None, "nobody is told less than there is"


def test_an_answer_without_one_of_their_rows_says_so_and_remembers_the_whole(world, monkeypatch):
    def meta(*theirs):
        ask = RecommendationAsk(user_id=theirs[0])
        (answer,) = answer_together([Wish(world.parts, ask, NOW, NOW, ["en"], theirs)])
        return answer.slate.meta.degraded, answer.slate.meta.fallback, answer.slate.meta.warnings

    def damaged(user_id):
        if user_id == "u02":
            raise ValueError("torn")
        return whole(user_id)

    world.online.users["u02"] = known(bought("p02", 1))
    assert meta("u00", "u02") == (False, None, [])
    whole = world.online.user
    monkeypatch.setattr(world.online, "user", damaged)
    for _ in range(2):
        assert meta("u00", "u02") == (True, "last_known", [])
    world.parts.gate.last_known.forget(["u00"])
    for _ in range(2):
        assert meta("u00", "u02") == (True, None, ["history_incomplete"])
    assert meta("u00") == (False, None, [])
