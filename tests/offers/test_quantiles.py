import pytest
from scipy import stats

from offers.quantiles import normal_chance, normal_quantile, t_quantile


@pytest.mark.parametrize("df", [9, 12, 50, 4000])
@pytest.mark.parametrize("p", [0.001, 0.025, 0.5, 0.9, 0.975, 0.999])
def test_students_quantile_agrees_with_scipys(p, df):
    assert t_quantile(p, df) == pytest.approx(stats.t.ppf(p, df), abs=2e-3)


def test_too_few_degrees_are_refused():
    assert t_quantile(0.975, 3) > 3
    for df in (2.9, float("nan")):
        with pytest.raises(ValueError, match="degrees"):
            t_quantile(0.975, df)


def test_a_quantile_and_its_chance_are_each_others_inverse():
    assert normal_chance(normal_quantile(0.975)) == pytest.approx(0.975)
    # However far out, a quantile of the chance exists.
    assert normal_quantile(normal_chance(40.0)) > 6
