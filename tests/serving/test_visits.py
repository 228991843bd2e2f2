from zoneinfo import ZoneInfo

import pytest

from serving.visits import Visits
from tests.serving.fakes import CountingOnline

ZONES = {"soho": ZoneInfo("America/New_York"), "bund": ZoneInfo("Asia/Shanghai")}


def bought(at, product="latte", user="ann", store="soho", kind="purchase"):
    return {"event_type": kind, "occurred_at": f"{at}+00:00", "user_id": user, "product_id": product, "store_id": store}


@pytest.fixture
def online():
    return CountingOnline()


@pytest.fixture
def visits(online):
    return Visits(online, ZONES, 4)


def test_a_purchase_is_in_the_history_at_once(online, visits):
    assert visits.add([bought("2026-03-02T13:00"), bought("2026-03-02T13:00", "bagel")]) == 1
    history = online.users["ann"].history
    assert (history.product_ids, history.n_visits) == (("bagel", "latte"), 1)
    assert history.counts.tolist() == [1.0, 1.0]


def test_one_day_in_the_store_is_one_visit(online, visits):
    # 23:30 and 00:30 in New York; one UTC day, two local ones.
    for at in ("2026-03-03T04:30", "2026-03-03T05:30", "2026-03-03T22:00"):
        visits.add([bought(at)])
    history = online.users["ann"].history
    assert (history.n_visits, history.counts.tolist()) == (2, [2.0])
    assert history.last_at_s.tolist() == [1772575200]


def test_days_of_one_batch_are_added_in_order(online, visits):
    visits.add([bought("2026-03-05T13:00", "tea"), bought("2026-03-02T13:00"), bought("2026-03-03T13:00")])
    history = online.users["ann"].history
    assert (history.product_ids, history.n_visits) == (("latte", "tea"), 3)
    assert history.last_visit.tolist() == [2, 3]


def test_the_past_waits_for_the_next_reckoning(online, visits):
    visits.add([bought("2026-03-05T13:00")])
    before = online.users["ann"].history
    assert visits.add([bought("2026-03-02T13:00", "tea")]) == 0
    assert online.users["ann"].history is before


def test_only_purchases_of_somebody_count(online, visits):
    rows = [bought("2026-03-02T13:00", kind=kind) for kind in ("view", "cart", "refund", "impression")]
    assert visits.add([*rows, bought("2026-03-02T13:00", user=None)]) == 0
    assert online.users == {}


def test_a_store_nobody_knows_keeps_utc_days(online, visits):
    visits.add([bought("2026-03-03T04:30", store=None)])
    visits.add([bought("2026-03-03T23:30", store="elsewhere")])
    assert online.users["ann"].history.n_visits == 1


def test_histories_stay_bounded(online, visits):
    visits.add([bought("2026-03-02T13:00", f"p{n}") for n in range(9)])
    assert len(online.users["ann"].history) == 4


def test_a_store_that_is_down_costs_nothing_but_the_freshness(online, visits):
    online.down = True
    assert visits.add([bought("2026-03-02T13:00"), bought("2026-03-02T13:00", user="bob")]) == 0
    # The first failure is enough: the others would only wait too.
    assert online.n_reads == 1


def test_a_store_that_stays_down_is_a_line_at_each_end(online, visits, caplog):
    for is_down in (True, True, True, False, False):
        online.down = is_down
        visits.add([bought("2026-03-02T13:00")])
    began, ended = (record.getMessage() for record in caplog.records)
    assert began.startswith("online store down, purchases wait until it is back: ")
    assert ended == "purchases reach histories again"


def test_a_row_that_cannot_be_read_holds_up_nobody_else(online, visits, monkeypatch):
    read = online.user

    def damaged(user_id):
        if user_id == "ann":
            raise ValueError("history: a product appears twice")
        return read(user_id)

    monkeypatch.setattr(online, "user", damaged)
    assert visits.add([bought("2026-03-02T13:00"), bought("2026-03-02T13:00", user="bob")]) == 1
    assert set(online.users) == {"bob"}


def test_a_purchase_of_somebody_whose_row_was_lost_goes_onto_what_was_last_known(online):
    Visits(online, ZONES, 4).add([bought("2026-03-02T13:00"), bought("2026-03-03T13:00", "bagel")])
    before, online.users = online.users["ann"].history, {}
    visits = Visits(online, ZONES, 4, {"ann": before}.get)
    visits.add([bought("2026-03-04T13:00", "tea"), bought("2026-03-04T13:00", "tea", user="bob")])
    history = online.users["ann"].history
    assert (history.product_ids, history.n_visits) == (("bagel", "latte", "tea"), 3)
    assert online.users["bob"].history.n_visits == 1
    # Whose row stands is asked about no more.
    visits = Visits(online, ZONES, 4, {"ann": before, "bob": before}.get)
    visits.add([bought("2026-03-05T13:00", "tea", user="bob")])
    assert online.users["bob"].history.product_ids == ("tea",)


def test_a_purchase_of_the_past_brings_back_what_was_lost(online):
    Visits(online, ZONES, 4).add([bought("2026-03-03T13:00")])
    before, online.users = online.users["ann"].history, {}
    Visits(online, ZONES, 4, {"ann": before}.get).add([bought("2026-03-02T13:00", "tea")])
    assert online.users["ann"].history is before
