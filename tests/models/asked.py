"""Any question one may ask of the checkerboard's rankers: histories lived, places, hours, moments."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from models.history import History, add_visit
from models.ranker import Ranker
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
