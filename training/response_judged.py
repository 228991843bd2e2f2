"""How well answers to come are foretold: log loss of bought, came without it, stayed away, on the newest answers, held out.

What is judged knows a user's own earlier answers and no later ones: the chance of the newest is that of all of a user's answers
over that of the earlier ones alone, so classes and fits are summed over as they are believed then. Beside it stand the grid
as it is believed without any answer; the logistic slope of a campaign's prior (`models.response`), the one of all slopes that
tells the earlier answers best, so that whatever a campaign believes is no harder to stand against; and what is in use.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.answered import Answers, answers_of
from models.response import redeem_probability
from models.response_classes import Offered, ResponseClasses
from models.response_model import Response
from training.response_mixture import FIT_POWERS, STEEPNESSES, fit_response, user_totals

HELD_SHARE = 0.2
"""Of the answers, the newest; what was answered at one moment stays together."""
SLOPES = np.arange(0.0, 20.5, 0.5)
_LEAST = 1e-5


def in_cells(known: pl.DataFrame, part_of_hour: NDArray[np.int64]) -> tuple[Answers, int]:
    """Answers in their cells, row-aligned with `known` (`training.answers.known_answers`), and how many users gave them."""
    user, product = (known[name].rank("dense").to_numpy().astype(np.int64) - 1 for name in ("user_id", "product_id"))
    columns = (known[name].to_numpy().astype(np.float64) for name in ("p_buy", "p_come", "share", "fit"))
    said = (known[name].to_numpy().astype(bool) for name in ("bought", "came"))
    part = part_of_hour[known["hour"].to_numpy()]
    return answers_of(user, product, part, Offered(*columns), *said), int(user.max(initial=-1)) + 1


def judged(known: pl.DataFrame, part_of_hour: NDArray[np.int64], in_use: Response | None) -> dict[str, float | str]:
    """Figures of a fit on the earlier answers, and of the others beside it; empty when all were answered at one moment.

    known: sorted by `answered_at`. `log_loss`, `grid_log_loss`, `slope_log_loss` (of slope `slope`), and when something is in
    use `in_use` (its version) and `in_use_log_loss`, are means over the `n_answers` answered from `since` on.
    """
    at = known["answered_at"]
    since = at[int(len(at) * (1 - HELD_SHARE))]
    held = (at >= since).to_numpy()
    if held.all():
        return {}
    answers, n_users = in_cells(known, part_of_hour)
    own = fit_response(_only(answers, ~held), n_users)
    grid = ResponseClasses.grid(STEEPNESSES[1], FIT_POWERS[1])
    slope = float(min(SLOPES, key=lambda slope: slope_log_loss(_only(answers, ~held), slope)))
    found: dict[str, float | str] = {
        "since": since.isoformat(),
        "n_answers": int(held.sum()),
        "log_loss": log_loss(own, answers, held, n_users),
        "grid_log_loss": log_loss(grid, answers, held, n_users),
        "slope": slope,
        "slope_log_loss": slope_log_loss(_only(answers, held), slope),
    }
    if in_use is not None:
        its = in_cells(known, in_use.part_of_hour)[0]
        found |= {"in_use": in_use.version, "in_use_log_loss": log_loss(in_use.classes, its, held, n_users)}
    return found


def log_loss(classes: ResponseClasses, answers: Answers, held: NDArray[np.bool_], n_users: int) -> float:
    """Mean over the `held` answers (bool[k], some), each user's others known."""
    with np.errstate(divide="ignore"):
        prior = np.log(classes.weight)
    told = [
        np.logaddexp.reduce(prior + user_totals(classes, some, n_users), axis=1).sum()
        for some in (answers, _only(answers, ~held))
    ]
    return float(told[1] - told[0]) / int(held.sum())


def slope_log_loss(answers: Answers, slope: float) -> float:
    """Mean over the answers, where nobody is told apart and a discount shifts the log-odds in proportion."""
    o = answers.offered
    bought = redeem_probability(o.p_buy, o.share, slope)
    other = (1 - bought) * (np.maximum(o.p_come, o.p_buy) - o.p_buy) / np.maximum(1 - o.p_buy, _LEAST)
    absent = 1 - bought - other
    chance = np.where(answers.bought, bought, np.where(answers.came, other, absent))
    return float(-np.log(np.maximum(chance, _LEAST)).mean())


def _only(answers: Answers, rows: NDArray[np.bool_]) -> Answers:
    """Some of the answers, in the same cells."""
    o = answers.offered
    offered = Offered(o.p_buy[rows], o.p_come[rows], o.share[rows], o.fit[rows])
    said = {name: getattr(answers, name)[rows] for name in ("cell", "bought", "came")}
    return replace(answers, offered=offered, **said)
