"""`make bench-offers`: timed offers, from who comes when to a pull over HTTP, each figure beside what is asked of it.

In the order of an offer's making: `offers-when` (Complete Journey), `offers-repeat` (CDNOW), `offers-uplift` (Hillstrom),
`offers-plan` (made instances, HiGHS beside), `offers-policy` (the simulated café, eight weeks), `offers-lift` (500 simulated
campaigns) and `offers-due` (the real service on both databases). Each runs alone under its own name; its module says how.

Two need a folder of public files of the reader's own, and are told to be left out without it; nothing is fetched:
`make bench-offers CDNOW=folder HILLSTROM=folder`; `bench/cdnow.py` and `bench/trials.py` say what the folders hold. A folder that
lacks its files ends the run at once with a line and exit code 2, before hours have gone into the rest.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from bench import offers_due, offers_lift, offers_plan, offers_policy, offers_repeat, offers_uplift, offers_when
from bench.results import Row, row

Part = Callable[[], list[Row]]


def rows() -> list[Row]:
    """Every row; parts with a folder are run first and shown in their place."""
    repeat = given("CDNOW", offers_repeat.rows, "repeat purchases", "bench/cdnow.py")
    uplift = given("HILLSTROM", offers_uplift.rows, "uplift of a mailing", "bench/trials.py")
    found = offers_when.rows() + repeat + uplift
    rest: tuple[Part, ...] = (offers_plan.rows, offers_policy.rows, offers_lift.rows, offers_due.rows)
    for part in rest:
        found += part()
    return found


def given(variable: str, part: Part, what: str, says: str) -> list[Row]:
    """The part's rows if the variable names a folder; else what stands in their place."""
    if os.environ.get(variable):
        return part()
    told = f"{what} left out: {variable} names no folder ({says} says what it holds)"
    sys.stderr.write(f"{told}; make bench-offers {variable}=folder\n")
    return [row(told, 0, "rows")]
