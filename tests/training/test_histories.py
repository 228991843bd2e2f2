"""Visits and the arrays folded of them, by heart on the tiny world and against visit-by-visit folding on a random one."""

from datetime import UTC, datetime

import numpy as np
import polars as pl

from models.history import DECAY, History, add_visit
from tests import world
from tests.training import market
from training.histories import build_histories
from training.sales import coded, sales
from training.visits import visits_of


def of(name, limit=None):
    histories = build_histories(visits_of(sales(world.events().lazy(), world.stores())), limit)
    return histories.of(histories.users.index(name))


def told(visits):
    """(user, product, visit) of every entry."""
    entries = zip(visits.user.tolist(), visits.row.tolist(), visits.visit.tolist(), strict=True)
    return [(visits.users[user], visits.products[row], visit) for user, row, visit in entries]


def test_visits_of_the_world_net_of_what_was_given_back():
    found = visits_of(sales(world.events().lazy(), world.stores()))
    assert found.users == list(world.USERS), "the anonymous cookie is nobody's"
    bob = [entry[1:] for entry in told(found) if entry[0] == "bob"]
    assert bob == [("americano", 1), ("bagel", 1), ("bagel", 2), ("bagel", 3)], (
        "one of two bagels went back; the void is gone"
    )


def test_ann_by_heart():
    ann = of("ann")
    assert ann.product_ids == ("bagel", "cookie", "latte")
    assert ann.n_visits == 4
    assert ann.counts.tolist() == [1, 1, 4]
    assert ann.last_visit.tolist() == [2, 4, 4]
    np.testing.assert_allclose(ann.decayed, [DECAY**2, 1.0, sum(DECAY**n for n in range(4))], rtol=1e-6)
    assert ann.last_at_s.tolist()[2] == int(datetime(2025, 11, 10, 13, tzinfo=UTC).timestamp())


def test_two_orders_of_one_local_day_are_one_visit_and_the_clock_decides_which_day():
    day = [datetime(2025, 3, 1, hour, tzinfo=UTC) for hour in (4, 12, 23)]
    rows = {"user_id": ["u"] * 3, "product_id": ["a", "a", "b"], "occurred_at": day, "store_id": ["s"] * 3}
    stores = pl.DataFrame({"store_id": ["s"], "timezone": ["America/New_York"]})
    assert visits_of(sales(pl.DataFrame(rows).lazy())).visit.tolist() == [1, 1]
    local = visits_of(sales(pl.DataFrame(rows).lazy(), stores))
    assert told(local) == [("u", "a", 1), ("u", "a", 2), ("u", "b", 2)]


def test_folding_at_once_equals_folding_visit_by_visit():
    lines = sales(market.events(12).lazy(), market.stores())
    histories = build_histories(visits_of(lines))
    for index, user in enumerate(histories.users):
        lived = History.empty()
        for (_,), visit in lines.filter(pl.col.user_id == user).sort("day").group_by("day", maintain_order=True):
            stamps = {
                product: int(at.timestamp()) for product, at in visit.select("product_id", "occurred_at").iter_rows()
            }
            lived = add_visit(lived, sorted(stamps), max(stamps.values()))
        once = histories.of(index)
        assert once.product_ids == lived.product_ids
        assert once.n_visits == lived.n_visits
        np.testing.assert_array_equal(once.counts, lived.counts)
        np.testing.assert_array_equal(once.last_visit, lived.last_visit)
        np.testing.assert_allclose(once.decayed, lived.decayed, rtol=1e-5)


def test_the_limit_keeps_the_greatest_decayed_counts_either_way():
    rows = visits_of(sales(market.events(12).lazy()))
    whole, bounded = build_histories(rows), build_histories(rows, 3)
    for user in range(len(whole.users)):
        few, all_of_it = bounded.of(user), whole.of(user)
        assert len(few) == 3
        dropped = all_of_it.decayed[[product not in few.product_ids for product in all_of_it.product_ids]]
        assert dropped.max() <= few.decayed.min()
        again = whole.of(user, 3)
        assert again.product_ids == few.product_ids
        np.testing.assert_array_equal(again.decayed, few.decayed)
        assert again.n_visits == all_of_it.n_visits


def test_coded_lines_fold_to_the_same_histories():
    lines = sales(market.events(12).lazy())
    one, other = build_histories(visits_of(lines)), build_histories(visits_of(coded(lines)))
    assert (one.users, one.products) == (other.users, other.products)
    for name in ("indptr", "rows", "counts", "decayed", "last_visit", "last_at_s", "n_visits"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_numbered_moves_rows_and_changes_nothing_else():
    histories = build_histories(visits_of(sales(world.events().lazy(), world.stores())))
    wider = histories.numbered(sorted({*histories.products, "aaa", "zzz"}))
    assert wider.rows.min() == histories.rows.min() + 1
    assert [wider.of(user).product_ids for user in range(4)] == [histories.of(user).product_ids for user in range(4)]


def test_no_purchases_are_no_histories():
    empty = build_histories(visits_of(sales(world.events().clear().lazy(), world.stores())))
    assert (empty.users, empty.products, empty.indptr.tolist(), len(empty.rows)) == ([], [], [0], 0)


def test_arrays_have_the_stated_types():
    histories = build_histories(visits_of(sales(world.events().lazy(), world.stores())))
    kinds = {
        name: getattr(histories, name).dtype.str
        for name in ("indptr", "rows", "counts", "decayed", "last_visit", "last_at_s")
    }
    assert kinds == {
        "indptr": "<i8",
        "rows": "<i4",
        "counts": "<f4",
        "decayed": "<f4",
        "last_visit": "<i4",
        "last_at_s": "<i8",
    }
    assert histories.owner.tolist() == np.repeat([0, 1, 2, 3], np.diff(histories.indptr)).tolist()
