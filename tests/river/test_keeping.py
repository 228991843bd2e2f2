"""The follower, look by look. That what it writes is what features say: the walks of `tests/flow/test_features_recomputed.py`."""

import os
from contextlib import closing
from datetime import timedelta

import polars as pl
import pytest
import redis

from embedded.filled import Filled
from models.history import History
from people.identity import receipt
from river.erasing import erase_person
from river.keeping import AGAIN_MS, Keeper
from river.links import take_links
from river.steps import open_desk
from serving.inbox import mark_absorbed, take
from serving.tables import prepare
from settings import Settings
from tests import world
from tests.suites.settled import settle
from tests.training.test_held import AT, line
from training.lake import append_events
from training.parts import write_whole

HOUR = timedelta(hours=1)


class Rows:
    """Histories in memory; `down` makes writing fail."""

    def __init__(self):
        self.of, self.n_written, self.down = {}, 0, False

    def change(self, names, how):
        if self.down:
            raise redis.ConnectionError("down")
        for name in names:
            stood = self.of.get(name, History.empty())
            if (new := how(name, stood)) is not stood:
                self.of[name] = new
                self.n_written += 1

    def drop(self, names):
        for name in names:
            self.of.pop(name, None)

    def products(self, name):
        return self.of[name].product_ids if name in self.of else None


class Marks:
    """As `embedded.filled.Filling`, of `Rows`."""

    def __init__(self):
        self.is_whole, self.is_pledged, self.at = True, False, None

    def stands(self):
        return Filled(self.is_whole, self.is_whole)

    def begin(self):
        self.is_pledged = True

    def end(self, at, others=True):
        assert not others
        self.at = at
        self.is_whole, self.is_pledged = self.is_pledged, False
        return self.is_whole


class Place:
    """A home with one line of ann's in the lake, and its follower."""

    def __init__(self, settings, desk):
        self.settings, self.engine, self.rows, self.gone, self.now = settings, desk.journal.engine, Rows(), [], AT
        self.marks = Marks()
        prepare(self.engine)
        write_whole(settings.lake / "stores.parquet", world.stores())
        append_events(settings.lake, pl.DataFrame([{**line("e0", order="0"), "occurred_at": AT - 30 * 24 * HOUR}]))

    def keeper(self):
        return closing(Keeper(self.settings, self.engine, self.rows, self.gone.extend, lambda: self.now, self.marks))

    def send(self, *records):
        take(self.engine, records, self.now)

    def link(self, one, other):
        row = {"identity": one, "other": other, "evidence": f"leaflet {len(one)}", "occurred_at": AT}
        assert take_links(self.settings, [row], "links.csv", AT).accepted == 1


@pytest.fixture
def place(tmp_path):
    settings = Settings(home=tmp_path)
    with open_desk(settings) as desk:
        yield Place(settings, desk)


def test_a_late_purchase_and_what_came_back_are_seen_and_a_push_is_not_repeated(place):
    with place.keeper() as keeper:
        place.send(line("e1", product="tea"))
        assert (keeper.look(), place.rows.of) == (0, {})
        place.send(line("e2", product="bagel", day=-1), line("v", "view", day=-1))
        assert keeper.look() == 1
        assert place.rows.products("ann") == ("bagel", "latte", "tea")
        place.send(line("r", "refund", product="tea"), line("r2", "void", user=None, order="0"))
        keeper.look()
        assert place.rows.products("ann") == ("bagel",)


def test_out_of_order_a_refund_before_its_purchase(place):
    with place.keeper() as keeper:
        place.send(line("r", "refund", product="tea", order="5"))
        keeper.look()
        place.send(line("e1", product="tea", order="5"))
        keeper.look()
        assert place.rows.products("ann") == ("latte",)


def test_whoever_was_reckoned_is_looked_at_once_more_and_the_same_is_not_written(place):
    with place.keeper() as keeper:
        place.send(line("e1", product="tea", day=-1))
        keeper.look()
        written = place.rows.of["ann"]
        # A push that knew nothing of it wrote what it had read before.
        place.rows.of["ann"] = History.empty()
        place.now += timedelta(milliseconds=AGAIN_MS - 1)
        keeper.look()
        assert place.rows.products("ann") == ()
        place.now += timedelta(milliseconds=1)
        keeper.look()
        assert place.rows.of["ann"].product_ids == written.product_ids
        assert place.rows.n_written == 2
        place.now += HOUR
        keeper.look()
        assert place.rows.n_written == 2


def test_a_purchase_that_came_while_somebody_was_reckoned_is_not_lost(place):
    with place.keeper() as keeper:
        place.send(line("e1", product="tea", day=-1))
        keeper.look()
        place.send(line("e2", product="bagel"))
        keeper.look()
        assert place.rows.products("ann") == ("bagel", "latte", "tea")


def test_a_merge_makes_one_row_of_two_and_a_claimed_ticket_counts_at_once(place):
    with place.keeper() as keeper:
        place.send(line("e1", user="zoe", product="tea", day=-1), line("e2", user=None, order="7", product="bagel"))
        keeper.look()
        assert place.rows.products("zoe") == ("tea",)
        place.link("zoe", "card:1")
        place.link(receipt("soho", "7"), "zoe")
        keeper.look()
        assert place.rows.products("zoe") == ("bagel", "tea")
        place.send(line("e3", user=None, order="7", product="mocha"))
        keeper.look()
        assert place.rows.products("zoe") == ("bagel", "mocha", "tea")


def test_an_id_that_became_somebodys_has_no_row_of_its_own(place):
    with place.keeper() as keeper:
        place.send(line("e1", user="card:1", product="tea", day=-1))
        reference = keeper._references.of("card:1")
        place.rows.of[reference] = History.empty()
        place.link("card:1", "ann")
        keeper.look()
        assert (place.rows.products(reference), place.rows.products("ann")) == (None, ("latte",))


def test_what_could_not_be_written_is_owed(place):
    with place.keeper() as keeper:
        place.send(line("e1", product="tea", day=-1))
        place.rows.down = True
        with pytest.raises(redis.ConnectionError):
            keeper.look()
        place.rows.down = False
        assert keeper.look() == 1
        assert place.rows.products("ann") == ("latte", "tea")


def test_whoever_comes_next_begins_with_all_that_waits(place):
    place.send(line("e1", product="tea", day=-1))
    place.link("card:1", "bob")
    place.send(line("e2", user="bob", product="bagel"))
    with place.keeper() as keeper:
        keeper.look()
        assert place.rows.products("ann") == ("latte", "tea")
        assert place.rows.products("bob") == ("bagel",)


def test_nobody_who_was_erased_comes_back(place):
    with place.keeper() as keeper:
        erase_person(place.settings, "ann", "shell:ada", AT)
        place.send(line("e1", product="tea", day=-1))
        keeper.look()
        assert place.gone == ["ann"]


def test_whose_event_the_lake_refused_is_reckoned_without_it(place):
    with place.keeper() as keeper:
        # Another event than the lake's under its id, by who is new and as a push writes it; and a good one.
        place.send(line("e0", user="ghost", product="tea"), line("e1", user="bob", product="bagel"))
        place.rows.of["ghost"] = History.of(["tea"], [1.0], [1.0], [1], [1], 1)
        assert keeper.look() == 0
        refused = place.settings.lake / "quarantine"
        refused.mkdir()
        append_events(
            place.settings.lake, pl.DataFrame([{**line("e1", user="bob", product="bagel"), "occurred_at": AT}])
        )
        mark_absorbed(place.engine, [1, 2], AT)
        settle(keeper._stock)
        assert keeper.look() == 1
        assert (place.rows.products("ghost"), place.rows.products("bob")) == ((), None)


def test_that_the_lake_refused_all_is_seen_too(place):
    refused = place.settings.lake / "quarantine"
    refused.mkdir()
    with place.keeper() as keeper:
        place.send(line("e0", user="ghost", product="tea", day=-1))
        keeper.look()
        assert place.rows.products("ghost") == ("tea",)
        mark_absorbed(place.engine, [1], AT)
        os.utime(refused, (1, 1))
        settle(keeper._stock)
        keeper.look()
        assert place.rows.products("ghost") == ()


def test_an_emptied_store_is_filled_again_and_what_was_pushed_since_is_whole(place):
    with place.keeper() as keeper:
        place.send(line("e1", product="tea", day=-1), line("e2", user="zoe", product="bagel"))
        place.link("card:1", "zoe")
        keeper.look()
        place.marks.is_whole, place.rows.of = False, {}
        # Pushed on nothing: the only visit of somebody who has others.
        place.send(line("e3", product="mocha"))
        place.rows.of["ann"] = History.of(["mocha"], [1.0], [1.0], [1], [1], 1)
        assert keeper.look() >= 2
        assert place.rows.products("ann") == ("latte", "mocha", "tea")
        assert place.rows.products("zoe") == ("bagel",)
        assert place.marks.is_whole
        assert keeper.look() == 0


def test_a_purchase_that_came_while_everybody_was_reckoned_is_found_by_the_next_look(place):
    with place.keeper() as keeper:
        place.marks.is_whole = False
        keeper.look()
        # Its push was overwritten by what was reckoned without it.
        place.send(line("e1", product="tea"))
        assert keeper.look() == 1
        assert place.rows.products("ann") == ("latte", "tea")
        place.send(line("e2", product="bagel"))
        assert keeper.look() == 1, "looked at once more"
        place.now += HOUR
        keeper.look()
        place.send(line("e3", product="mocha"))
        assert keeper.look() == 0


def test_what_fails_midway_is_filled_from_the_start_and_not_whole_before(place):
    with place.keeper() as keeper:
        place.marks.is_whole, place.rows.down = False, True
        with pytest.raises(redis.ConnectionError):
            keeper.look()
        assert not place.marks.is_whole
        place.rows.down = False
        assert keeper.look() == 1
        assert place.marks.is_whole


def test_nobody_who_was_erased_comes_back_with_the_others(place):
    place.send(line("e1", user="bob", product="tea"))
    with place.keeper() as keeper:
        erase_person(place.settings, "ann", "shell:ada", AT)
        place.marks.is_whole = False
        keeper.look()
        assert place.rows.products("bob") == ("tea",)
        assert set(place.gone) == {"ann"} or "ann" not in place.rows.of
