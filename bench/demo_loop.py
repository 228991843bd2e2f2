"""The demo's loop at the café: the weeks before today played through the product's verbs, told a line a week, and plotted."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import console
from bench.cafe.weeks import Week, best_uniform
from console import Report
from settings import Settings

N_MEMBERS = 600
N_WEEKS = 8
LATEST = timedelta(hours=5)
"""After 00:00 UTC, when the café's last store has closed its day."""


def loop_settings(settings: Settings) -> Settings:
    """The loop's own home, inside the demo's: its ledger, lake and shelf stay apart from those that are served."""
    return replace(settings, home=settings.home / "loop", redis_url="", database_url="", registry_url="", mlflow_url="")


def play(settings: Settings, now: datetime, n_weeks: int, report: Report) -> list[Week]:
    """Play (or, of the same day and seed, read again) the weeks before `now`; each told as it ends, the plot's path last."""
    until = (now - LATEST).date()
    stamp = {"seed": settings.seed, "members": N_MEMBERS, "weeks": n_weeks, "until": until.isoformat()}
    own = loop_settings(settings)
    file, plot = own.home / "weeks.json", settings.home / "reports" / "loop.svg"
    console.out.print(
        f"  {N_MEMBERS} members, {n_weeks} weeks to {until}: what each brought more than without offers, cents a member and week"
    )
    weeks = _kept(file, stamp)
    if weeks is None:
        shutil.rmtree(own.home, ignore_errors=True)
        own.home.mkdir(parents=True)
        weeks = _played(own, n_weeks, until, report)
        file.write_text(json.dumps({"stamp": stamp, "weeks": [asdict(week) for week in weeks]}), "utf-8")
    else:
        for week in weeks:
            _tell(week)
    show(weeks, plot)
    return weeks


def _played(own: Settings, n_weeks: int, until: date, report: Report) -> list[Week]:
    from bench.cafe.chain_loop import Chain

    return Chain(own, N_MEMBERS, n_weeks, until).run(report, _tell)


def _tell(week: Week) -> None:
    console.out.print(
        f"  week {week.number}: {week.policy:7.1f} · same coupon to everyone, best depth {max(week.uniform):7.1f} · oracle"
        f" {week.oracle:6.1f} · {week.policy / week.oracle:4.0%} of it · {week.sent:,} sent, {week.redeemed:,} redeemed"
    )


def show(weeks: Sequence[Week], plot: Path) -> None:
    """The last week in one sentence, and where the plot is."""
    from bench.policy_plot import draw

    draw(weeks, plot)
    last, depth = weeks[-1], best_uniform(weeks)
    console.out.print(
        f"  week {last.number}: {last.policy:.1f} cents a member, {last.policy / last.oracle:.0%} of the oracle's;"
        f" the best depth for everyone {last.uniform[depth]:.1f}"
    )
    console.out.print(f"  plot: {plot}", markup=False)


def _kept(file: Path, stamp: dict[str, Any]) -> list[Week] | None:
    """The weeks of a whole run with this stamp."""
    if not file.is_file():
        return None
    told = json.loads(file.read_text("utf-8"))
    return [Week(**week) for week in told["weeks"]] if told["stamp"] == stamp else None
