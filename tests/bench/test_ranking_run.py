"""An evaluation apart: its own memory, its errors told here; key sets scored by one fit are the mean of the sets."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

import training.fitted
from bench import ranking_run
from bench.ranking_run import KS, apart, evaluated, key_sets_evaluated, peak_bytes
from tests.training import market
from tests.training.stub import Habitual
from training.cases import Known, taken_by
from training.contest import contest
from training.cuts import inner_windows
from training.errors import TrainingError
from training.sales import coded, sales
from training.scoreboard import board


def hold(mib):
    return {"held": int(np.ones(mib * 2**17).sum())}


def fail():
    raise TrainingError("no such file")


def test_memory_is_that_of_the_evaluation_and_not_of_who_asks():
    own = np.ones(600 * 2**17)
    little, much = apart(hold, 1), apart(hold, 300)
    assert much.result == {"held": 300 * 2**17}
    assert 0.25 < much.gib - little.gib < 0.4
    assert own.nbytes / 2**30 + 0.1 < peak_bytes() / 2**30
    assert 0 < little.gib < own.nbytes / 2**30, "what is held here is not held there"
    assert little.seconds > 0


def test_errors_come_back():
    with pytest.raises(TrainingError, match="no such file"):
        apart(fail)


def test_without_the_kernels_own_figure_the_peak_is_asked_of_getrusage(monkeypatch):
    known = peak_bytes()
    monkeypatch.setattr(ranking_run, "Path", lambda name: Path("/nowhere/to/be/found"))
    assert 0.5 * known < peak_bytes() < 2 * known


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The market's purchases before a window, and two overlapping sets of targets."""
    folder = tmp_path_factory.mktemp("sets")
    events = market.events()
    window = inner_windows(sales(events.lazy()), 1)[0]
    events.filter(pl.col.occurred_at < window.moment).write_parquet(folder / "events.parquet")
    users = window.targets["user_id"].unique().sort().to_list()
    sets = [users[:20], users[10:30]]
    for number, chosen in enumerate(sets):
        window.targets.filter(pl.col.user_id.is_in(chosen)).write_parquet(folder / f"{number}.parquet")
    return folder / "events.parquet", [folder / f"{number}.parquet" for number in range(2)]


def test_key_sets_are_scored_by_one_fit_and_meant_over_the_sets(files, monkeypatch):
    fits = []

    def fitted(lines, recipe, report):
        known = Known(lines)
        fits.append(len(lines))
        return SimpleNamespace(
            ranker=Habitual(market.PRODUCTS), known=known, cases=lambda users: known.cases(users, 512)
        )

    monkeypatch.setattr(training.fitted, "fitted", fitted)
    found = key_sets_evaluated(*files)
    assert len(fits) == 1
    assert found["n_users"] == 30
    assert set(found["seconds"]) == {"fit", "score"}
    known = Known(coded(sales(pl.read_parquet(files[0]).lazy())))
    each = []
    for path in files[1]:
        targets = pl.read_parquet(path)
        cases = known.cases(list(taken_by(targets)), 512)
        each.append(board(contest(Habitual(market.PRODUCTS), known, cases, targets, 20, market.silent), KS))
    assert each[0]["k"]["10"] != each[1]["k"]["10"]
    for key, value in found["k"]["10"].items():
        assert value == pytest.approx(np.mean([one["k"]["10"][key] for one in each]))
    counting = [one["baselines"]["personal_then_popular"]["k"]["10"]["ndcg"] for one in each]
    assert found["baselines"]["personal_then_popular"]["k"]["10"]["ndcg"] == pytest.approx(np.mean(counting))


def test_two_files_as_the_command_takes_them(files):
    found = evaluated(files[0], files[1][0])
    assert found["n_users"] == 20
    assert set(found["k"]) == set(found["intervals"]) == {"10", "20"}
    assert set(found["seconds"]) == {"fit", "score"}
