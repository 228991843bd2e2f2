"""The mixing weights: found again from answers drawn of known classes, the prior without any."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from models.answered import Answers, cell_log, totals
from models.response_classes import FITS, Offered, ResponseClasses, fit_prior
from models.response_model import Response, read_response
from training import response_mixture
from training.export import export_response
from training.response_mixture import fit_response

N, TRIES = 300, 8
PARTS = np.repeat(np.arange(4), 6)


def drawn(seed=3):
    """A third answers discounts at half of 0.28, the others don't; offers of 20% and 50% in turn."""
    rng = np.random.default_rng(seed)
    user = np.repeat(np.arange(N), TRIES)
    share = np.tile([0.2, 0.5], N * TRIES // 2)
    b, v = np.full(len(user), 0.08), np.full(len(user), 0.3)
    moved = (user % 3 == 0) * 6.5 * 0.58**0.5 * share**4 / (share**4 + 0.28**4)
    q = b * np.exp(moved) / (1 - b + b * np.exp(moved))
    bought = rng.random(len(user)) < q
    came = bought | (rng.random(len(user)) < (v - b) / (1 - b))
    prior = fit_prior(np.full(N, 0.58), np.full(N, 200.0))
    offered = Offered(b, v, share, np.full(len(user), 0.58))
    return Answers(user, offered, bought, came, np.arange(N), prior)


def test_the_shares_are_found_and_users_told_apart():
    answers = drawn()
    classes = fit_response(answers, N)
    assert abs(classes.weight[classes.height > 0].sum() - 1 / 3) < 0.1
    own = classes.posterior(totals(answers, cell_log(classes, answers), N))
    responds = own[:, classes.height > 0].sum(axis=1)
    third = np.arange(N) % 3 == 0
    assert responds[third].mean() > 0.85
    assert responds[~third].mean() < 0.15


def test_without_answers_the_grid_is_the_belief():
    no, none = np.zeros(0, dtype=np.int64), np.zeros(0)
    empty = Answers(no, Offered(none, none, none, none), no > 0, no > 0, no, np.zeros((0, len(FITS))))
    classes = fit_response(empty, 5)
    np.testing.assert_array_equal(classes.weight, ResponseClasses.grid(4.0, 0.5).weight)
    assert not totals(empty, cell_log(classes, empty), 5).any()


def test_exported_and_read_back(tmp_path):
    classes = fit_response(drawn(), N)
    artifact = export_response(tmp_path, Response(classes, PARTS), {"n_answers": N}, datetime(2025, 12, 1, tzinfo=UTC))
    np.testing.assert_array_equal(read_response(artifact).classes.weight, classes.weight)
    np.testing.assert_array_equal(read_response(artifact).part_of_hour, PARTS)
    assert artifact.manifest["metrics"] == {"n_answers": N}


@pytest.mark.parametrize("cells", [1, 7, N - 1, N, N + 1])
def test_some_cells_at_a_time_are_all_of_them(monkeypatch, cells):
    """Two cells a user, so that a user's may stand in two blocks."""
    monkeypatch.setattr(response_mixture, "_CELLS", cells)
    answers, grid = drawn(), ResponseClasses.grid(4.0, 0.5)
    halved = replace(answers, user=answers.user // 2)
    expected = totals(halved, cell_log(grid, halved), N)
    np.testing.assert_allclose(response_mixture.user_totals(grid, halved, N), expected, rtol=1e-12)
