"""Uplift on Hillstrom's mailing: visit, women's mail against none, half-and-half splits, top 30%, mean of 20 seeds.

`make bench-offers-uplift HILLSTROM=folder`; `bench/trials.py` says which public file the folder holds. The learner is chosen
within each training half; the other half only scores.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np

from bench.results import Row, row
from bench.trials import hillstrom
from bench.uplift_measure import Split, split
from training.errors import TrainingError

SEEDS = range(20)
REACH, ABOVE_RANDOM = 0.0735, 0.025
RULES = {"womens buyers first": "womens"}
PLOT = Path(__file__).parent / "results" / "offers-uplift.svg"


def rows() -> list[Row]:
    """The table's row; the Qini curves beside the results. Without HILLSTROM or its file: a line that says so, exit code 2."""
    try:
        whole = hillstrom(_folder())
    except TrainingError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(2) from None
    splits = [split(whole, seed, RULES) for seed in SEEDS]
    draw(splits, PLOT)
    return figures(splits)


def _folder() -> Path:
    given = os.environ.get("HILLSTROM")
    if not given:
        raise TrainingError(
            "HILLSTROM names no folder: make bench-offers-uplift HILLSTROM=folder; bench/trials.py says what it holds"
        )
    return Path(given).expanduser()


def figures(splits: list[Split]) -> list[Row]:
    """Means over the splits, and the paired difference from random with its standard error over splits."""
    top = {name: np.array([each.top[name] for each in splits]) for name in splits[0].top}
    model, beside = float(top["model"].mean()), float((top["model"] - top["random"]).mean())
    unit = "visits gained a mail"
    found = [
        row(
            f"top 30%, mean of {len(splits)} splits", model, unit,
            against="random", against_value=float(top["random"].mean()), reach=f"≥ {REACH:.4f}", met=model >= REACH,
        ),
        row("above random, same splits", beside, unit, reach=f"≥ {ABOVE_RANDOM}", met=beside >= ABOVE_RANDOM),
        row("standard error over splits", float(top["model"].std(ddof=1) / len(splits) ** 0.5), unit),
    ]  # fmt: skip
    for name in RULES:
        value = float(top[name].mean())
        found.append(row(name, value, unit, against="the model", against_value=model))
    return found


def draw(splits: list[Split], path: Path) -> None:
    """Mean Qini curve of each ranking over the share mailed, in one file that needs nothing else."""
    from training.report_svg import INK, MODEL, OTHER, panels, style

    with style():
        figure, (axis,) = panels([3.0])
        for (name, colour), line in zip(
            {"model": MODEL, "random": OTHER, **dict.fromkeys(RULES, INK)}.items(), ("-", ":", "--"), strict=False
        ):
            curve = np.mean([each.curve[name] for each in splits], axis=0)
            axis.plot(np.linspace(0, 1, len(curve)), curve, line, color=colour, label=name)
        axis.set_xlabel("share mailed, best first")
        axis.set_ylabel("visits gained, as a share of all")
        axis.legend()
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, format="svg", metadata={"Date": None}, facecolor="white")
