"""`make bench-offers-when`: chances of a visit, its hour and its store on Complete Journey, beside what is asked of them.

Protocol. A visit is a store-local day (America/New_York) with a purchase; its hour and store are those of the day's first basket.
Five Fridays; households with five visits or more before the cut, those who never come back too. Everything is fitted, chosen and
calibrated on days before the cut. Slot: of each household's next visit, whenever it is, its day told; twelve slots of two hours.
Week: any visit on the seven days from the cut on. Store: of the next visit, at the last cut.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from bench.results import Row, row
from bench.when_cut import Cut, Said, ask, journey
from bench.when_floors import own_slots, recency_and_rate, usual_store
from bench.when_plot import draw
from bench.when_score import auc, calibration_error, log_loss, slot_log_loss, top_1

CUTS = (date(2017, 11, 3), date(2017, 11, 10), date(2017, 11, 17), date(2017, 11, 24), date(2017, 12, 1))
PLOT = Path(__file__).parent / "results" / "offers-when.svg"
Asked = tuple[Cut, Said]


def rows() -> list[Row]:
    """The table, and its plot beside it."""
    asked = [ask(journey(), at) for at in CUTS]
    draw(asked, PLOT)
    return [*_slot(asked), *_week(asked), *_days(asked), *_store(asked[-1])]


def _slot(asked: Sequence[Asked]) -> list[Row]:
    floors = [own_slots(cut) for cut, _ in asked]
    rules: list[tuple[str, Callable[..., float], float, bool]] = [
        ("log loss", slot_log_loss, 1.910, True),
        ("top-1", top_1, 0.275, False),
    ]
    return [
        _aimed(
            f"2-hour slot of the next visit, its day given: {name}, mean of {len(asked)} cuts",
            _mean([rule(said.slot, cut.slot) for cut, said in asked]),
            "own slots, shrunk",
            _mean([rule(floor, cut.slot) for (cut, _), floor in zip(asked, floors, strict=True)]),
            reach,
            below,
        )
        for name, rule, reach, below in rules
    ]


def _week(asked: Sequence[Asked]) -> list[Row]:
    floors = [recency_and_rate(cut) for cut, _ in asked]
    rules: list[tuple[str, Callable[..., float], float, bool]] = [
        ("AUC", auc, 0.832, False),
        ("log loss", log_loss, 0.498, True),
        ("calibration error", calibration_error, 0.02, True),
    ]
    found = [
        _aimed(
            f"visit within 7 days: {name}, mean of {len(asked)} cuts",
            _mean([rule(said.week, cut.came) for cut, said in asked]),
            "recency and rate",
            _mean([rule(floor, cut.came) for (cut, _), floor in zip(asked, floors, strict=True)]),
            reach,
            below,
        )
        for name, rule, reach, below in rules
    ]
    said = np.concatenate([said.week for _, said in asked])
    came = np.concatenate([cut.came for cut, _ in asked])
    whole = _aimed(
        "visit within 7 days: calibration error, all cuts in one",
        calibration_error(said, came),
        "recency and rate",
        calibration_error(np.concatenate(floors), came),
        0.02,
        True,
    )
    return [
        *found,
        whole,
        row("the same of outcomes drawn from the model's own chances, mean of cuts", _by_chance(asked), ""),
    ]


def _days(asked: Sequence[Asked]) -> list[Row]:
    """Each of the seven days alone, all cuts in one, beside the share who come on any day. Nothing is asked of these."""
    said = np.concatenate([said.days for _, said in asked]).ravel()
    came = np.concatenate([cut.came_on for cut, _ in asked]).ravel()
    flat = np.full(len(said), came.mean())
    name = "visit on one of the next 7 days, each alone"
    return [
        row(f"{name}: AUC", auc(said, came), "", against="everybody alike", against_value=0.5),
        row(
            f"{name}: log loss", log_loss(said, came), "", against="everybody alike", against_value=log_loss(flat, came)
        ),
        row(f"{name}: calibration error", calibration_error(said, came), ""),
    ]


def _store(asked: Asked) -> list[Row]:
    cut, said = asked
    right = {fade: float((usual_store(cut, fade) == cut.store).mean()) for fade in (1.0, 0.9)}
    figure, ours = f"which store next, {cut.name}: accuracy", float((said.store == cut.store).mean())
    return [
        _aimed(figure, ours, "usual store", right[1.0], 0.735, False),
        row(figure, ours, "", against="usual store, older visits counting less", against_value=right[0.9]),
    ]


def _aimed(figure: str, value: float, against: str, floor: float, reach: float, below: bool) -> Row:
    met = value <= reach if below else value >= reach
    aim = f"{'≤' if below else '≥'} {reach:g}"
    return row(figure, value, "", against=against, against_value=floor, reach=aim, met=met)


def _by_chance(asked: Sequence[Asked], seed: int = 5, draws: int = 20) -> float:
    """The calibration error a perfect forecaster would have shown by chance alone, on as many households."""
    random = np.random.default_rng(seed)
    return _mean([
        calibration_error(said.week, random.random(len(said.week)) < said.week) for _, said in asked for _ in range(draws)
    ])  # fmt: skip


def _mean(values: Sequence[Any]) -> float:
    return float(np.mean(values))
