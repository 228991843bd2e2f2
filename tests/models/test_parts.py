"""The parts that both kinds of blend are reckoned from."""

from __future__ import annotations

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from models import parts as parts_module
from models.best import Sought
from models.errors import ArtifactError
from models.history import History
from models.parts import LEAST_PLACES, MOST_PLACES, PLACES_BYTES, Parts, parts_of
from models.popularity import lift
from models.ranker import Ranker
from models.scores import best_together, reasons_together
from models.term_names import GOODS_TERMS, NEAR_TERMS, NEW_TERMS, OWN_TERMS, USUAL_TERMS
from tests.models import checkerboard

ARRAYS = checkerboard.form_arrays()
PLACES = [(store, daypart) for store in (None, 0, 1) for daypart in (None, 0, 1, 2, 3)]


@pytest.fixture
def parts() -> Parts:
    return parts_of(ARRAYS, checkerboard.form_parameters())


def test_parts_are_gathered_from_arrays_and_parameters(parts):
    assert parts.products.ids == checkerboard.products(17)
    assert parts.stores.ids == ["s0", "s1"]
    assert parts.options.daypart_names == ("morning", "midday", "evening", "night")
    assert set(parts.neighbours) == set(NEAR_TERMS)
    for name, table in parts.neighbours.items():
        np.testing.assert_array_equal(table.rows, ARRAYS[f"{name}_rows"])
        np.testing.assert_array_equal(table.values, ARRAYS[f"{name}_values"])
    assert not parts_of(checkerboard.arrays(), checkerboard.parameters()).neighbours


def test_arrays_are_plain_whatever_they_came_as(tmp_path):
    np.save(tmp_path / "a.npy", ARRAYS["rebuy_rate"])
    mapped = {**ARRAYS, "rebuy_rate": np.load(tmp_path / "a.npy", mmap_mode="r")}
    assert type(parts_of(mapped, checkerboard.form_parameters()).arrays["rebuy_rate"]) is np.ndarray


def test_arrays_and_parameters_are_checked():
    with pytest.raises(ArtifactError, match="ranker array goods: missing"):
        parts_of({k: v for k, v in ARRAYS.items() if k != "goods"}, checkerboard.form_parameters())
    with pytest.raises(ArtifactError, match="ranker array goods: holds NaN"):
        parts_of({**ARRAYS, "goods": ARRAYS["goods"] * np.nan}, checkerboard.form_parameters())
    with pytest.raises(ArtifactError, match="ranker parameter goods_terms"):
        parts_of(ARRAYS, checkerboard.form_parameters(goods_terms=3))


@pytest.mark.parametrize(("store", "daypart"), PLACES)
def test_here_is_the_lift_of_a_place(parts, store, daypart):
    wanted = lift(ARRAYS["popularity_global"], parts.local.cell(store, daypart), 8.0)
    np.testing.assert_array_equal(parts.here(store, daypart), wanted)


def test_here_is_reckoned_once_for_a_place(parts):
    assert parts.here(0, 0) is parts.here(0, 0)
    assert parts.here(0, 0) is not parts.here(1, 0)
    assert parts.here.cache_info().maxsize == parts.n_places == MOST_PLACES


def test_what_sold_in_a_place_is_gathered_once(parts):
    assert parts.cell(0, 0) is parts.cell(0, 0)
    for store, daypart in PLACES:
        kept, anew = parts.cell(store, daypart), parts.local.cell(store, daypart)
        np.testing.assert_array_equal(kept.rows, anew.rows)
        assert kept.total == anew.total


def test_here_keeps_the_latest_few_places(monkeypatch):
    monkeypatch.setattr(parts_module, "MOST_PLACES", 2)
    parts = parts_of(ARRAYS, checkerboard.form_parameters())
    first = parts.here(0, 0)
    for place in PLACES:
        parts.here(*place)
    assert parts.here.cache_info().currsize == 2
    assert parts.here(0, 0) is not first
    np.testing.assert_array_equal(parts.here(0, 0), first)


def test_threads_ask_for_places_at_once(parts):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda place: parts.here(*place), PLACES * 20))
    for place, here in zip(PLACES * 20, found, strict=True):
        np.testing.assert_array_equal(here, lift(ARRAYS["popularity_global"], parts.local.cell(*place), 8.0))


def test_the_table_holds_what_every_product_has_and_nought_for_the_rest(parts):
    goods = dict(zip(GOODS_TERMS, ARRAYS["goods"].T, strict=True))
    stated = {"popularity": ARRAYS["popularity_global"], "rebuy": np.log(ARRAYS["rebuy_rate"]), **goods}
    for terms in (USUAL_TERMS, NEW_TERMS, ("rebuy", "habit"), tuple(reversed(GOODS_TERMS)), OWN_TERMS, ()):
        table = parts.table(terms)
        assert (table.shape, table.dtype) == ((17, len(terms)), np.float32)
        for column, name in zip(table.T, terms, strict=True):
            np.testing.assert_array_equal(column, stated.get(name, np.zeros(17)), err_msg=name)


def test_what_is_stated_in_both_forms_is_kept(parts):
    for terms in (USUAL_TERMS, NEW_TERMS):
        places, columns = kept = parts.stated(terms)
        np.testing.assert_array_equal(columns, parts.table(terms)[:, places])
        assert not parts.table(terms)[:, [place for place in range(len(terms)) if place not in places]].any()
        assert parts.stated(terms) is kept
    assert parts.stated(USUAL_TERMS) is not parts.stated(NEW_TERMS)


def test_the_more_products_the_fewer_places_are_kept(monkeypatch):
    for n_bytes, n_places in (
        (PLACES_BYTES, MOST_PLACES),
        (17 * 4 * 9 + 67, 9),
        (17 * 4 * 9 - 1, 8),
        (0, LEAST_PLACES),
    ):
        monkeypatch.setattr(parts_module, "PLACES_BYTES", n_bytes)
        assert parts_of(ARRAYS, checkerboard.form_parameters()).n_places == n_places


@pytest.mark.parametrize("make", [checkerboard.form_arrays, checkerboard.arrays])
def test_a_ranker_that_was_asked_goes_with_its_last_holder(make):
    """Without the collector, which in a worker hardly ever looks at what is old: nothing in it may hold itself."""
    told = checkerboard.form_parameters() if make is checkerboard.form_arrays else checkerboard.parameters()
    ranker = Ranker.from_arrays(make(), told)
    collecting = gc.isenabled()
    gc.disable()
    try:
        for history in (checkerboard.history(0), History.empty()):
            scores = ranker.score(history, store_id="s0", hour_of_week=9)
            assert len(best_together([scores], [Sought(5, np.zeros(len(scores.score), np.float32))])[0].rows) == 5
            assert reasons_together([scores], [np.arange(5)])
        held = [weakref.ref(each) for each in (ranker, ranker.parts, ranker.blend, ranker.parts.local)]
        del ranker, scores
        assert [ref() for ref in held] == [None] * 4
    finally:
        if collecting:
            gc.enable()


def test_the_cold_factors_lie_down(parts):
    np.testing.assert_array_equal(parts.cold_lanes[:, :17], ARRAYS["cold_factors"].T)
    assert parts.cold_lanes.flags.c_contiguous


def test_a_products_place_in_the_chain(parts):
    chain = ARRAYS["popularity_global"]
    for row in range(17):
        assert parts.popularity_rank(row) == 1 + int((chain > chain[row]).sum())
    assert {parts.popularity_rank(row) for row in range(17)} == {1, 6, 12}, "equals share a place"


def test_what_is_stated_is_the_tables_part_of_what_every_product_has(parts):
    for terms in (USUAL_TERMS, NEW_TERMS, OWN_TERMS, ("habit", "week", "popularity")):
        places, columns = parts.stated(terms)
        np.testing.assert_array_equal(columns, parts.table(terms)[:, places])
        assert {terms[place] for place in places} == {"popularity", "rebuy", *GOODS_TERMS} & {*terms}
    assert parts.stated(NEW_TERMS) is parts.stated(NEW_TERMS)
