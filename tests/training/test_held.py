"""Of a few people held lines say what `daypart features` says of them; that they do in every case, the walks of
`tests/flow/test_features_recomputed.py` show."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from tests import world
from training.held import SCHEMA, Lines, arrived, held, histories_of, touched, unlike
from training.lake import append_events

AT = datetime(2026, 3, 2, 13, tzinfo=UTC)


def line(event, kind="purchase", user="ann", product="latte", order=None, day=0, store="soho", quantity=1):
    return {"event_id": event, "event_type": kind, "user_id": user, "product_id": product, "store_id": store,
            "order_id": order, "quantity": quantity, "occurred_at": (AT + timedelta(days=day)).isoformat()}  # fmt: skip


def lines(*records):
    return arrived(enumerate(records, 1))


def history(told, user="ann", person=None, tickets=None):
    stores = world.stores()
    return histories_of(told, person or {user: user}, tickets or {}, stores, 512).get(user)


def test_lake_and_inbox_are_one_and_an_event_told_twice_is_the_lakes(tmp_path):
    rows = pl.DataFrame([{**line("e1"), "occurred_at": AT}, {**line("v", "view"), "occurred_at": AT}])
    append_events(tmp_path, rows)
    there = held(tmp_path)
    assert (there.bought["event_id"].to_list(), len(there.back)) == (["e1"], 0)
    both = there.and_of(lines(line("e1", product="tea"), line("e2", day=1)))
    assert history(both).product_ids == ("latte",)
    assert history(both).n_visits == 2


def test_no_lake_holds_nothing(tmp_path):
    assert [len(frame) for frame in held(tmp_path)] == [0, 0]
    assert histories_of(Lines.of(pl.DataFrame(schema=SCHEMA)), {"ann": "ann"}, {}, world.stores(), 9) == {}


def test_what_came_back_is_gone_whoever_brought_it_and_a_part_of_a_line_stands():
    bought = (line("e1", order="1"), line("e2", product="tea", order="1", quantity=2))
    assert history(lines(*bought, line("r", "refund", user=None, order="1"))).product_ids == ("tea",)
    assert history(lines(*bought, line("r", "refund", product="tea", order="1"))).product_ids == ("latte", "tea")
    assert history(lines(line("e1"), line("r", "refund", day=1))) is None


@pytest.mark.parametrize(("other", "left"), [("bob", ("latte",)), (None, ("latte",))])
def test_an_order_of_others_that_a_cancel_names_first_spares_ones_own(other, left):
    """By its number the order is somebody else's; only if it held no such product would the person's latest one go."""
    told = lines(line("e1"), line("e2", user=other, order="7", day=1), line("r", "refund", order="7", day=2))
    assert history(told).product_ids == left


def test_aliases_and_claimed_tickets_count():
    told = lines(line("e1"), line("e2", user="card", day=1), line("e3", user=None, order="9", day=2),
                 line("e4", user=None, order="9", day=3, store="bund"))  # fmt: skip
    person = {"ann": "ann", "card": "ann"}
    assert history(told, person=person).n_visits == 2
    assert history(told, person=person, tickets={("soho", "9"): "ann"}).n_visits == 3


def test_a_cancel_touches_the_orders_of_its_store_or_of_any():
    told = lines(line("e1", order="1"), line("e2", order="1", store="bund"), line("e3", order="1", product="tea"))
    back = lines(line("r", "refund", order="1"), line("s", "void", product="tea")).back
    assert touched(told, back)["event_id"].to_list() == ["e1"]
    anywhere = lines(line("r", "refund", order="1", store=None)).back
    assert touched(told, anywhere)["event_id"].sort().to_list() == ["e1", "e2"]


def test_who_says_what_does_not_stand_so():
    stand = lines(line("e1"), line("e2", user="bob"), line("r", "refund"))
    assert unlike(lines(line("e2", user="bob"), line("r", "refund"), line("e1")), stand) == set()
    assert unlike(lines(line("e1", product="tea"), line("e3", user="zoe"), line("r", "void", user="bob")), stand) == {
        "ann", "zoe", "bob",
    }  # fmt: skip
    assert unlike(lines(line("e4", user=None)), stand) == set()
