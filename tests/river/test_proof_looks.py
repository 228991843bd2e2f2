"""Two looks at one campaign, a person apart: 60 people of the lift's own tiny world, a third of them held out."""

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from offers.assigned import Given
from offers.lift_report import newest
from people.consent import Permission
from river import proof
from river.proof_looks import groups_of, held_still, redeemers
from tests.offers.test_lift_report import LIFT, REPORT
from tests.river.test_proof import PEOPLE, THROUGH, purchase, run, settings, silent
from training.lake import append_events
from training.persons import write_persons

__all__ = ["run", "settings"]
SAYS_NO = "people.consent.permission"


def looked(settings, gone=(), through=THROUGH):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SAYS_NO, lambda *_: Permission(dict.fromkeys(gone, False), True))
        return proof.measure_lift(settings, "c", through, through + timedelta(hours=1), silent)


def figures(found):
    return replace(found, held_still=False)


def test_a_look_after_one_person_said_no_is_the_look_before(settings, run):
    """Without it, whoever looks before and after knows on which side they were and what they brought."""
    for who in ("p00", "p01"):
        found = looked(settings, [who])
        assert (figures(found), found.held_still) == (run[1], True)
        assert newest(settings.home, "c") == found
    assert figures(looked(settings, PEOPLE[:9])) == run[1]


def test_a_look_a_moment_later_does_not_tell_what_one_person_bought(settings, run):
    append_events(settings.lake, pl.DataFrame([purchase("p05", 77, THROUGH + timedelta(minutes=1), price=99_000)]))
    found = looked(settings, through=THROUGH + timedelta(minutes=2))
    assert (figures(found), found.through) == (run[1], THROUGH)


def test_when_ten_of_a_group_changed_and_nobody_of_the_other_it_is_told_anew(settings, run):
    """Of 40 treated and 20 held out a third goes of each: twelve are enough, and the six beside them are not."""
    treated = [who for n, who in enumerate(PEOPLE) if n % 3]
    assert figures(looked(settings, PEOPLE[:18])) == run[1]
    anew = looked(settings, treated[:15])
    assert (anew.held_still, anew.everyone.n_treated, anew.everyone.n_holdout) == (False, 20, 20)
    assert figures(looked(settings, treated[:16])) == anew
    # One person from the first look, and far from the second but for him: the second is told.
    assert figures(looked(settings, ["p00"])) == anew


def test_what_is_not_the_same_day_to_day_is_whole():
    rows = pl.DataFrame({"user_id": ["a", "b"], "held": [True, False], "margin": [3.0000001, 5.0]})
    other = rows.with_columns(margin=pl.Series([2.9999999, 5.0])).reverse()
    assert groups_of({"x": rows}, b"s") == groups_of({"x": other}, b"s")
    assert set(groups_of({"x": rows, "y": rows.drop("held")}, b"s")) == {"x treated", "x held out", "y"}
    changed = rows.with_columns(pl.col.margin + 1)
    assert groups_of({"x": rows}, b"s") != groups_of({"x": changed}, b"s")


def test_who_redeems_under_two_ids_is_one(settings, tmp_path):
    write_persons(tmp_path, {"card-a": "ann"}, [])
    moves = Given(0, 0, frozenset(), (("ann", "1 redeem 5"), ("card-a", "2 redeem 5"), ("bob", "3 redeem 5"))).redeemers
    found = redeemers(tmp_path, moves)
    assert found.rows() == [("ann", "1 redeem 5 2 redeem 5"), ("bob", "3 redeem 5")]
    assert redeemers(tmp_path, ()).is_empty()


def test_what_is_remembered_is_what_was_told(settings):
    report = replace(REPORT, campaign_id="d", everyone=replace(LIFT, n_treated=957))
    people = {"known": pl.DataFrame({"user_id": PEOPLE})}
    assert held_still(settings, people, report, 10).everyone.n_treated == 950
    assert held_still(settings, people, replace(report, discounts_cents=999), 10).discounts_cents == 300
