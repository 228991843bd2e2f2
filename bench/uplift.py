"""`python -m bench.uplift --data FILE --treatment COLUMN --outcome COLUMN`: who responds, learned and measured on your own trial.

The file (CSV or parquet) has a row a person: which arm was drawn at random, what came of it, and what was known before. Half of
the rows learn, half score, over several random splits; printed is what the top share gains against what anybody gains.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from bench.trials import arms_of, table, trial
from bench.uplift_measure import TOP, Split, split
from training.errors import TrainingError


def main(argv: list[str]) -> int:
    """Exit code 2 and one line on standard error for what cannot be read or learned from."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.uplift", description=__doc__.split("\n")[0] if __doc__ else ""
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--treatment", required=True, help="column of the arm drawn")
    parser.add_argument("--outcome", required=True, help="column of the outcome; above zero is that it happened")
    parser.add_argument("--arms", help="nothing,arm as in the treatment's column (default: its two values, sorted)")
    parser.add_argument(
        "--columns", help="columns known before (default: all others); leave out what came after the arm"
    )
    parser.add_argument("--seeds", type=int, default=5, help="random splits (5)")
    asked = parser.parse_args(argv)
    try:
        rows = table(asked.data)
        if asked.treatment not in rows.columns:
            raise TrainingError(f"no column {asked.treatment!r}; there are: {', '.join(rows.columns)}")
        arms = asked.arms.split(",") if asked.arms else arms_of(rows, asked.treatment)
        if len(arms) != 2:
            raise TrainingError(f"--arms: name two, nothing first, of: {', '.join(arms_of(rows, asked.treatment))}")
        others = [name for name in rows.columns if name not in {asked.treatment, asked.outcome}]
        columns = asked.columns.split(",") if asked.columns else others
        whole = trial(rows, asked.treatment, asked.outcome, arms, columns)
        splits = [split(whole, seed) for seed in range(asked.seeds)]
    except TrainingError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(told(splits))
    return 0


def told(splits: list[Split]) -> str:
    """Two lines of gain at the top share, one of the learners taken."""
    lines = []
    for name in ("model", "random"):
        top = np.array([each.top[name] for each in splits])
        error = top.std(ddof=1) / len(top) ** 0.5 if len(top) > 1 else float("nan")
        lines.append(f"{name:8s} top {TOP:.0%}: {top.mean():+.4f} (standard error over splits {error:.4f})")
    lines.append(f"learners {', '.join(sorted({each.learner for each in splits}))}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
