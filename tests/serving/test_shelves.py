import weakref
from dataclasses import replace

import numpy as np
import pytest

from embedded.filled import Filled
from serving import shelves as module
from serving.bundle import load_bundle
from serving.eligible import rows_of, whole_chain
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


def test_of_many_stores_the_latest_are_at_hand_and_none_is_forgotten(setting, monkeypatch):
    online, _, gate, shelves = setting
    monkeypatch.setattr(module, "LAID_BYTES", 3 * whole_chain(shelves._bundle).n_bytes)
    shelves = Shelves(shelves._bundle)
    online.stores |= {f"t{n}": stock((f"p{n:02d}", 450, 1)) for n in range(6)}
    shelf = {name: shelves.of(gate, name)[0] for name in ("t0", "t1", "t2", "t0", "t3")}
    assert sorted(shelves._laid) == ["t0", "t2", "t3"]
    assert shelves.of(gate, "t0")[0] is shelf["t0"]
    online.down = True
    for name in ("t1", "t0", "t3"):
        again, warning = shelves.of(gate, name)
        assert (np.flatnonzero(again.on_sale).tolist(), warning) == ([int(name[1])], "stale_assortment")


def test_an_assortment_that_is_replaced_is_let_go(setting):
    online, _, gate, shelves = setting
    later = Shelves(shelves._bundle, shelves)
    for n in range(9):
        online.stores["s0"] = stock((f"p{n:02d}", 450, 1))
        gone = weakref.ref(online.stores["s0"])
        assert (later if n % 2 else shelves).of(gate, "s0")[1] is None
        if n == 0:
            first = gone
    assert first() is None
    assert len(later._rows) <= 3
    online.down = True
    assert np.flatnonzero(Shelves(later._bundle, later).of(gate, "s0")[0].on_sale).tolist() == [8]


def test_stores_that_sell_the_same_have_their_rows_looked_up_once(setting, monkeypatch):
    online, _, gate, shelves = setting
    one = stock(("p00", 450, 1), ("p03", 1, 0))
    online.stores |= {f"t{n}": replace(one, price_cents=one.price_cents + n) for n in range(4)}
    asked = []
    monkeypatch.setattr(module, "rows_of", lambda *each: asked.append(each) or rows_of(*each))
    assert [shelves.of(gate, f"t{n}")[0].prices(np.array([0])) for n in range(4)] == [[450], [451], [452], [453]]
    assert len(asked) == 1


def test_stock_is_told_as_far_as_it_is_known(setting):
    online, _, gate, _ = setting
    online.stores["s0"] = stock(("p00", 1, 0), ("p01", 1, 7), ("p03", 1, None))
    assert [units(gate, "s0", name) for name in ("p00", "p01", "p02", "p03", "p04")] == [0, 7, None, None, None]
    assert units(gate, "elsewhere", "p00") is None
    online.down = True
    assert units(gate, "s0", "p01") is None


def test_a_row_that_cannot_be_read_does_not_sell_everything_in_silence(setting, monkeypatch):
    online, _, gate, shelves = setting

    def damaged(store_id):
        raise ValueError("lists of different lengths")

    first, _ = shelves.of(gate, "s0")
    monkeypatch.setattr(online, "store", damaged)
    assert shelves.of(gate, "s0") == (first, "stale_assortment")
    assert shelves.of(gate, "s1")[1] == "no_assortment"
    assert (units(gate, "s0", "p00"), gate.is_down) == (None, False)


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
