from dataclasses import fields, replace

import pytest

from offers.cannibalised import Cannibalised
from offers.lift import REASONS, Lift
from offers.lift_report import TOO_FEW, newest, save
from offers.lift_told import in_tens, significant, told
from tests.offers.test_lift_report import LIFT, REPORT

_WORDS = ("state", "reason", "n_treated", "n_holdout")
FEW = Lift("cannot_conclude", 10, 9, "too_few_people")


@pytest.mark.parametrize(
    ("n", "n_people", "tens"),
    [(None, None, None), (0, None, 0), (9, None, None), (10, None, 10), (19, None, 10), (20, None, 20), (100, 9, None)],
)
def test_people_are_told_in_tens(n, n_people, tens):
    assert in_tens(n, n_people) == tens


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (419.21197575743116, 419.0),
        (-0.0123456, -0.0123),
        (0.0, 0.0),
        (99949, 99900),
        (99951, 100000),
        (80, 80),
        (1e-9, 1e-9),
    ],
)
def test_figures_are_told_in_three_digits(value, kept):
    assert significant(value) == kept
    assert type(significant(value)) is type(value)


def test_one_person_more_on_either_side_is_told_alike():
    one = replace(REPORT, everyone=replace(LIFT, n_treated=2327, lift=419.21197575743116), planned=FEW)
    other = replace(REPORT, everyone=replace(LIFT, n_treated=2326, lift=419.2990343634594), planned=FEW)
    assert told(one, 20) == told(other, 20)
    assert (told(one, 20).everyone.n_treated, told(one, 20).everyone.lift) == (2320, 419.0)


def test_every_figure_is_rounded_and_telling_again_changes_nothing():
    third, figures = 1 / 3, {field.name: 1 / 3 for field in fields(Lift) if field.name not in _WORDS}
    made = replace(
        REPORT,
        everyone=replace(LIFT, **figures),
        planned=replace(LIFT, **figures),
        cannibalised=Cannibalised(57, (third, third, third)),
        discounts_cents=12345,
        return_on_spend=third,
        showable=replace(REPORT.showable, n_treated=957, effect_cents=third, error_cents=third, of_mean=third),
    )
    found = told(made, 57)
    assert {getattr(found.everyone, name) for name in figures} == {0.333}
    assert (found.planned, found.return_on_spend, found.discounts_cents) == (found.everyone, 0.333, 12300)
    assert (found.cannibalised.n_redeemed, found.cannibalised.own) == (50, (0.333,) * 3)
    assert (found.showable.n_treated, found.showable.effect_cents, found.showable.of_mean) == (950, 0.333, 0.333)
    assert told(found, 57) == found


def test_no_count_of_few_is_told(tmp_path):
    plain = replace(REPORT, cannibalised=replace(REPORT.cannibalised, n_redeemed=10), n_unreported=10, n_erased=10)
    assert told(plain, 10) == plain
    hidden = told(replace(REPORT, planned=FEW, cannibalised=Cannibalised(9), n_unreported=9, n_erased=9), 10)
    assert (hidden.planned.n_treated, hidden.planned.n_holdout, hidden.everyone) == (10, None, LIFT)
    assert (hidden.cannibalised.n_redeemed, hidden.n_erased, hidden.counts_hidden) == (None, None, TOO_FEW)
    assert told(hidden, 10) == hidden
    nobody = replace(
        REPORT, everyone=Lift("cannot_conclude", 0, 0), planned=FEW, cannibalised=Cannibalised(0), n_erased=0
    )
    assert told(nobody, 0).cannibalised == Cannibalised(0)
    # A hundred coupons of nine people are nine people's.
    mine = told(
        replace(REPORT, everyone=Lift("cannot_conclude", 9, 0), cannibalised=Cannibalised(100), n_unreported=50), 10
    )
    assert (mine.cannibalised.n_redeemed, mine.n_unreported) == (None, None)
    save(tmp_path, hidden)
    assert newest(tmp_path, "c") == hidden


@pytest.mark.parametrize(("n_redeemers", "hidden"), [(0, False), (1, True), (9, True), (10, False)])
def test_money_of_few_who_redeemed_is_not_told(n_redeemers, hidden):
    found = told(replace(REPORT, cannibalised=Cannibalised(30, (0.5, 0.4, 0.6)), n_erased=0), n_redeemers)
    assert (found.discounts_cents is None, found.return_on_spend is None) == (hidden, hidden)
    assert (found.cannibalised.own is None, found.cannibalised.n_redeemed is None) == (hidden, hidden)
    assert found.counts_hidden == (TOO_FEW if hidden else None)


@pytest.mark.parametrize(
    ("treated", "held", "is_told"),
    [
        (950, 50, True),
        (949, 50, False),
        (941, 50, False),
        (940, 50, True),
        (950, 49, False),
        (940, 41, False),
        (940, 40, True),
    ],
)
def test_two_groups_a_few_people_apart_are_not_both_told(treated, held, is_told):
    found = told(replace(REPORT, planned=replace(LIFT, n_treated=treated, n_holdout=held)), 10)
    assert (found.planned.reason, found.planned.n_treated) == ((None, treated) if is_told else ("too_close", None))
    assert "too_close" in REASONS
    assert found.everyone.n_treated == 950
