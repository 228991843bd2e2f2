"""Answers out of the view: each user's own, nobody else's, as of the moment; and what a plan makes of them."""

import itertools
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.response_classes import ResponseClasses
from models.response_model import Response
from offers.audience import Person
from offers.campaign import Planning
from offers.considering import consider
from offers.errors import PlanError
from offers.expected import Expectation
from offers.market import read_market
from offers.responses import BY_SLOPE, FILE, read_responses
from tests.models import checkerboard
from tests.offers.plan_world import KNOWN, NOW, TUESDAY, campaign, ranker, write

GRID = ResponseClasses.grid()
PARTS = np.repeat(np.arange(4), 6)
IN_USE = Response(GRID, PARTS, "r" * 16)
SCHEMA = pa.schema(
    [("user_id", pa.string()), ("product_ids", pa.list_(pa.string())), ("hour", pa.list_(pa.int64())),
     *((name, pa.list_(pa.float32())) for name in ("share", "p_buy", "p_come", "fit")),
     *((name, pa.list_(pa.bool_())) for name in ("bought", "came")), ("event_timestamp", pa.timestamp("us", "UTC"))]
)  # fmt: skip


def row(user, bought, at=KNOWN, product="p08"):
    n = len(bought)
    return {"user_id": user, "product_ids": [product] * n, "hour": [8] * n, "share": [0.4] * n, "p_buy": [0.05] * n,
            "p_come": [0.3] * n, "fit": [0.3] * n, "bought": bought, "came": bought, "event_timestamp": at}  # fmt: skip


def put(folder, *rows):
    folder.mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows), SCHEMA), folder / FILE)


def responds(own):
    return own.weight[GRID.height > 0].sum()


def test_own_answers_as_of_the_moment(tmp_path):
    put(
        tmp_path,
        row("ann", [True] * 6),
        row("bob", [False] * 6),
        row("ann", [False] * 9, KNOWN + timedelta(days=3)),
        row("eve", [], KNOWN),
    )
    found = read_responses(tmp_path, IN_USE, NOW, PARTS)
    assert responds(found.of("ann")) > responds(found.of("nobody")) > responds(found.of("bob"))
    np.testing.assert_allclose(found.of("eve").weight, GRID.weight)
    np.testing.assert_array_equal(found.of("nobody").weight, GRID.weight)
    assert ("p08", 1) in found.of("ann").cells
    later = read_responses(tmp_path, IN_USE, NOW + timedelta(days=3), PARTS)
    assert responds(later.of("ann")) < responds(found.of("ann"))
    assert found.note == f"answers by response {'r' * 16}: 3 people with answers of their own"


def test_without_an_artifact_no_file_is_needed(tmp_path):
    found = read_responses(tmp_path, None, NOW, PARTS)
    assert (found.learned, found.note) == (False, BY_SLOPE)
    assert len(found.of("ann").weight) == len(found.classes)


def test_with_one_a_missing_file_and_a_crooked_list_are_named(tmp_path):
    with pytest.raises(PlanError, match="run daypart features"):
        read_responses(tmp_path, IN_USE, NOW, PARTS)
    for broken in ({"came": [True]}, {"hour": [24] * 6}):
        put(tmp_path, {**row("ann", [True] * 6), **broken})
        with pytest.raises(PlanError, match="differ in length, or an hour is none; run daypart features again"):
            read_responses(tmp_path, IN_USE, NOW, PARTS)


def test_a_file_that_is_no_parquet_names_a_way_out_that_features_take(tmp_path):
    (tmp_path / FILE).write_bytes(b"PAR1 cut")
    with pytest.raises(PlanError, match=r"can't be read .*; delete it and run `daypart features`$"):
        read_responses(tmp_path, IN_USE, NOW, PARTS)


# -- one user weighed by them


@pytest.fixture
def home(tmp_path):
    return write(tmp_path / "home")


def weigh(home, made=None, response=IN_USE, user=0, chance=0.3, **plan):
    market = read_market(home.lake, home.features, ranker().product_ids, 0.75, campaign().products, NOW)
    density = np.full(24, 0.02)
    density[8] = 0.56
    who = Person(
        checkerboard.user_id(user), checkerboard.history(user), np.zeros(168, np.float32), "s0", KNOWN, basket_cents=900
    )
    shared = made or campaign(plan=Planning(**{"n_products": 5, "holdout_share": 0.0, **plan}))
    responses = read_responses(home.features, response, NOW, PARTS)
    return consider(who, ranker(), market, shared, TUESDAY, NOW, Expectation(chance, density), responses)


def test_who_answered_gets_more_than_who_never_did(home):
    me = checkerboard.user_id(0)
    best = {}
    for answer in (True, False):
        put(home.features, row(me, [answer] * 12))
        best[answer] = weigh(home)
    assert len(best[True].arms) > 1
    assert best[True].reason is None
    assert (best[True].kind, best[False].kind) == ("persuadable", "put_off")
    assert weigh(home, response=None).kind is None
    assert (best[False].reason, len(best[False].arms)) == ("comes_anyway", 1)
    arm = best[True].arms[1]
    assert arm.value_cents > 0
    assert arm.p_buy > arm.p_untouched == pytest.approx(arm.fit * 0.3 * best[True].slots[0].share)
    assert (arm.p_come, arm.price_cents) == (0.3, 600)


def test_a_product_that_earns_less_than_a_visit_does_not_cost_the_visit(home):
    put(home.features, row(checkerboard.user_id(0), [True] * 12))
    always = weigh(home, chance=0.95)
    assert sum(arm.value_cents for arm in always.arms) < sum(arm.value_cents for arm in weigh(home).arms)


def test_exploring_days_are_as_many_as_asked_and_drawn_the_same_again(home):
    put(home.features)
    days = [TUESDAY + timedelta(days=k) for k in range(150)]
    first = weigh(home, explore_share=1.0)
    assert first == weigh(home, explore_share=1.0)
    assert first.drawn is not None
    assert len(first.tries) == len(first.arms)
    assert weigh(home, explore_share=0.0).tries == ()
    shared = campaign(plan=Planning(n_products=5, holdout_share=0.0, explore_share=0.3))
    drawn = [weigh(home, replace_id(shared, f"c{k}")).drawn for k in range(len(days))]
    share = sum(arm is not None for arm in drawn) / len(drawn)
    assert share == pytest.approx(0.3, abs=0.12)


def replace_id(made, name):
    return type(made)(**{**{field: getattr(made, field) for field in made.__struct_fields__}, "id": name})


def test_before_anything_was_learned_the_plan_is_the_slopes_and_trying_by_belief(home):
    plain, exploring = weigh(home, response=None), weigh(home, response=None, explore_share=1.0)
    n = len(plain.arms)
    assert exploring.arms[:n] == plain.arms
    assert exploring.n_planned == n - 1
    assert sum(exploring.tries) <= 1.0 + 1e-9
    assert exploring.planable == plain.arms[1:]


def test_each_window_has_its_own_arms(home):
    one, three = weigh(home, response=None), weigh(home, response=None, n_slots=3)
    assert len(one.slots) == 1
    assert next(slot.hour for slot in three.slots) == 8
    hours = sorted(slot.hour for slot in three.slots)
    assert len(hours) == 3
    assert all(b - a >= 2 for a, b in itertools.pairwise(hours))
    assert set(three.slot_of[1:]) <= {0, 1, 2}
    assert replace(three, slots=one.slots, slot_of=one.slot_of, arms=one.arms, rows=one.rows, prices=one.prices,
                   floors=one.floors, n_planned=one.n_planned) == one  # fmt: skip
