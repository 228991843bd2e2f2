"""The campaign's file as its operator changes it from week to week: a launch that tries much, then an upkeep."""

from __future__ import annotations

import re
from pathlib import Path

from bench.cafe.weeks import EXPLORE

_LINE = re.compile(r"^(explore_share = )[\d.]+", re.MULTILINE)


def explore_share(week: int) -> float:
    """Of people's days, in the week (from 1); the last of `EXPLORE` goes on."""
    return EXPLORE[min(week, len(EXPLORE)) - 1]


def write_campaign(source: Path, target: Path, week: int) -> None:
    """The file of the week, every line but `explore_share` as it stands. Raises ValueError for a file without that line."""
    text, n = _LINE.subn(rf"\g<1>{explore_share(week)}", source.read_text("utf-8"))
    if n != 1:
        raise ValueError(f"{source}: has {n} lines that set plan.explore_share; it takes one")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, "utf-8")
