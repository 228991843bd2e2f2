"""Tuning: every window refitted on its own past alone, the blend learned from what came next, and none of it seen before."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from tests.training import market
from training import tuning
from training.cases import taken_by
from training.cuts import Window, inner_windows
from training.design import Rows
from training.evaluate import evaluate
from training.fit import Parts, mean_basket
from training.recipe import Recipe
from training.sales import coded, sales
from training.search import is_asked
from training.tuning import Tables, tune
from training.visits import visits_of

RECIPE = Recipe(cold_factors=3, cold_epochs=1, blend_others=20, trials=1)
LINES = coded(sales(market.events().lazy(), market.stores()))
PLAIN = sales(market.events().lazy(), market.stores())


def same(one, other):
    """Whether two maps of arrays hold the same bytes under the same names."""
    return one.keys() == other.keys() and all(one[name].tobytes() == other[name].tobytes() for name in one)


@pytest.fixture(scope="module")
def windows():
    return inner_windows(LINES, 3)


@pytest.fixture(scope="module")
def tuned(windows):
    return tune(LINES, windows, Tables(), RECIPE, market.silent, validate=True)


def test_windows_teach_both_halves_and_the_last_is_judged_by_the_earlier_ones(windows, tuned):
    assert (tuned.blend.how, tuned.n_windows) == ("usual and new fitted", 3)
    assert tuned.validation["cut"] == windows[-1].moment.isoformat()
    assert tuned.validation["n_users"] == windows[-1].targets["user_id"].n_unique()
    assert (
        tuned.validation["k"]["10"]["ndcg"]
        > tuned.validation["baselines"]["global_popularity"]["k"]["10"]["ndcg"] + 0.1
    )
    fewer = tune(LINES, windows[:2], Tables(), RECIPE, market.silent)
    assert not same(fewer.blend.arrays, tuned.blend.arrays)
    assert fewer.validation == {}


def test_a_rerun_is_the_same_to_the_bit_and_judging_changes_nothing_that_is_learned(windows, tuned):
    again = tune(LINES, windows, Tables(), RECIPE, market.silent)
    assert same(again.blend.arrays, tuned.blend.arrays)
    assert (again.recipe, again.trials) == (tuned.recipe, tuned.trials)
    other = tune(LINES, windows, Tables(), replace(RECIPE, seed=8), market.silent)
    assert not same(other.blend.arrays, tuned.blend.arrays)


def test_progress_is_told(windows):
    told = []
    tune(LINES, windows[:1], Tables(), RECIPE, lambda *step: told.append(step))
    assert told[:2] == [("tuning on windows of the past", 0, 1), ("tuning on windows of the past", 1, 1)]


def fitted(patch, lines, windows, validate=False):
    """(parts of each window, designs of each, as a pair, blends in order of fitting) of one tuning."""
    parts, designs, blends = [], [], []

    def spy(name, found):
        real = getattr(tuning, name)

        def told(*args):
            found.append(real(*args))
            return found[-1]

        patch.setattr(tuning, name, told)

    spy("fit_parts", parts)
    spy("design", designs)
    spy("fit_blend", blends)
    tune(lines, windows, Tables(market.products(), None), RECIPE, market.silent, validate=validate)
    patch.undo()
    return parts, list(zip(designs[::2], designs[1::2], strict=True)), blends


def rows_of(pair, half):
    """One form's rows of a window, those of users who judge trials last."""
    return Rows.of([getattr(design, half) for design in pair], len(getattr(RECIPE, f"{half}_terms")))


def disturbed(lines, moment):
    """The same lines with what was bought from `moment` on dealt anew among the buyers, and a product nobody knew before."""
    late = lines["occurred_at"] >= moment
    dealt = lines.filter(late).with_columns(pl.col.product_id.shuffle(seed=3))
    dealt = dealt.with_columns(
        pl.when(pl.int_range(pl.len()) % 7 == 0).then(pl.lit("a new one")).otherwise("product_id").alias("product_id")
    )
    return pl.concat([lines.filter(~late), dealt])


@pytest.mark.parametrize("number", [0, 1, 2])
def test_nothing_from_a_cut_on_reaches_what_is_known_at_it(number, windows, monkeypatch):
    other = coded(disturbed(PLAIN, windows[number].moment))
    moved = inner_windows(other, 3)
    assert [window.moment for window in moved] == [window.moment for window in windows]
    assert not moved[number].targets.cast(pl.String).equals(windows[number].targets.cast(pl.String))
    was, now = fitted(monkeypatch, LINES, windows), fitted(monkeypatch, other, moved)
    for place in range(3):
        assert same(was[0][place].arrays, now[0][place].arrays) == (place <= number)
        assert (was[0][place].parameters == now[0][place].parameters) == (place <= number)
    for place in range(number):
        for half in ("usual", "new"):
            one, two = rows_of(was[1][place], half), rows_of(now[1][place], half)
            assert one.values.tobytes() == two.values.tobytes()
            assert one.taken.tobytes() == two.taken.tobytes()
    assert rows_of(was[1][number], "new").taken.tobytes() != rows_of(now[1][number], "new").taken.tobytes()


def test_what_happens_in_the_last_window_cannot_change_what_it_is_judged_with(windows, monkeypatch):
    dealt = windows[-1].targets.with_columns(pl.col.product_id.reverse()).unique()
    moved = [*windows[:-1], Window(windows[-1].known, dealt, windows[-1].moment)]
    was = fitted(monkeypatch, LINES, windows, validate=True)
    now = fitted(monkeypatch, LINES, moved, validate=True)
    for one, other in zip(was[0], now[0], strict=True):
        assert same(one.arrays, other.arrays)
    final, judging = 0, 1
    assert not same(was[2][final].arrays, now[2][final].arrays)
    assert same(was[2][judging].arrays, now[2][judging].arrays), "fitted on the windows before alone"
    assert not same(was[2][final].arrays, was[2][judging].arrays)


def test_with_a_window_to_judge_the_search_never_sees_it(windows, monkeypatch):
    asked = []

    def spy(folds, recipe, report):
        asked.append(len(folds))
        return real(folds, recipe, report)

    real = tuning.search
    monkeypatch.setattr(tuning, "search", spy)
    for validate in (True, False):
        tune(LINES, windows, Tables(), RECIPE, market.silent, validate=validate)
    assert asked == [2, 3]


def test_the_future_of_a_data_set_shuffled_fits_the_same_arrays(tmp_path, windows, monkeypatch):
    cut = windows[-1].moment
    made = []
    real = Parts.ranker
    monkeypatch.setattr(
        Parts, "ranker", lambda self, blend=None: made.append((self.arrays, blend)) or real(self, blend)
    )
    bought = market.events()
    files = []
    for name, events in (("as it was", bought), ("dealt anew", disturbed(bought, cut))):
        (tmp_path / name).mkdir()
        late = events.filter(pl.col.occurred_at >= cut)
        files.append((tmp_path / name / "events.parquet", tmp_path / name / "targets.parquet"))
        events.write_parquet(files[-1][0])
        late.select("user_id", "product_id").write_parquet(files[-1][1])
    boards = [evaluate(*pair, ks=(5,), cutoff=cut, recipe=RECIPE) for pair in files]
    half = len(made) // 2
    assert half > 3
    for (one, one_blend), (other, other_blend) in zip(made[:half], made[half:], strict=True):
        assert same(one, other)
        assert same(one_blend or {}, other_blend or {})
    assert boards[0]["params"] == boards[1]["params"]
    assert boards[0]["k"] != boards[1]["k"], "while the targets are others"


def test_cases_come_from_where_they_are_asked_for(windows):
    asked = []

    def cases_at(window, users):
        asked.append((window.moment, list(users)))
        return window.known.cases(users, 3)

    own = tune(LINES, windows[:1], Tables(), RECIPE, market.silent, cases_at)
    assert asked == [(windows[0].moment, list(taken_by(windows[0].targets)))]
    folded = tune(LINES, windows[:1], Tables(), RECIPE, market.silent)
    assert not same(own.blend.arrays, folded.blend.arrays)


def test_folded_cases_are_asked_at_the_cut_of_their_window(windows, monkeypatch):
    designs = fitted(monkeypatch, LINES, windows)[1]
    days = RECIPE.usual_terms.index("days")
    assert all((rows_of(pair, "usual").values[:, days] > 0).all() for pair in designs), (
        "nothing was bought at the very cut"
    )


def taught(monkeypatch, windows, recipe):
    """Per window, the cases of those who teach all the while, and of those who judge the trials first."""
    seen = []
    real = tuning.design
    monkeypatch.setattr(tuning, "design", lambda ranker, cases, *rest: seen.append(cases) or real(ranker, cases, *rest))
    tune(LINES, windows, Tables(), recipe, market.silent)
    monkeypatch.undo()
    return list(zip(seen[::2], seen[1::2], strict=True))


def test_users_are_drawn_until_their_rows_are_enough(windows, monkeypatch):
    few = replace(RECIPE, blend_rows=300, blend_usual=8)
    names = []
    for pair in taught(monkeypatch, windows, few):
        rows = [min(len(case.history), 8) + 20 for cases in pair for case in cases]
        assert sum(rows) >= 300 > sum(rows) - max(rows)
        names.append([case.user_id for cases in pair for case in cases])
    assert names[0] != names[1], "others in each window"


def test_all_users_teach_at_last_and_who_judges_a_trial_teaches_none(windows, monkeypatch):
    pairs = taught(monkeypatch, windows, replace(RECIPE, blend_rows=10**6))
    for (teach, held), window in zip(pairs, windows, strict=True):
        assert sorted(case.user_id for case in (*teach, *held)) == list(taken_by(window.targets))
        assert held
        assert {is_asked(case.user_id) for case in held} == {True}
        assert {is_asked(case.user_id) for case in teach} == {False}


def test_without_windows_the_defaults_hold():
    tuned = tune(LINES, [], Tables(), RECIPE, market.silent, validate=True)
    assert (tuned.blend.how, tuned.n_windows, tuned.validation) == ("defaults", 0, {})
    assert tuned.blend.arrays["new_matrix"][-1, -1] == pytest.approx(np.log(mean_basket(visits_of(LINES))))
    assert tuned.recipe == RECIPE
