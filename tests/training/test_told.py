"""No figure of fewer than ten users leaves in a manifest; ten may."""

import pytest

from tests.training.report_data import board
from training.told import LEAST_TOLD, TOO_FEW, told
from training.tracking import metrics_of


def of(**changes):
    return told({**board(), **changes})


def test_a_board_of_many_is_told_as_it_is():
    few = board()
    few["by_activity"] = [group for group in few["by_activity"] if group["n_users"] >= LEAST_TOLD]
    assert told(few) == few
    assert told({}) == {}


@pytest.mark.parametrize("part", ["repeat", "explore"])
@pytest.mark.parametrize("n", [0, 1, 9, 10])
def test_a_part_of_few_users_is_null_with_its_reason(part, n):
    found = of(**{f"n_users_{part}": n})
    hidden = n < 10
    assert (found[part] is None, found.get("hidden", {}).get(part) == TOO_FEW) == (hidden, hidden)
    assert all((one[part] is None) is hidden for one in found["baselines"].values())
    assert found[f"n_users_{part}"] == (None if 0 < n < 10 else n)
    other = {"repeat": "explore", "explore": "repeat"}[part]
    assert found[other] == board()[other]
    # MLflow is told what the manifest says.
    assert any(name.startswith(f"{part}/") for name in metrics_of(found)) is not hidden


@pytest.mark.parametrize(("n", "kept"), [(9, 1), (10, 2)])
def test_groups_of_few_users_are_left_out(n, kept):
    large = {**board()["by_activity"][0], "n_users": 50}
    found = of(by_activity=[large, {**large, "n_users": n}])
    assert len(found["by_activity"]) == kept
    assert ("by_activity" in found.get("hidden", {})) is (kept == 1)


def test_counts_of_few_are_null_and_none_is_none():
    assert [of(unknown_users=n)["unknown_users"] for n in (0, 1, 9, 10)] == [0, None, None, 10]
