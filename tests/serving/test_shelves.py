import pytest

from embedded.filled import Filled
from serving.bundle import load_bundle
from serving.gate import CLOSED_S, OnlineGate
from serving.shelves import Shelves, units
from settings import Settings
from tests.serving.fakes import Clock, CountingOnline, stock


@pytest.fixture
def setting(home):
    online, clock = CountingOnline(stores={"s0": stock(("p00", 450, 1))}), Clock()
    return online, clock, OnlineGate(online, clock), Shelves(load_bundle(Settings(home=home)))


def test_a_shelf_is_laid_once_per_assortment(setting):
    online, _, gate, shelves = setting
    first, warning = shelves.of(gate, "s0")
    assert (first.on_sale.sum(), warning) == (1, None)
    assert shelves.of(gate, "s0")[0] is first
    online.stores["s0"] = stock(("p00", 450, 1), ("p01", 1, 1))
    assert shelves.of(gate, "s0")[0].on_sale.sum() == 2


def test_a_store_without_assortment_sells_the_chains(setting):
    _, _, gate, shelves = setting
    assert shelves.of(gate, None)[1] is None
    # s1 is in the store table, elsewhere is nowhere.
    assert shelves.of(gate, "s1")[1] is None
    shelf, warning = shelves.of(gate, "elsewhere")
    assert (shelf.on_sale.all(), warning) == (True, "unknown_store")


def test_while_the_store_is_down_the_last_assortment_serves(setting):
    online, clock, gate, shelves = setting
    online.down = True
    assert shelves.of(gate, "s0")[1] == "no_assortment"
    online.down, clock.now_s = False, CLOSED_S
    first, _ = shelves.of(gate, "s0")
    online.down = True
    assert shelves.of(gate, "s0") == (first, "stale_assortment")


def test_stock_is_told_as_far_as_it_is_known(setting):
    online, _, gate, _ = setting
    online.stores["s0"] = stock(("p00", 1, 0), ("p01", 1, 7), ("p03", 1, None))
    assert [units(gate, "s0", name) for name in ("p00", "p01", "p02", "p03", "p04")] == [0, 7, None, None, None]
    assert units(gate, "elsewhere", "p00") is None
    online.down = True
    assert units(gate, "s0", "p01") is None


def test_who_is_in_a_hurry_has_the_last_shelf_and_no_read(setting):
    online, _, gate, shelves = setting
    assert shelves.of(gate, "s0", in_hurry=True)[1] == "no_assortment"
    first, _ = shelves.of(gate, "s0")
    n_reads = online.n_reads
    assert shelves.of(gate, "s0", in_hurry=True) == (first, "stale_assortment")
    assert online.n_reads == n_reads


def test_an_emptied_store_says_nothing_of_what_stores_sell(setting):
    online, _, gate, shelves = setting
    online.stores, online.filled = {}, Filled(True, False)
    assert shelves.of(gate, "s0")[1] == "no_assortment"
    assert shelves.of(gate, "elsewhere")[1] == "unknown_store"
