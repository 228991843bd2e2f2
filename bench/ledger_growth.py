"""What a redemption costs as the journal gets longer: 10 thousand, 100 thousand and a million entries, side by side.

The three journals stand at the same time and take turns, so a busy moment of the machine meets all. Each was filled as the
desk would have filled it (`bench.ledger_fill`: issued and redeemed, with coupons, decisions, answers and sent events). All
but the longest, which takes minutes, are verified afterwards. One caller redeems, and then a whole group at once, whose
statements look for many coupons and may be planned in another way; the median of the turns counts. Ten million is extrapolated
from a straight line of cost over the logarithm of the length, which is how the depth of a B-tree grows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.ledger_callers import at_once
from bench.ledger_fill import fill, moulds
from bench.ledger_places import Place, settle
from bench.ledger_world import close_whole, open_desk, redeem
from bench.results import Row, row
from console import Report
from offers.desk import Desk

SIZES = (10_000, 100_000, 1_000_000)
FAR = 10_000_000
REACH = 1.2
TURNS, EACH = 12, 128
"""Redemptions a turn by one caller, and as many at once."""


@dataclass(frozen=True)
class Filled:
    """A desk on a journal of some length, and codes of coupons that can still be redeemed."""

    desk: Desk
    codes: list[str]


def rows(place: Place, report: Report, sizes: Sequence[int] = SIZES, turns: int = TURNS, each: int = EACH) -> list[Row]:
    """Cost at every size, and the ratio of the longest to the shortest, and of `FAR` to it."""
    n_open = (turns + 1) * each * len(HOW)
    journals = {size: filled(place.make(f"growth_{size}"), size, n_open, place.name, report) for size in sorted(sizes)}
    costs: dict[str, dict[int, list[float]]] = {how: {size: [] for size in journals} for how in HOW}
    for turn in range(turns + 1):
        report(f"redemptions on {place.name}", turn, turns + 1)
        for how, of_size in costs.items():
            for size, journal in journals.items():
                cost = HOW[how](journal.desk, [journal.codes.pop() for _ in range(each)]) / each
                # The first turn fills caches that a running service has long filled.
                if turn:
                    of_size[size].append(cost)
    report(f"redemptions on {place.name}", turns + 1, turns + 1)
    *shorter, longest = journals.values()
    for number, journal in enumerate(shorter):
        report(f"verifying on {place.name}", number, len(shorter))
        close_whole(journal.desk)
    report(f"verifying on {place.name}", len(shorter), len(shorter))
    longest.desk.journal.close()
    return [
        row
        for how, some in costs.items()
        for row in _rows(f"{place.name}: a redemption {how}", {n: float(np.median(c)) for n, c in some.items()})
    ]


def filled(url: str, n_entries: int, n_open: int, name: str, report: Report) -> Filled:
    """A journal of about `n_entries` entries, `n_open` of which are coupons to redeem."""
    desk = open_desk(url)
    redeemed, still_open = moulds(desk)
    codes = fill(desk, still_open, n_open, lambda _: None)
    n_more = max(0, n_entries - n_open * still_open.pattern.n_entries) // redeemed.pattern.n_entries
    fill(desk, redeemed, n_more, lambda n: report(f"filling {n_entries:,} entries on {name}", n, n_more))
    settle(desk.journal.engine)
    return Filled(desk, codes)


def _one_by_one(desk: Desk, codes: Sequence[str]) -> float:
    """Seconds of one caller."""
    began = time.perf_counter()
    for code in codes:
        redeem(desk, code)
    return time.perf_counter() - began


HOW: Mapping[str, Callable[[Desk, Sequence[str]], float]] = {"by one caller": _one_by_one, "in a group": at_once}


def extrapolated(costs: Mapping[int, float], n_entries: int) -> float:
    """Cost at `n_entries` on the least-squares line through cost over log10 of entries, never below the dearest measured."""
    slope, base = np.polyfit(np.log10(list(costs)), list(costs.values()), 1)
    return float(max(base + slope * np.log10(n_entries), *costs.values()))


def _rows(name: str, costs: Mapping[int, float]) -> list[Row]:
    (least, bar), *longer = ((size, cost * 1e6) for size, cost in sorted(costs.items()))
    longer.append((FAR, extrapolated(costs, FAR) * 1e6))
    found = [row(f"{name} at {least:,} entries", bar, "µs")]
    for size, cost in longer:
        said = f"{name} at {size:,} entries" + (", extrapolated" if size == FAR else "")
        aimed = size >= max(costs)
        found.append(
            row(
                said, cost, "µs", against=f"at {least:,}", against_value=bar,
                reach=f"flat: at most {REACH:g} times" if aimed else "", met=not aimed or cost <= REACH * bar,
            )
        )  # fmt: skip
    return found
