"""What a run tells of its held-out window: chances that hold, and a dial that turns from the usual to the new."""

from datetime import UTC, datetime

import pytest

from tests.training import market
from training.account import DIAL, account, chances, dial
from training.cuts import inner_windows
from training.recipe import Recipe
from training.report import render
from training.sales import coded, sales
from training.tuning import Tables, Tuned, tune

RECIPE = Recipe(blend_others=20, trials=1)
LINES = coded(sales(market.events(n_users=240).lazy(), market.stores()))
END = datetime(2025, 8, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def tuned() -> Tuned:
    return tune(LINES, inner_windows(LINES, 3), Tables(), RECIPE, market.silent, validate=True)


def test_predicted_chances_are_about_what_was_taken(tuned):
    bins = chances(*tuned.judged)
    assert [b["predicted"] for b in bins] == sorted(b["predicted"] for b in bins)
    total = sum(b["weight"] for b in bins)
    predicted, observed = (sum(b[name] * b["weight"] for b in bins) / total for name in ("predicted", "observed"))
    assert predicted == pytest.approx(observed, rel=0.25)


def test_the_dial_trades_the_usual_for_the_new(tuned):
    turned = dial(*tuned.judged, RECIPE)
    assert [step["novelty"] for step in turned] == list(DIAL)
    repeat, explore = ([step[name] for step in turned] for name in ("repeat_recall", "explore_recall"))
    assert repeat == sorted(repeat, reverse=True)
    assert explore == sorted(explore)
    assert explore[0] < explore[-1]
    assert repeat[-1] < repeat[0]


def test_the_page_holds_every_plot_and_nobody(tuned):
    page = render(account(tuned, "v1", END, {"reading": 0.1}, ("a note",), {"sales": 12_345}))
    assert "Not drawn" not in page
    assert "12,345" in page
    assert "a note" in page
    assert not any(f"u{user:02d}" in page for user in range(80))


def test_without_a_window_the_page_says_what_it_could_not_draw():
    none = tune(LINES, [], Tables(), RECIPE, market.silent, validate=True)
    data = account(none, "v1", END, {"reading": 0.1}, (), {"sales": 1})
    assert (data.calibration, data.novelty, data.weights) == ([], [], {})
    assert "Not drawn" in render(data)
