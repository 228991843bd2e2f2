from dataclasses import replace

import numpy as np
import pytest

from offers.audience import Person
from offers.campaign import Depth, Planning, Prior, Slot, Stores
from offers.candidates import REASONS
from offers.chance import is_held_out
from offers.considering import consider
from offers.deciding import decision_of, reserved
from offers.drafts import NOTHING
from offers.expected import Expectation
from offers.market import read_market
from offers.slots import Store
from offers.usual_slot import come_chance, usual_slots
from tests.models import checkerboard
from tests.offers.plan_world import KNOWN, NOW, TUESDAY, campaign, ranker, write


@pytest.fixture
def market(tmp_path):
    settings = write(tmp_path / "home")
    return read_market(settings.lake, settings.features, ranker().product_ids, 0.75, campaign().products, NOW)


def person(user=0, hours=(8,), store="s0"):
    week = np.zeros(168, np.float32)
    for hour in hours:
        week[np.arange(7) * 24 + hour] = 5
    return Person(checkerboard.user_id(user), checkerboard.history(user), week, store, KNOWN)


STORE = Store("s0", "America/New_York", 360, 1320)


def slots(who, store=STORE, made=None):
    return usual_slots(who, ranker(), store, made or campaign(), TUESDAY, NOW)


def slot(who, store=STORE, made=None):
    found = slots(who, store, made)
    return found if isinstance(found, str) else found[0]


def test_the_usual_hour():
    assert slot(person(hours=(8,))).hour == 8
    assert slot(person(hours=(13,))).hour == 13
    # Nothing known: the store's rhythm, which peaks at eight.
    assert slot(person(hours=())).hour == 8


def test_a_closed_hour_is_never_the_slot():
    late = replace(STORE, opens=10 * 60)
    assert slot(person(hours=(8,)), late).hour >= 10
    assert slot(person(), replace(STORE, opens=30, closes=45)) == "store_closed"


def test_the_share_is_of_the_windows_hours():
    density = ranker().slot_density(person().rhythm, "s0", 1, np.arange(24) >= 6)
    one, two = slot(person(), made=campaign(slot=Slot(hours=1))), slot(person())
    assert two.valid_until - one.valid_until == one.valid_until - one.valid_from
    assert two.share > one.share > 0.5
    assert density[8] == pytest.approx(density.max())
    # Cut at closing, the window is shorter, and so is its share.
    cut = slot(person(), replace(STORE, closes=9 * 60))
    assert cut.valid_until == one.valid_until


def test_deeper_history_moves_the_choice(market):
    even, odd = (consider(person(n), ranker(), market, campaign(), TUESDAY, NOW) for n in (0, 1))
    assert even.arms[0] is NOTHING
    assert len(even.arms) == len(even.rows) == len(even.prices) == len(even.floors) > 1
    assert [arm.product_id for arm in even.arms[1:]] == [ranker().product_ids.ids[row] for row in even.rows[1:]]
    assert even.prices[1] - even.arms[1].discount_cents >= even.floors[1]
    assert odd.arms != even.arms


def test_more_frequent_visitors_are_likelier(market):
    often = person()
    rare = replace(often, history=replace(often.history, last_at_s=often.history.last_at_s - 90 * 86_400))
    p = [
        max(arm.p_buy for arm in consider(who, ranker(), market, campaign(), TUESDAY, NOW).arms)
        for who in (often, rare)
    ]
    assert p[0] > p[1]


def test_dayparts_choose_the_window_and_leave_its_share_of_the_day():
    late = slot(person(hours=(8,)), made=campaign(slot=Slot(dayparts=("evening",))))
    density = ranker().slot_density(person(hours=(8,)).rhythm, "s0", 1, (np.arange(24) >= 6) & (np.arange(24) < 22))
    assert late.share == pytest.approx(density[late.hour : late.hour + 2].sum())
    # A morning person hardly comes in the evening, whatever the campaign would like.
    assert late.share < 0.2


def expecting(hour, chance=0.5):
    density = np.full(24, 0.01)
    density[hour] += 0.5
    density[20] += 0.26
    return Expectation(chance, density)


def test_what_is_expected_takes_the_place_of_what_was_counted(market):
    def found(expected, **changes):
        return consider(person(), ranker(), market, campaign(**changes), TUESDAY, NOW, expected)

    noon = found(expecting(12))
    assert (noon.slots[0].hour, noon.slots[0].share) == (12, pytest.approx(0.52))
    # Closed hours, and hours the campaign doesn't allow, are never chosen, however likely.
    assert found(expecting(3)).slots[0].hour == 20
    assert found(expecting(12), slot=Slot(dayparts=("evening",))).slots[0].hour == 20
    assert come_chance(person(), ranker(), STORE, campaign(), TUESDAY, expecting(12, 0.5)) == 0.5
    assert noon.arms[1].p_come == 0.5
    assert noon.arms[1].p_untouched == pytest.approx(noon.arms[1].fit * 0.5 * noon.slots[0].share)
    # Half as likely a visit, half as likely a purchase before anything is offered.
    seldom = found(expecting(12, 0.25))
    assert max(arm.p_buy for arm in noon.arms) > max(arm.p_buy for arm in seldom.arms) > 0
    assert found(expecting(12, 0.0)).reason == "no_gain"
    # To who comes anyway a discount gives away more than it brings; a message that is too dear is another matter.
    assert found(expecting(12, 0.2), prior=Prior(response_slope=0.0)).reason == "comes_anyway"
    assert found(expecting(12, 0.19), prior=Prior(response_slope=0.0)).reason == "no_gain"
    assert found(expecting(12, 0.9), prior=Prior(response_slope=8.0, contact_cents=1e5)).reason == "no_gain"


def test_the_offer_is_for_the_store_where_they_are_likeliest(market):
    def found(store_id, here):
        expected = replace(expecting(12), store_id=store_id, here=here)
        return consider(person(), ranker(), market, campaign(), TUESDAY, NOW, expected)

    usual, other, seldom = found(None, 1.0), found("s1", 1.0), found("s1", 0.5)
    assert (usual.store_id, other.store_id) == ("s0", "s1")
    assert {int(arm.product_id[1:]) % 2 for arm in other.arms[1:]} == {1}
    assert seldom.arms[1].p_untouched == pytest.approx(
        0.5 * next(arm for arm in other.arms if arm.product_id == seldom.arms[1].product_id).p_untouched
    )
    assert found("nowhere", 1.0).reason == "no_store"


@pytest.mark.parametrize(
    ("who", "changes", "reason"),
    [
        (person(store=None), {}, "no_store"),
        (person(store="nowhere"), {}, "no_store"),
        (person(), {"depth": Depth(ladder_cents=(600,))}, "no_product"),
        (person(), {"prior": Prior(response_slope=0.0)}, "no_gain"),
    ],
)
def test_the_reason_why_not(market, who, changes, reason):
    found = consider(who, ranker(), market, campaign(**changes), TUESDAY, NOW)
    assert (found.reason, found.arms) == (reason, (NOTHING,))
    assert reason in REASONS


def test_without_its_own_prior_a_campaign_takes_the_artifacts_slope(market):
    own = consider(person(), ranker(), market, campaign(prior=Prior(response_slope=2.5)), TUESDAY, NOW)
    artifacts = consider(person(), ranker(), market, campaign(prior=Prior()), TUESDAY, NOW)
    assert ranker().response_slope == 2.5
    assert own.arms == artifacts.arms


def test_the_holdout_is_by_hash_persistent_and_as_large_as_said():
    users = [f"user-{n}" for n in range(20_000)]
    held = {user for user in users if is_held_out(user, 0.05)}
    assert len(held) / len(users) == pytest.approx(0.05, abs=0.006)
    assert held == {user for user in users if is_held_out(user, 0.05)}
    # Who is held out of a twentieth is held out of a tenth.
    assert held < {user for user in users if is_held_out(user, 0.1)}
    assert not any(is_held_out(user, 0.0) for user in users)
    # Pinned, so that no refactoring reshuffles people between holdout and rest.
    assert sorted(held)[:3] == ["user-10010", "user-10015", "user-10035"]


# -- from candidates to decisions


def candidate(market, user=0, **changes):
    return replace(consider(person(user), ranker(), market, campaign(), TUESDAY, NOW), **changes)


@pytest.mark.parametrize(("cost", "cents"), [(0.0, 1), (0.2, 1), (1.0, 1), (1.2, 2), (7.0, 7)])
def test_what_is_reserved_is_whole_and_never_less(cost, cents):
    assert reserved(cost) == cents


def decide(market, made, arm, share=0.0):
    shared = campaign(plan=Planning(holdout_share=share))
    return decision_of(made, arm, shared, market, TUESDAY, "USD", "m1")


def test_a_decision_with_an_offer(market):
    made = decide(market, candidate(market), 1, share=0.2)
    arm = made.arms[1]
    assert (made.planned_arm, made.sent_arm, made.propensity, made.reason) == (1, 1, 0.8, None)
    assert (made.terms.product_id, made.terms.discount_cents) == (arm.product_id, arm.discount_cents)
    assert made.terms.expected_cents == reserved(arm.cost_cents)
    assert (made.terms.floor_cents, made.terms.price_cents) == (110, 600)
    assert made.terms.text["zh"].startswith("明早8点,")


def test_decisions_without_an_offer(market):
    held = decide(market, candidate(market, holdout=True), 1, share=0.2)
    assert (held.planned_arm, held.sent_arm, held.propensity, held.reason, held.terms) == (1, 0, 0.2, "holdout", None)
    spared = decide(market, candidate(market), 0, share=0.2)
    assert (spared.sent_arm, spared.propensity, spared.reason, spared.terms) == (0, 1.0, "budget", None)
    lost = decide(market, candidate(market, reason="no_gain", arms=(NOTHING,)), 0)
    assert lost.reason == "no_gain"


def test_an_arm_without_a_slot_is_a_fault_of_ours(market):
    with pytest.raises(ValueError, match="slot"):
        decide(market, candidate(market, slots=()), 1)


KINDS = {
    "percent_off": (Depth(ladder_percent=(10, 20), min_margin_share=0.1), {60, 120}),
    "second_at_price": (Depth(second_price_cents=(400, 500), min_margin_share=0.1), {200, 100}),
    "points": (Depth(ladder_points=(100, 200), cents_per_point=0.5), {50, 100}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_weighs_its_own_cents(market, kind):
    depth, cents = KINDS[kind]
    made = campaign(kind=kind, depth=depth, version="v1")
    found = consider(person(), ranker(), market, made, TUESDAY, NOW)
    assert {arm.discount_cents for arm in found.arms[1:]} <= cents
    decided = decision_of(found, 1, made, market, TUESDAY, "USD", "m1")
    assert decided.campaign_version == "v1"
    assert decided.terms.min_quantity == (2 if kind == "second_at_price" else 1)
    assert decided.terms.points == ({50: 100, 100: 200}[decided.terms.discount_cents] if kind == "points" else 0)
    words = {"percent_off": "%", "second_at_price": "second product", "points": " points"}
    assert words[kind] in decided.terms.text["en"]


def test_a_second_unit_is_bought_by_some_of_those_who_buy_one(market):
    shared = {"kind": "second_at_price", "depth": KINDS["second_at_price"][0]}
    some, all_of_them = (
        consider(person(), ranker(), market, campaign(prior=Prior(response_slope=8.0, second_unit_share=share), **shared),
                 TUESDAY, NOW) for share in (0.2, 1.0)
    )  # fmt: skip
    one, every = some.arms[1], next(arm for arm in all_of_them.arms if arm.product_id == some.arms[1].product_id)
    assert one.p_untouched == pytest.approx(0.2 * every.p_untouched)
    assert one.fit == every.fit
    assert one.p_buy < every.p_buy


def test_stores_and_dayparts_of_a_campaign(market):
    def reason(**changes):
        return consider(person(), ranker(), market, campaign(**changes), TUESDAY, NOW).reason

    assert reason(stores=Stores(include=("s0",))) is None
    assert reason(stores=Stores(exclude=("s0",))) == "other_store"
    assert reason(slot=Slot(dayparts=("22-6",))) == "store_closed"
    late = consider(person(), ranker(), market, campaign(slot=Slot(dayparts=("evening",))), TUESDAY, NOW)
    assert 17 <= late.slots[0].hour < 21
    assert consider(person(), ranker(), market, campaign(), TUESDAY, NOW).slots[0].hour == 8
