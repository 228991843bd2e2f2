"""Policy value in the simulated café: eight weeks from no answered offer, beside uniform coupons and the oracle.

python -m bench offers-policy              # DAYPART_BENCH_SEEDS=7,8 and DAYPART_BENCH_MEMBERS=600 are read from the environment
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import numpy as np
from msgspec.structs import replace

import console
from bench.cafe.books import Shop, standing
from bench.cafe.chain import UNTIL, history
from bench.cafe.learner import Learner
from bench.cafe.members import user_id
from bench.cafe.menu import Menu
from bench.cafe.people import build_truth
from bench.cafe.tables import store_table
from bench.cafe.weeks import Week, best_uniform, simulate
from bench.policy_plot import draw
from bench.results import Row, row
from console import Report
from offers.campaign import Campaign
from offers.campaign_file import load_campaign
from offers.slots import Store, minute_of
from training.fitted import fitted
from training.recipe import Recipe

N_WEEKS, BOOK_WEEKS = 8, 12
TIMES_UNIFORM, OF_ORACLE = 2.0, 0.85
PLOT = Path(__file__).parent / "results" / "offers-policy.svg"


def rows() -> list[Row]:
    """Every seed's last week, and a plot of the first seed's weeks."""
    seeds = [int(seed) for seed in os.environ.get("DAYPART_BENCH_SEEDS", "7").split(",")]
    n_members = int(os.environ.get("DAYPART_BENCH_MEMBERS", "600"))
    with console.progress() as report:
        found = {seed: loop(seed, n_members, report) for seed in seeds}
    draw(found[seeds[0]], PLOT)
    return [line for seed in seeds for line in policy_rows(seed, n_members, found[seed])]


def loop(seed: int, n_members: int, report: Report, n_weeks: int = N_WEEKS) -> list[Week]:
    """Books, ranker and learner of a seed's café, and the weeks played."""
    campaign = campaign_of()
    truth, stores = build_truth(seed, n_members, UNTIL), store_table()
    events = history(truth, BOOK_WEEKS)
    ranker = fitted(standing(events, stores), Recipe(), report).ranker
    users = [user_id(member) for member in range(n_members)]
    first = UNTIL - timedelta(weeks=BOOK_WEEKS)
    learner = Learner(users, shop_of(truth.menu), ranker, campaign, (events, stores), first, UNTIL)
    return simulate(
        truth, learner, campaign, n_weeks, progress=lambda week: report("weeks of the loop", week.number, n_weeks)
    )


def campaign_of() -> Campaign:
    """The café's campaign as its file says, but that a message costs nothing: the truth beside which it is measured knows no
    such cost."""
    campaign = load_campaign(Path(__file__).parents[1] / "campaigns", "cafe")
    return replace(campaign, prior=replace(campaign.prior, contact_cents=0.0))


def shop_of(menu: Menu) -> Shop:
    """The reference tables as the learner holds them."""
    clocks = {line["store_id"]: line for line in store_table().to_dicts()}
    stores = tuple(
        Store(store, clocks[store]["timezone"], minute_of(clocks[store]["opens"]), minute_of(clocks[store]["closes"]))
        for store in menu.store_ids
    )
    return Shop(menu.product_ids, menu.store_ids, menu.price_cents, menu.cost_cents, menu.sold, stores)


def policy_rows(seed: int, n_members: int, weeks: list[Week]) -> list[Row]:
    """The last week beside the best uniform depth's mean over all weeks, and beside the oracle's last week."""
    last, depth = weeks[-1], best_uniform(weeks)
    uniform = float(np.mean([week.uniform[depth] for week in weeks]))

    def line(who: str, value: float, against: str, other: float, reach: float | None) -> Row:
        told, met = ("", True) if reach is None else (f">= {reach:g} of it", value >= reach * max(other, 0.0))
        figure = f"café {seed}, {n_members} members, week {last.number}: {who}"
        unit = "cents a member and week"
        return row(figure, value, unit, against=against, against_value=other, reach=told, met=met)

    policy, plan = "policy, exploring included", "plan without exploring"
    return [
        line(policy, last.policy, "best uniform depth", uniform, TIMES_UNIFORM),
        line(policy, last.policy, "oracle, any hour", last.oracle, OF_ORACLE),
        line(plan, last.greedy, "oracle, any hour", last.oracle, None),
        line(plan, last.greedy, "oracle, usual window only", last.oracle_usual, None),
    ]
