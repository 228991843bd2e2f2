"""The choice: who responds is found where there is something to find, and what one row answered never reaches its own guess."""

import numpy as np

from tests.training.trial_world import trial
from training import uplift_choice as choice
from training.uplift_choice import held_out, losses
from training.uplift_learners import LEARNERS
from training.uplift_trial import Trial


def test_a_difference_is_found_and_its_absence_too():
    told, guesses = held_out(trial(2000), [1, 2], seed=0)
    lost = losses(told, guesses)
    assert set(lost) == set(LEARNERS)
    assert min(loss[0] for name, loss in lost.items() if name != "mean") < lost["mean"][0] - 0.02
    assert min(loss[1] for loss in lost.values()) > 0.98


def test_the_loss_by_hand():
    told = np.array([[0.0], [2.0]])
    assert losses(told, {"a": np.array([[0.5], [1.5]]), "b": np.ones((2, 1))}) == {"a": [0.25], "b": [1.0]}


def test_no_row_is_guessed_by_what_it_answered(monkeypatch):
    monkeypatch.setattr(choice, "LEARNERS", {name: LEARNERS[name] for name in ("ridge", "x_stumps")})
    whole = trial(300)
    row, turned = np.flatnonzero(whole.arm == 1)[0], whole.outcome.copy()
    turned[row] = 1 - turned[row]
    other = Trial(whole.x, whole.columns, whole.arm, whole.arms, whole.propensity, turned)
    (_, one), (_, two) = (held_out(each, [1], seed=3) for each in (whole, other))
    for name in one:
        assert one[name][row, 0] == two[name][row, 0]
        assert (one[name] != two[name]).any()
