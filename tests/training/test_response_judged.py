"""The newest answers foretold: by what was learned, beside beliefs; and no answer of later teaches."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from models.answered import answers_of
from models.response_classes import Offered, ResponseClasses
from models.response_model import Response
from tests.training.answered import answers, seen
from training import response_judged
from training.answers import known_answers
from training.response_judged import in_cells, judged, log_loss, slope_log_loss
from training.response_mixture import fit_response

PARTS = np.repeat(np.arange(4), 6)
END = datetime(2026, 1, 1, tzinfo=UTC)


def known(n_users=60, tries=10, **changes):
    rows = answers(n_users, tries, **changes)
    return known_answers(rows.drop("seen"), seen(rows), END)


def test_cells_are_users_products_and_parts_of_the_day():
    rows = known(2, 3).with_columns(hour=pl.Series([8, 8, 8, 8, 20, 20]))
    found, n_users = in_cells(rows, PARTS)
    assert n_users == 2
    assert found.cell.tolist() == [0, 2, 0, 2, 1, 3]
    assert found.user.tolist() == [0, 0, 1, 1]
    assert found.bought.tolist() == rows["bought"].to_list()
    np.testing.assert_array_equal(found.offered.share, rows["share"])


def test_the_newest_fifth_is_held_out_and_a_moment_stays_together():
    found = judged(known(30, 10), PARTS, None)
    assert found["since"] == "2025-09-10T00:00:00+00:00"
    assert found["n_answers"] == 60
    uneven = known(30, 9)
    # 54 of 270 are a fifth and some; the eighth day is in it whole.
    assert judged(uneven, PARTS, None)["n_answers"] == 60


def test_answers_of_one_moment_leave_nothing_to_judge_by():
    assert judged(known(30, 1), PARTS, None) == {}


def test_what_was_learned_beats_beliefs_where_people_differ():
    found = judged(known(150, 12), PARTS, None)
    assert found["log_loss"] < found["grid_log_loss"] < found["slope_log_loss"]


def test_a_slope_is_judged_by_the_chance_of_what_happened():
    """b = .08, v = .3: without a slope .08, (.22 / .92) · .92 and .7 for bought, came and absent."""
    rows = known(40, 10)
    found, _ = in_cells(rows, PARTS)
    n_bought, n_came = int(rows["bought"].sum()), int((rows["came"] & ~rows["bought"]).sum())
    n_absent = len(rows) - n_bought - n_came
    sums = n_bought * np.log(0.08) + n_came * np.log(0.22) + n_absent * np.log(0.7)
    assert slope_log_loss(found, 0.0) == pytest.approx(-sums / len(rows))


def test_the_loss_is_that_of_one_answer_after_another():
    """Of one user with two answers: the chance of the second, the classes weighed by the first. Reckoned by hand with the fit
    known, so that nothing else is unknown."""
    offered = Offered(*(np.array([x, x]) for x in (0.1, 0.3)), np.array([0.5, 0.5]), np.array([0.4, 0.4]))
    said = (np.array([True, True]), np.array([True, True]))
    zero = np.zeros(2, dtype=np.int64)
    some = answers_of(zero, zero, zero, offered, *said)
    one_fit = np.zeros_like(some.prior)
    one_fit[:, 4] = 1.0
    some = type(some)(some.cell, some.offered, some.bought, some.came, some.user, one_fit)
    grid = ResponseClasses.grid(4.0, 0.5)
    chance = np.exp(grid.log_likelihood(offered, *said)[:, :, 4])
    weight = grid.weight * chance[0]
    foretold = (weight / weight.sum()) @ chance[1]
    assert log_loss(grid, some, np.array([False, True]), 1) == pytest.approx(-np.log(foretold))


def test_no_held_out_answer_teaches(monkeypatch):
    """Turning the held-out answers round changes their loss and not what it is reckoned by."""
    taught = []
    real = fit_response
    monkeypatch.setattr(response_judged, "fit_response", lambda some, n: taught.append(real(some, n)) or taught[-1])
    rows = known(40, 10)
    late = pl.col.answered_at >= datetime(2025, 9, 10, tzinfo=UTC)
    turned = rows.with_columns(pl.col.bought ^ late, came=pl.col.came | late)
    before, after = judged(rows, PARTS, None), judged(turned, PARTS, None)
    np.testing.assert_array_equal(taught[0].weight, taught[1].weight)
    assert before["slope"] == after["slope"]
    assert all(before[name] != after[name] for name in ("log_loss", "grid_log_loss", "slope_log_loss"))


def test_what_is_in_use_is_judged_on_the_same_answers():
    rows = known(60, 10)
    grid = ResponseClasses.grid(4.0, 0.5)
    found = judged(rows, PARTS, Response(grid, PARTS, "0" * 16))
    assert found["in_use"] == "0" * 16
    assert found["in_use_log_loss"] == pytest.approx(found["grid_log_loss"])


def test_what_is_in_use_tells_answers_apart_by_its_own_parts():
    rows = known(60, 10).with_columns(hour=pl.Series(([8] * 60 + [9] * 60) * 5))
    grid, hours = ResponseClasses.grid(4.0, 0.5), np.arange(24)
    found = judged(rows, PARTS, Response(grid, hours, "0" * 16))
    held = (rows["answered_at"] >= datetime(2025, 9, 10, tzinfo=UTC)).to_numpy()
    assert found["in_use_log_loss"] == log_loss(grid, in_cells(rows, hours)[0], held, 60)
    assert found["in_use_log_loss"] != found["grid_log_loss"]


@pytest.mark.parametrize("moved", [True, False])
def test_few_answers_do_little_harm_even_where_there_is_nothing_to_learn(moved):
    """A fit of a hundred people's first four answers tells eleven more of each within two percent of the best of beliefs."""
    rows = known(100, 15, moved=moved)
    some, n_users = in_cells(rows, PARTS)
    late = (rows["answered_at"] >= datetime(2025, 9, 6, tzinfo=UTC)).to_numpy()
    own = fit_response(response_judged._only(some, ~late), n_users)
    others = (
        log_loss(ResponseClasses.grid(4.0, 0.5), some, late, n_users),
        *(slope_log_loss(response_judged._only(some, late), slope) for slope in (0.0, 3.0, 7.0)),
    )
    assert log_loss(own, some, late, n_users) < 1.02 * min(others)
