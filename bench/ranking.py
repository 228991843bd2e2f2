"""Ranking on public data: every data set beside its stated figures, its limits of time and memory, and the plots.

`ranking` runs all; alone they are `ranking-december`, `ranking-cuts`, `ranking-lastday`, `ranking-tafeng` and `ranking-speed`.
Ta-Feng needs the variable TAFENG, a folder with its files (`bench.tafeng`): `make bench-ranking TAFENG=folder`; without it
Ta-Feng is told to be left out.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from bench import ranking_speed
from bench.journey_cut import DAY, write_cut
from bench.journey_last_day import write_last_day
from bench.ranking_plot import draw, draw_cuts
from bench.ranking_rows import Goal, mean_rows, rows_of
from bench.ranking_run import Run, apart, evaluated, key_sets_evaluated
from bench.results import Row, row
from bench.tafeng import write_files

RESULTS = Path(__file__).parent / "results"
CUTS = tuple(date(2017, month, 1) for month in range(8, 13))
LAST_DAY = Goal(
    "Complete Journey, last day",
    measures=("recall", "ndcg_untruncated", "hit_rate"),
    counting=(0.1797, 0.1721, 0.5745),
    best=(0.1893, 0.1801, 0.5920),
    reach=(0.205, 0.192, 0.620),
)
TAFENG = Goal(
    "Ta-Feng, five key sets",
    measures=("recall", "ndcg_untruncated", "hit_rate"),
    counting=(0.1277, 0.1051, 0.4045),
    best=(0.1647, 0.1442, 0.482),
    reach=(0.166, 0.146, 0.485),
)


def rows() -> list[Row]:
    """Every row. December is one of the five cuts and is evaluated once."""
    runs = _at_cuts(CUTS)
    shown = tafeng() if _folder() else left_out()
    return [*_december(runs[-1]), *_of_cuts(runs), *last_day(), *shown, *ranking_speed.rows()]


def december() -> list[Row]:
    """Complete Journey cut at 2017-12-01."""
    return _december(*_at_cuts([DAY]))


def cuts() -> list[Row]:
    """Complete Journey at five cuts: each beside every baseline, and the mean."""
    return _of_cuts(_at_cuts(CUTS))


def last_day() -> list[Row]:
    """Complete Journey, every household's last day."""
    with tempfile.TemporaryDirectory(prefix="daypart-bench-") as folder:
        run = apart(evaluated, *write_last_day(Path(folder)))
    draw(LAST_DAY, run.result, RESULTS / "ranking-lastday.svg")
    return rows_of(LAST_DAY, run)


def tafeng() -> list[Row]:
    """Ta-Feng; without a folder, or with one that lacks its files, a line that says so and exit code 2."""
    data = _folder()
    if data is None:
        raise SystemExit(
            _refused(
                "TAFENG names no folder: make bench-ranking-tafeng TAFENG=folder; bench/tafeng.py says what it holds"
            )
        )
    from training.errors import TrainingError

    with tempfile.TemporaryDirectory(prefix="daypart-bench-") as folder:
        try:
            files = write_files(data, Path(folder))
        except TrainingError as error:
            raise SystemExit(_refused(str(error))) from None
        run = apart(key_sets_evaluated, *files)
    draw(TAFENG, run.result, RESULTS / "ranking-tafeng.svg")
    return rows_of(TAFENG, run)


def left_out() -> list[Row]:
    """What stands in Ta-Feng's place when no folder is given."""
    told = "Ta-Feng is left out: TAFENG names no folder with its files (bench/tafeng.py says which)"
    sys.stderr.write(f"{told}\n")
    return [row(told, 0, "key sets scored")]


def _folder() -> Path | None:
    given = os.environ.get("TAFENG", "")
    return Path(given).expanduser() if given else None


def _at_cuts(days: Sequence[date]) -> list[Run]:
    with tempfile.TemporaryDirectory(prefix="daypart-bench-") as folder:
        return [apart(evaluated, *write_cut(Path(folder) / day.isoformat(), day)) for day in days]


def _december(run: Run) -> list[Row]:
    goal = Goal(
        f"Complete Journey, cut at {DAY}",
        counting=(0.163, 0.216, 0.609),
        best=(0.176, 0.233, 0.635),
        reach=(0.177, 0.235, 0.640),
        beyond=(0.180, 0.240, 0.645),
    )
    draw(goal, run.result, RESULTS / "ranking-december.svg")
    return rows_of(goal, run)


def _of_cuts(runs: Sequence[Run]) -> list[Row]:
    goals = [Goal(f"cut at {day}", above=True) for day in CUTS]
    draw_cuts(goals, [run.result for run in runs], RESULTS / "ranking-cuts.svg")
    each = [made for goal, run in zip(goals, runs, strict=True) for made in rows_of(goal, run)]
    return [*each, *mean_rows(goals, runs)]


def _refused(why: str) -> int:
    sys.stderr.write(f"{why}\n")
    return 2
