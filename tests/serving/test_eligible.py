import numpy as np
import pytest

from serving.bundle import load_bundle
from serving.eligible import rows_of, shelf_of, struck, whole_chain
from serving.wire import Filter
from settings import Settings
from tests.serving.fakes import PRODUCTS, stock

N = len(PRODUCTS)


@pytest.fixture(scope="module")
def bundle(home):
    return load_bundle(Settings(home=home))


def laid(bundle, *sold):
    return shelf_of(whole_chain(bundle), stock(*sold), rows_of(bundle, stock(*sold)))


def shown(bundle, shelf, cart=(), **wanted):
    scores = np.arange(N, dtype=np.float32)
    before = shelf.struck.copy()
    standing = scores + struck(bundle, shelf, Filter(**wanted), cart)
    np.testing.assert_array_equal(shelf.struck, before)
    kept = np.flatnonzero(~np.isnan(standing))
    assert standing[kept].tolist() == scores[kept].tolist()
    return [bundle.ranker.product_ids.ids[row] for row in kept]


def test_a_store_shows_what_it_has_or_may_have(bundle):
    shelf = laid(bundle, ("p03", 1, 1), ("p04", 1, 0), ("p05", 1, None), ("not trained", 1, 9))
    assert shown(bundle, shelf) == ["p03", "p05"]


def test_the_stores_price_wins_over_the_product_tables(bundle):
    shelf = laid(bundle, ("p01", 777, 1), ("p02", 0, 1))
    assert shelf.prices(np.array([0, 1, 2, N - 1])) == [100, 777, 300, None]
    assert bundle.catalogue.price_cents[1] == 200


def test_a_price_beyond_int32_is_told_whole(bundle):
    shelf = laid(bundle, ("p01", 2**31, 1), ("p02", 5, 2**40))
    assert shelf.prices(np.arange(3)) == [100, 2**31, 5]
    assert shown(bundle, shelf, max_price_cents=2**31 - 1) == ["p02"]
    assert shown(bundle, shelf, max_price_cents=2**31) == ["p01", "p02"]
    assert whole_chain(bundle).cents.dtype == np.int32


def test_filters_narrow(bundle):
    chain = whole_chain(bundle)
    assert len(shown(bundle, chain)) == N
    assert shown(bundle, chain, include=("p02", "p09", "nobody")) == ["p02", "p09"]
    assert shown(bundle, chain, include=("p02", "p09"), exclude=("p09",)) == ["p02"]
    assert shown(bundle, chain, cart=("p02",), include=("p02", "p09")) == ["p09"]
    assert shown(bundle, chain, include=()) == []
    assert shown(bundle, chain, categories=("drink",))[:2] == ["p01", "p03"]
    assert shown(bundle, chain, categories=("none such",)) == []
    assert shown(bundle, chain, categories=()) == []


def test_the_most_it_may_cost_is_included(bundle):
    chain = whole_chain(bundle)
    assert shown(bundle, chain, max_price_cents=300) == ["p00", "p01", "p02"]
    assert shown(bundle, chain, max_price_cents=299) == ["p00", "p01"]
    # The last has no price: nobody can say that it is cheap enough.
    assert PRODUCTS[-1] not in shown(bundle, chain, max_price_cents=100_000)


def test_the_shelf_of_the_chain_is_never_written_to(bundle):
    chain = whole_chain(bundle)
    assert "p00" not in shown(bundle, chain, cart=("p01",), exclude=("p00",))
    assert chain.on_sale.all()
    assert not chain.struck.any()
