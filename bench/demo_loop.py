"""The demo's loop at the café: the weeks before today played through the product's verbs, told a line a week, and plotted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

import console
from bench.cafe.launch import explore_share
from bench.cafe.weeks import Week, best_uniform
from bench.demo_data import DemoError
from bench.policy_plot import draw
from console import Report
from settings import Settings

CAMPAIGN = "cafe"
N_MEMBERS = 500
N_WEEKS = 8
LATEST = timedelta(hours=5)
"""After 00:00 UTC, when the café's last store has closed its day."""


def play(settings: Settings, now: datetime, n_weeks: int, report: Report) -> None:
    """Open the café's books, play the `n_weeks` weeks before `now` in this home, and keep what the truth says of them.

    Raises DemoError where the ledger isn't the home's own: what it has decided for these days before would not be played.
    """
    from bench.cafe.chain_loop import Chain

    if settings.database_url:
        raise DemoError(
            "the café's loop starts with an empty ledger in DAYPART_HOME; unset DAYPART_DATABASE_URL, or say --weeks 0"
        )
    until = (now - LATEST).date()
    console.out.print(
        f"  A simulated café, {N_MEMBERS} members, every person and habit invented by a seed; {n_weeks} weeks to {until}."
    )
    console.out.print(
        "  What the offers brought more than none, cents a member and week, by the simulator's own truth:"
    )
    tried = [f"{explore_share(number):.0%}" for number in range(1, n_weeks + 1)]
    console.out.print(
        f"  Its operator changes the campaign's plan.explore_share from week to week, as a launch does: {', '.join(tried)}"
        " of members' days try an offer by chance.",
    )
    weeks = Chain(settings, N_MEMBERS, n_weeks, until).run(report, _tell)
    _file(settings).write_text(json.dumps([asdict(week) for week in weeks]), "utf-8")
    _conclude(settings, weeks)


def tell_again(settings: Settings) -> None:
    """What `play` told in this home."""
    weeks = [Week(**week) for week in json.loads(_file(settings).read_text("utf-8"))]
    for week in weeks:
        _tell(week)
    _conclude(settings, weeks)


def prove(settings: Settings, now: datetime, report: Report) -> None:
    """What the chain can tell of itself without the truth: its lift by the people held out."""
    from river.proof import measure_lift
    from river.proof_words import sentences

    for told in sentences(measure_lift(settings, CAMPAIGN, now, now, report))[1:3]:
        console.out.print(f"  {told}", markup=False)


def _file(settings: Settings) -> Path:
    return settings.home / "reports" / "loop.json"


def _tell(week: Week) -> None:
    console.out.print(
        f"  week {week.number}: {week.policy:6.1f} · the same for everyone, best depth {max(week.uniform):6.1f} · oracle"
        f" {week.oracle:6.1f}, {week.policy / week.oracle:4.0%} of it · {week.sent:,} sent, {week.redeemed:,} redeemed"
    )


def _conclude(settings: Settings, weeks: Sequence[Week]) -> None:
    plot = settings.home / "reports" / "loop.svg"
    draw(weeks, plot)
    last, depth = weeks[-1], best_uniform(weeks)
    console.out.print(
        f"  in week {last.number} {last.policy / last.oracle:.0%} of what an oracle would earn; the best of one depth for"
        f" everyone earned {sum(week.uniform[depth] for week in weeks) / len(weeks):.1f} a week"
    )
    console.out.print(f"  the plot: {plot}", markup=False)
