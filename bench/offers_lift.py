"""How honest the proof is: how often the lift's intervals hold the truth over 500 campaigns whose truth is known.

Three worlds (`bench.lift_worlds`): the simulated café with a coupon for everybody, 2,000 members, about 100 held out, 100 cafés
with five holdouts each; money with a long tail; and people who stock up. Each share comes with its Monte-Carlo error,
√(p(1 − p)/500): .0097 at .95. Off-policy values on 500 logs of the café (`bench.lift_logs`). Nothing here was tuned on these
campaigns' outcomes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.lift_worlds import DAYS, HOLDOUTS, Campaign, cafe_campaigns, stocked_campaign, tailed_campaign
from bench.results import Row, row
from offers.contrast import contrast
from offers.lift import Lift, lift_of
from offers.moments import Moments
from offers.power import Showable, smallest_effect
from offers.quantiles import t_quantile
from offers.sequential import tuning

CAMPAIGNS = 500
RESULTS = Path(__file__).parent / "results"
HOLDS = (0.93, 0.97)


@dataclass(frozen=True)
class Watched:
    """One campaign watched daily to its end. `welch`: whether the plain t interval holds; `ever`: whether an interval missed at
    any look, the one made for one look and the one made for all; `found`: an effect as large as foretold was seen."""

    plain: bool
    cuped: bool
    welch: bool
    removed: float
    once_ever: bool
    always_ever: bool
    found: bool
    days_told: int


def rows(campaigns: int = CAMPAIGNS) -> list[Row]:
    """The figures, and the plot `bench/results/offers-lift.svg`."""
    from bench.lift_plot import draw
    from bench.lift_policies import rows as policy_rows

    cafes = (each for seed in range(1, campaigns // HOLDOUTS + 1) for each in cafe_campaigns(seed))
    tailed = (tailed_campaign(seed) for seed in range(1, campaigns + 1))
    stocked = (stocked_campaign(seed) for seed in range(1, campaigns + 1))
    worlds: dict[str, Iterable[Campaign]] = {"café": cafes, "long-tailed": tailed, "stocked up": stocked}
    told = [each for name, world in worlds.items() for each in _rows(name, [watch(campaign) for campaign in world])]
    told += policy_rows(campaigns)
    draw(told, RESULTS / "offers-lift.svg")
    return told


def watch(campaign: Campaign) -> Watched:
    """Every day's lift, then the last day's in three ways."""
    n = len(campaign.held)
    before = Moments.of(campaign.before, campaign.earlier)
    showable = smallest_effect(before, float(campaign.held.mean()))
    if showable is None:
        raise ValueError("a campaign of the bench holds out more than ten people")
    tuned = tuning(showable.error_cents, n)
    daily = [_lift(campaign, day, tuned) for day in range(DAYS)]
    last = daily[-1]
    sides = _sides(campaign, campaign.daily.sum(axis=1))
    plain, truth = lift_of(*sides, use_before=False), float(campaign.truth[-1])
    bare = contrast(*sides)
    told = [(look, true) for look, true in zip(daily, campaign.truth, strict=True) if look.low is not None]
    return Watched(
        plain=_holds(plain.low, plain.high, truth),
        cuped=_holds(last.low, last.high, truth),
        welch=abs(bare.difference - truth) <= t_quantile(0.975, bare.df) * bare.error,
        removed=last.variance_removed,
        once_ever=not all(_holds(look.low, look.high, true) for look, true in told),
        always_ever=not all(_holds(look.always_low, look.always_high, true) for look, true in told),
        found=_finds(campaign, showable),
        days_told=len(told),
    )


def _lift(campaign: Campaign, day: int, tuned: float) -> Lift:
    return lift_of(*_sides(campaign, campaign.daily[:, : day + 1].sum(axis=1)), tuned)


def _finds(campaign: Campaign, showable: Showable) -> bool:
    """Whether an effect of just the foretold size is seen: the people's real money, the effect taken out and put in evenly."""
    without = campaign.daily.sum(axis=1) - ~campaign.held * campaign.truth[-1]
    found = lift_of(*_sides(campaign, without + ~campaign.held * showable.effect_cents))
    return found.low is not None and found.low > 0


def _sides(campaign: Campaign, outcome: np.ndarray) -> tuple[Moments, Moments]:
    treated, held = ~campaign.held, campaign.held
    return Moments.of(outcome[treated], campaign.before[treated]), Moments.of(outcome[held], campaign.before[held])


def _holds(low: float | None, high: float | None, truth: float) -> bool:
    return low is not None and high is not None and low <= truth <= high


def _rows(world: str, watched: Sequence[Watched]) -> list[Row]:
    n, share = len(watched), {name: _mean(watched, name) for name in Watched.__dataclass_fields__}
    within = f"{HOLDS[0]:.0%} to {HOLDS[1]:.0%}"

    def covered(name: str, value: float, against: str = "", other: float | None = None) -> Row:
        told = f"share of {n} campaigns, ± {np.sqrt(value * (1 - value) / n):.4f}"
        return row(
            f"{world}: {name}", value, told, against=against, against_value=other,
            reach=within, met=HOLDS[0] <= value <= HOLDS[1],
        )  # fmt: skip

    ever = share["always_ever"]
    return [
        covered("95% interval holds the truth", share["plain"], "Welch's t interval", share["welch"]),
        covered("the same with the days before taken out (CUPED)", share["cuped"]),
        row(f"{world}: variance that CUPED removes", share["removed"], "share"),
        row(
            f"{world}: interval for every look misses at any of {DAYS} daily looks", ever,
            f"share of {n} campaigns, ± {np.sqrt(ever * (1 - ever) / n):.4f}", against="the 95% interval for one look",
            against_value=share["once_ever"], reach="5% or less", met=ever <= 0.05,
        ),
        row(f"{world}: days told of", share["days_told"], f"of {DAYS}, mean; the others cannot conclude"),
        row(
            f"{world}: an effect of the foretold size is found", share["found"], f"share of {n} campaigns",
            reach="75% to 85%", met=0.75 <= share["found"] <= 0.85,
        ),
    ]  # fmt: skip


def _mean(watched: Sequence[Watched], name: str) -> float:
    return float(np.mean([getattr(each, name) for each in watched]))
