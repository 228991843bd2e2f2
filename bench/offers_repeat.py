"""Repeat purchases on CDNOW: the next 39 weeks of the 1/10 sample from the 39 known weeks alone, beside BG/NBD.

`make bench-offers-repeat CDNOW=folder`; `bench/cdnow.py` says which public files the folder holds. Two ways of learning are told:
on the known weeks of the whole master, and on those of the sample's customers alone. What came after them only scores.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.cdnow import END, HORIZON, read
from bench.results import Row, row
from training.bgnbd import BgNbd
from training.errors import TrainingError
from training.repeat_features import WEEK, Purchases, summary
from training.repeat_rate import expected

PUBLISHED = BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426)
"""Fader, Hardie & Lee 2005, table 2: their fit on the sample."""
REACH = {"Poisson deviance": 1.49, "bias": 0.03, "RMSE": 1.59}
UNITS = {"Poisson deviance": "a customer", "bias": "of all purchases", "RMSE": "purchases", "MAE": "purchases"}
SEED = 20171201
PLOT = Path(__file__).parent / "results" / "offers-repeat.svg"
Floats = NDArray[np.float64]


def rows() -> list[Row]:
    """The table's rows; calibration by frequency beside the results. Without CDNOW's files: one line, exit code 2."""
    try:
        bought, weight, named = read(_folder())
    except TrainingError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(2) from None
    truth, at = bought.counted(END, END + HORIZON), summary(bought, END)
    peer = PUBLISHED.expected(at.frequency, at.recency, at.age, HORIZON / WEEK)
    guesses = {"master": expected(bought, END, HORIZON, SEED)}
    if named:
        inside = np.flatnonzero(weight > 0)
        alone = np.full(len(weight), np.nan)
        alone[inside] = expected(only(bought, inside), END, HORIZON, SEED)
        guesses["sample alone"] = alone
    draw({"model": guesses["master"], "BG/NBD": peer}, truth, weight, at.frequency, PLOT)
    suffix = "" if named else ", sample by its summary"
    return figures(guesses, peer, truth, weight, suffix)


def _folder() -> Path:
    given = os.environ.get("CDNOW")
    if not given:
        raise TrainingError(
            "CDNOW names no folder: make bench-offers-repeat CDNOW=folder; bench/cdnow.py says what it holds"
        )
    return Path(given).expanduser()


def figures(guesses: dict[str, Floats], peer: Floats, truth: Floats, weight: Floats, suffix: str = "") -> list[Row]:
    """Each measure of each guess, beside BG/NBD's; the first guess is the one that the reach is for."""
    theirs = measures(peer, truth, weight)
    found = []
    for place, (name, guess) in enumerate(guesses.items()):
        for measure, value in measures(guess, truth, weight).items():
            limit = REACH.get(measure) if place == 0 else None
            met = limit is None or abs(value) <= limit
            reach = "" if limit is None else f"≤ {limit}"
            figure = f"{measure}, learned on the {name}{suffix}"
            found.append(
                row(
                    figure, value, UNITS[measure], against="BG/NBD", against_value=theirs[measure], reach=reach, met=met
                )
            )
    return found


def measures(guess: Floats, truth: Floats, weight: Floats) -> dict[str, float]:
    """Poisson deviance, bias, RMSE and MAE, customers weighed; all float64[customers], guess above 0 where weight is."""
    kept = weight > 0
    mu, y, w = guess[kept], truth[kept], weight[kept]
    deviance = 2.0 * (np.where(y > 0, y * np.log(np.where(y > 0, y, 1.0) / mu), 0.0) - (y - mu))
    return {
        "Poisson deviance": float(np.average(deviance, weights=w)),
        "bias": float((w @ mu) / (w @ y) - 1.0),
        "RMSE": float(np.average((y - mu) ** 2, weights=w) ** 0.5),
        "MAE": float(np.average(np.abs(y - mu), weights=w)),
    }


def only(bought: Purchases, customers: NDArray[np.int64]) -> Purchases:
    """Their purchases, customers numbered anew in the order given (ascending)."""
    kept = np.isin(bought.customer, customers)
    renumbered = np.searchsorted(customers, bought.customer[kept])
    return Purchases(renumbered, bought.day[kept], bought.spent[kept], bought.units[kept], len(customers))


def draw(guesses: dict[str, Floats], truth: Floats, weight: Floats, frequency: Floats, path: Path) -> None:
    """Purchases made and expected, by repeat purchases in the known weeks (7: seven or more); one file, nothing to fetch."""
    from training.report_svg import INK, MODEL, OTHER, panels, style

    group = np.minimum(frequency, 7.0)
    with style():
        figure, (axis,) = panels([3.0])
        lines = {
            "made": (truth, INK, "-"),
            "model": (guesses["model"], MODEL, "--"),
            "BG/NBD": (guesses["BG/NBD"], OTHER, ":"),
        }
        for name, (values, colour, kind) in lines.items():
            seen = [n for n in range(8) if weight[group == n].sum() > 0]
            means = [
                np.average(values[(group == n) & (weight > 0)], weights=weight[(group == n) & (weight > 0)])
                for n in seen
            ]
            axis.plot(seen, means, kind, color=colour, marker="o", markersize=3, label=name)
        axis.set_xlabel("repeat purchases in the known weeks (7: or more)")
        axis.set_ylabel("purchases in the next 39 weeks")
        axis.legend()
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, format="svg", metadata={"Date": None}, facecolor="white")
