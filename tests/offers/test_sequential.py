import numpy as np
import pytest

from offers.contrast import contrast
from offers.moments import Moments
from offers.quantiles import t_quantile
from offers.sequential import ALPHA, BEST_AT, always_critical, standard_errors, tuning


def test_it_is_tightest_where_it_was_tuned():
    at = [standard_errors(v, 1.0) for v in (0.5, 2.0, BEST_AT, 40.0, 400.0)]
    assert min(at) == at[2] == pytest.approx(3.035, abs=0.01)
    # What a wrong guess costs, as its docstring says.
    off = [standard_errors(BEST_AT * by, 1.0) - at[2] for by in (10, 0.1)]
    assert off == pytest.approx([0.2, 0.8], abs=0.05)


@pytest.mark.parametrize("start", [0.1, 1.0])
def test_a_brownian_motion_seldom_crosses_it(start):
    """4,000 paths, 400 looks from v = start to 1,000 r; the boundary made for one look is crossed by most."""
    rng = np.random.default_rng(1)
    v = np.geomspace(start, 1000.0, 400)
    paths = np.sqrt(np.diff(v, prepend=0.0)) * rng.normal(size=(4000, 400))
    height = np.abs(paths.cumsum(axis=1)) / np.sqrt(v)
    always = np.array([standard_errors(at, 1.0) for at in v])
    crossed = (height > always).any(axis=1).mean()
    assert 0.005 < crossed <= ALPHA
    assert (height > 1.96).any(axis=1).mean() > 0.4


def test_the_critical_value_is_students():
    rng = np.random.default_rng(2)
    found = contrast(Moments.of(rng.normal(0, 1, 400)), Moments.of(rng.normal(0, 1, 20)))
    r = tuning(found.error, 420)
    value = always_critical(found, r)
    assert value > standard_errors(BEST_AT, 1.0) > 3.0
    assert always_critical(found, r, 0.2) < value < t_quantile(0.9999, found.df)


def test_it_is_tuned_by_an_error_above_zero():
    assert tuning(2.0, 10) == 400 / BEST_AT
    with pytest.raises(ValueError, match="above zero"):
        tuning(0.0, 10)
