from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from offers.choice import Choice
from offers.drafts import Decision, Issued
from offers.means import Means
from offers.plan_report import NO_MONEY, SAMPLE, report_of
from offers.spending import Spending
from offers.trying import Tried
from tests.offers.desk_world import decision

DAY = date(2025, 11, 4)
CHOICE = Choice(np.zeros(2, np.int32), 9.0, 5, 10.0, np.array([0.5, 0.0, 0.2]), np.zeros(3, np.int64), exact=False)
TRIED = Tried([None, 1], [True, True], Means(96), 4, 2.0)
SPENDING = Spending(CHOICE, [0, 1], [1.0, 0.1], [None, None], ["s0", "s1"], TRIED)


def test_it_adds_up_what_was_decided_and_what_the_desk_made_of_it():
    decided = [Decision("a", DAY, reason="no_gain"), Decision("b", DAY, reason="no_gain"), decision("c")]
    issued = [Issued(1, 2, refused={"limit_reached": 1}), Issued(3, 0, refused={"limit_reached": 2})]
    report = report_of("c", decided, issued, 7, 100, SPENDING, DAY, ("told",), ["lost", None, "lost", "persuadable"])
    assert report.kinds == {"lost": 2, "persuadable": 1}
    assert (report.n_considered, report.n_known, report.n_issued) == (3, 7, 4)
    assert report.reasons_not == {"limit_reached": 3, "no_gain": 2}
    assert (report.value_cents, report.cost_cents, report.bound_cents, report.n_explored) == (11.0, 9, 12.0, 1)
    assert (report.gap, report.price, report.store_prices) == (pytest.approx(0.1), 0.5, {"s1": 0.2})
    assert (report.notes, [user for user, _, _ in report.sample]) == (("told",), ["c"])


@pytest.mark.parametrize(("cents", "notes"), [(1, ("told",)), (0, (NO_MONEY, "told")), (-1, (NO_MONEY, "told"))])
def test_no_money_is_told_first(cents, notes):
    assert report_of("c", [], [], 0, cents, SPENDING, DAY, ("told",)).notes == notes


def test_the_sample_is_short():
    many = [replace(decision("c"), user_id=f"u{n}") for n in range(SAMPLE + 1)]
    assert len(report_of("c", many, [], 0, 1, SPENDING, DAY, ()).sample) == SAMPLE
