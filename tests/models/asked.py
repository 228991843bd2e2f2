"""Any question one may ask of the checkerboard's rankers: histories lived, places, hours, moments."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from models.block import Block
from models.columns import values
from models.history import History, add_visit
from models.ragged import Ragged
from models.ranker import Ranker
from models.reasons import Splits
from models.scores import Scores
from models.signals import Signals, signals_of
from models.terms import Ask
from tests.models import checkerboard

N = checkerboard.N_PRODUCTS + 1
"""Products of the rankers."""
VISITS = st.lists(
    st.lists(st.sampled_from([*checkerboard.products(), checkerboard.NEW, "x1", "x2"]), max_size=4), max_size=12
)
STORE = st.sampled_from([None, "s0", "s1", "nowhere"])
HOUR = st.none() | st.integers(0, 167)
AT_S = st.none() | st.integers(0, 100 * checkerboard.DAY_S)


def lived(visits: Sequence[Sequence[str]], apart_s: int = checkerboard.DAY_S) -> History:
    """One visit after the other, that far apart; a visit without products did not happen."""
    history = History.empty()
    for number, products in enumerate(visits):
        history = add_visit(history, products, number * apart_s)
    return history


def asked(
    ranker: Ranker, history: History, store: str | None = None, hour: int | None = None, at_s: int | None = None
) -> Ask:
    """`Ranker.ask` with fewer words."""
    return ranker.ask(history, store_id=store, hour_of_week=hour, at_s=at_s)


def scored(
    ranker: Ranker, history: History, store: str | None = None, hour: int | None = None, at_s: int | None = None
):
    """`Ranker.score` with fewer words."""
    return ranker.score(history, store_id=store, hour_of_week=hour, at_s=at_s).score


def signals_alone(ask: Ask) -> Signals:
    """Of a block of one."""
    return signals_of(Block.of([ask]))


def values_alone(terms: tuple[str, ...], signals: Signals, rows: np.ndarray) -> np.ndarray:
    """`columns.values` of a block of one."""
    return values(terms, signals, Ragged.of_each([np.asarray(rows)]))


def splits_of(scores: Scores, rows: Sequence[int]) -> list[Splits]:
    """The parts of the scores of some product rows, plain numbers for each."""
    return [Splits(*row) for row in zip(*(column.tolist() for column in scores.splits(rows)), strict=True)]


def split_of(scores: Scores, row: int) -> Splits:
    """The same of one."""
    return splits_of(scores, [row])[0]
