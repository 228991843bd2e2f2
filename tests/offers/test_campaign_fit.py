"""A campaign beside the plan world's tables: s0 sells at 600 what costs 100 but for p00 (450 assumed) and p06 (590)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from offers.campaign import Budget, Depth, Products, Slot, Stores
from offers.campaign_file import CampaignError
from offers.campaign_fit import Known, check_fit, misfits
from offers.market import read_market
from tests.offers.plan_world import NOW, TUESDAY, campaign, ranker, write

MANY = ", ".join(["p00", "p01", "p02", "p03", "p04", "..."])


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return write(tmp_path_factory.mktemp("plans") / "home")


def found(settings, for_date=TUESDAY, now=NOW, **changes):
    made = campaign(**changes)
    market = read_market(settings.lake, settings.features, ranker().product_ids, 0.75, made.products, now)
    known = Known({"p00", "p01", "another"}, {"Drinks", "Beer"})
    return [f"{key}: {reason}" for key, reason in misfits(made, market, known, for_date, now.date())]


def test_a_campaign_that_works(settings):
    assert found(settings) == []
    assert (
        found(settings, starts=TUESDAY, ends=TUESDAY, stores=Stores(include=("s1",)), slot=Slot(dayparts=("21-23",)))
        == []
    )
    assert found(settings, budget=Budget(granted_cents=0)) == []
    assert found(settings, products=Products(include=("p00", "another"), exclude_categories=("No such thing",))) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"ends": NOW.date() - timedelta(days=1)}, "ends: 2025-11-02 is past, and nothing can be sent any more"),
        ({"ends": NOW.date()}, "ends: the plan is for 2025-11-04, after the last day"),
        ({"starts": date(2025, 11, 5)}, "starts: the plan is for 2025-11-04, before the first day"),
        (
            {"products": Products(include=("p00", "latte"))},
            "products.include[1]: no product 'latte' in the tables; there are",
        ),
        ({"products": Products(exclude=("latte",))}, "products.exclude[0]: no product 'latte'"),
        (
            {"products": Products(categories=("Food",))},
            "products.categories[0]: no category 'Food' in the tables; there are Beer",
        ),
        ({"stores": Stores(include=("s0", "s9"))}, "stores.include[1]: no store 's9' in the tables; there are s0, s1"),
        ({"stores": Stores(exclude=("s0", "s1"))}, "stores: no store is left; include one of s0, s1"),
        ({"slot": Slot(dayparts=("22-6",))}, "slot.dayparts: every store of the campaign is closed then"),
        (
            {"products": Products(include=("another",))},
            "products: none of them is in stock and known to the model",
        ),
        ({"depth": Depth(ladder_cents=(500,), min_margin_share=0.1)}, "depth.ladder_cents: no step keeps any product"),
        ({"kind": "second_at_price", "depth": Depth(second_price_cents=(600,))}, "depth.second_price_cents: no step"),
        (
            {"kind": "percent_off", "depth": Depth(ladder_percent=(10,)), "budget": Budget(granted_cents=59)},
            "budget.granted_cents: leaves 50 cents beside the reserve, and one coupon takes 60",
        ),
    ],
)
def test_what_cant_work_is_named(settings, changes, told):
    assert told in found(settings, **changes)[0]


def test_the_edges_work(settings):
    # p08 at 600 costs 100: with a tenth above it, 110 must be left.
    assert found(settings, depth=Depth(ladder_cents=(490,), min_margin_share=0.1)) == []
    assert found(settings, depth=Depth(ladder_cents=(491,), min_margin_share=0.1)) != []
    assert found(settings, slot=Slot(dayparts=("5-7",))) == []
    assert found(settings, kind="points", depth=Depth(ladder_points=(590,), cents_per_point=1)) == []


def test_the_line_of_the_file_is_told(settings, tmp_path):
    settings = replace(settings, campaigns=tmp_path)
    made = campaign(stores=Stores(include=("s9",)))
    market = read_market(settings.lake, settings.features, ranker().product_ids, 0.75, made.products, NOW)
    with pytest.raises(CampaignError, match=r"c.toml: stores.include\[0\]: no store 's9'"):
        check_fit(settings, made, market, TUESDAY, NOW)
    (tmp_path / "c.toml").write_text('id = "c"\n[stores]\ninclude = ["s9"]\n')
    with pytest.raises(CampaignError, match=r"c.toml:3: stores.include\[0\]: no store 's9'"):
        check_fit(settings, made, market, TUESDAY, NOW)
    check_fit(settings, campaign(ends=NOW.date() + timedelta(days=1)), market, TUESDAY, NOW)
