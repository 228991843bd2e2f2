"""Whether a campaign can work on the day it is planned for, beside the products and stores there are.

Faults as in `offers.campaign_faults`. A campaign that could send nothing to anybody, whatever they bought, is refused before
anything is weighed; one that can't serve some people is not a fault, and each of them gets a reason in the plan.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from offers.campaign import Campaign
from offers.campaign_faults import Fault
from offers.campaign_file import refuse
from offers.campaign_scope import hours_allowed, parts_of, stores_of, unknown
from offers.depth import LADDERS, discounts, floors
from offers.errors import PlanError
from offers.market import Market, categories_of, read_table
from offers.slots import open_hours
from offers.value import floor_cents
from settings import Settings

AHEAD = timedelta(days=92)
"""A plan looks no further: what it promises is set aside until then."""


@dataclass(frozen=True)
class Known:
    """Every product of the product table, known to the model or not, and the categories' names and parts."""

    product_ids: Collection[str]
    categories: Collection[str]

    @staticmethod
    def of(product_ids: Sequence[str], categories: Sequence[str | None]) -> Known:
        """From two columns, row-aligned."""
        return Known(set(product_ids), set().union(*map(parts_of, categories)))


def check_fit(settings: Settings, campaign: Campaign, market: Market, for_date: date, now: datetime) -> None:
    """Raises CampaignError, with the line of the campaign's file, for a campaign that can't work.

    Raises PlanError for a day that is over or too far ahead.
    """
    table = read_table(settings.lake / "products.parquet")
    known = Known.of(table["product_id"].to_pylist(), categories_of(table))
    # A day that is over in UTC may still go on where clocks are behind it.
    today = (now - timedelta(hours=12)).date()
    if for_date < today:
        raise PlanError(f"the plan is for {for_date}, which is over everywhere; plan today or a later day")
    if for_date > today + AHEAD:
        raise PlanError(f"the plan is for {for_date}, more than {AHEAD.days} days ahead; nobody knows who comes then")
    refuse(settings.campaigns / f"{campaign.id}.toml", misfits(campaign, market, known, for_date, today))


def misfits(campaign: Campaign, market: Market, known: Known, for_date: date, today: date) -> Iterator[Fault]:
    """Every fault. `today`: a day that has begun everywhere."""
    if campaign.ends is not None and campaign.ends < today:
        yield "ends", f"{campaign.ends} is past, and nothing can be sent any more; move it or leave the campaign"
    elif campaign.ends is not None and for_date > campaign.ends:
        yield "ends", f"the plan is for {for_date}, after the last day; plan an earlier day or move it"
    if campaign.starts is not None and for_date < campaign.starts:
        yield "starts", f"the plan is for {for_date}, before the first day; plan a later day or move it"
    yield from _names(campaign, market, known)
    stores = stores_of(campaign.stores, market.stores)
    if not stores:
        yield "stores", "no store is left; include one of " + _few(market.stores)
        return
    yield from _hours(campaign, market, stores)
    yield from _money(campaign, market, stores)


def _names(campaign: Campaign, market: Market, known: Known) -> Iterator[Fault]:
    """Names that aren't there. Excluded categories may be: a file may forbid what a chain doesn't sell."""
    told: list[tuple[str, tuple[str, ...], Collection[str], str]] = [
        ("products.include", campaign.products.include, known.product_ids, "product"),
        ("products.exclude", campaign.products.exclude, known.product_ids, "product"),
        ("products.categories", campaign.products.categories, known.categories, "category"),
        ("stores.include", campaign.stores.include, market.stores, "store"),
        ("stores.exclude", campaign.stores.exclude, market.stores, "store"),
    ]
    for key, names, there, what in told:
        for place, name in unknown(names, there):
            yield f"{key}[{place}]", f"no {what} {name!r} in the tables; there are {_few(there)}"


def _hours(campaign: Campaign, market: Market, stores: Sequence[str]) -> Iterator[Fault]:
    allowed = hours_allowed(campaign.slot.dayparts)
    if not any((np.array(open_hours(market.stores[name])) & allowed).any() for name in stores):
        yield "slot.dayparts", "every store of the campaign is closed then; name hours in which one is open"


def _money(campaign: Campaign, market: Market, stores: Sequence[str]) -> Iterator[Fault]:
    shelves = [shelf for shelf in map(market.shelf, stores) if shelf is not None]
    price, cost = (
        np.concatenate([np.zeros(0, np.int64), *(getattr(s, name) for s in shelves)])
        for name in ("price_cents", "cost_cents")
    )
    if not len(price):
        # Where nothing was chosen, it is the tables that are empty, or the shelves: each person's reason says so.
        if shelves and (campaign.products.include or campaign.products.categories):
            yield (
                "products",
                "none of them is in stock and known to the model in a store of the campaign; choose others",
            )
        return
    off = discounts(campaign.kind, campaign.depth, price)
    floor = floors(campaign.kind, floor_cents(cost, campaign.depth.min_margin_share))
    works = (off > 0) & (price[:, None] - off >= floor[:, None])
    key = f"depth.{LADDERS[campaign.kind]}"
    if not works.any():
        yield (
            key,
            "no step keeps any product at depth.min_margin_share above its cost; make the steps smaller or the share",
        )
    else:
        least = int(off[works].min())
        for name, most in campaign.budget.most_cents.items():
            if most < least:
                yield (
                    f"budget.{name}",
                    f"leaves {most} cents beside the reserve, and one coupon takes {least}; raise it",
                )


def _few(names: Collection[str]) -> str:
    some = sorted(names)[:5]
    return ", ".join(some) + (", ..." if len(names) > len(some) else "") if some else "none"
