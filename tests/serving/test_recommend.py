from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import UNSET

from models.history import History
from serving.bundle import load_bundle
from serving.eligible import whole_chain
from serving.recommend import Known, Wanted, open_coupons, slates
from serving.wire import Context, Filter, RecommendationAsk
from settings import Settings
from tests.models import checkerboard
from tests.serving.fakes import NOW, PRODUCTS, offer

N = len(PRODUCTS)
EIGHT = datetime(2017, 12, 4, 8, tzinfo=UTC)
"""A Monday."""


@pytest.fixture(scope="module")
def bundle(home):
    return load_bundle(Settings(home=home))


def ranked(bundle, history=None, names=None, offers=(), **ask):
    known = Known(history or History.empty(), whole_chain(bundle), offers=offers)
    (items,) = slates(bundle, [Wanted(RecommendationAsk(**ask), known, EIGHT, names or bundle.catalogue.names_for([]))])
    return items


@pytest.mark.parametrize("user", range(4))
def test_even_users_get_even_products(bundle, user):
    items = ranked(bundle, checkerboard.history(user), limit=6)
    assert {int(item.product_id[1:]) % 2 for item in items} == {user % 2}
    assert [item.rank for item in items] == [1, 2, 3, 4, 5, 6]


def test_scores_fall_and_are_probabilities(bundle):
    scores = [item.score for item in ranked(bundle, checkerboard.history(0), limit=N)]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score < 1 for score in scores)


def test_a_slate_is_full_although_much_is_struck_out(bundle):
    best = [item.product_id for item in ranked(bundle, checkerboard.history(0), limit=3)]
    rest = ranked(bundle, checkerboard.history(0), limit=3, filter=Filter(exclude=tuple(best)))
    assert len(rest) == 3
    assert not {item.product_id for item in rest} & set(best)
    assert [i.product_id for i in ranked(bundle, checkerboard.history(0), limit=6)] == best + [
        i.product_id for i in rest
    ]


def test_novelty_turns_the_list_and_leaves_the_scores(bundle):
    history = checkerboard.history(0)
    plain = {item.product_id: item.score for item in ranked(bundle, history, limit=N)}
    for novelty, n_new in ((0.0, 0), (0.5, 2), (1.0, 4)):
        items = ranked(bundle, history, limit=4, filter=Filter(novelty=novelty))
        assert len({item.product_id for item in items} - set(history.product_ids)) == n_new
        assert {item.product_id: item.score for item in items}.items() <= plain.items()


def test_names_come_in_the_language_asked_for_also_in_reasons(bundle):
    names = bundle.catalogue.names_for(["zh"])
    items = ranked(bundle, checkerboard.history(0), names=names, limit=N)
    assert {item.name for item in items} == set(names)
    details = {reason.detail for item in items for reason in item.reasons if reason.code == "similar_to_usual"}
    assert details
    assert details <= set(names)


def test_every_item_says_why(bundle):
    assert all(item.reasons for item in ranked(bundle, checkerboard.history(1), limit=N))


def test_an_open_coupon_stands_at_its_product(bundle):
    coupon = offer("ABCD", product_id="p02", store_id="s0")
    by_id = {i.product_id: i.offer for i in ranked(bundle, offers=[coupon], limit=N, context=Context(store_id="s0"))}
    assert by_id.pop("p02").coupon_code == "ABCD"
    assert set(by_id.values()) == {UNSET}


def test_coupons_of_other_stores_are_not_shown_and_the_first_to_end_wins():
    late = offer("LATE", valid_until=NOW + timedelta(days=9))
    soon, there = offer("SOON", valid_until=NOW + timedelta(days=1)), offer("THERE", store_id="s1", product_id="p01")
    assert open_coupons([late, soon, there], "s0")["p00"].coupon_code == "SOON"
    assert set(open_coupons([late, there], "s0")) == {"p00"}
    assert set(open_coupons([late, there], None)) == {"p00", "p01"}


@pytest.mark.parametrize(
    ("share", "limit", "place"), [(0.0, 5, None), (0.1, 5, None), (0.1, 10, 10), (0.25, 4, 4), (1.0, 4, 4)]
)
def test_a_product_never_sold_has_the_last_places_of_the_quota(bundle, share, limit, place):
    items = ranked(replace(bundle, exploration_share=share), checkerboard.history(0), limit=limit)
    assert len(items) == limit
    assert {item.product_id: item.rank for item in items}.get(checkerboard.NEW) == place
    if place is not None:
        assert [reason.code for reason in items[-1].reasons][-1:] == ["new_product"]
        assert 0 < items[-1].score < 1


def test_only_the_usual_has_no_quota_and_a_filter_holds_for_it_too(bundle):
    curious = replace(bundle, exploration_share=0.5)
    for wanted in (Filter(novelty=0.0), Filter(exclude=(checkerboard.NEW,)), Filter(categories=("drink",))):
        items = ranked(curious, checkerboard.history(0), limit=4, filter=wanted)
        assert len(items) == 4
        assert checkerboard.NEW not in {item.product_id for item in items}
