"""From the ledger and the lake to what users answered: derived whole, again and again, whatever came late."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
import sqlalchemy as sa

from models.answered import Own
from models.response_classes import Offered
from models.response_model import in_use
from offers.book import Line
from offers.tables import coupons, decisions
from river import answers as room
from river import steps
from river.answers import absorb_answers
from river.refreshing import Refreshed
from settings import Settings
from tests import world
from tests.offers.desk_world import AT, DAY, FROM, OVER, PLANNED, SOHO, TICK, UNTIL, ask, campaign, code_of, offered
from training.answers import read_answers
from training.lake import append_events, read_events, read_table
from training.response_gate import promote_response
from training.response_train import train_response
from training.sales import sales
from training.train import train

USERS = ("ann", "bob", "dan")


def silent(what, done, total):
    pass


@pytest.fixture
def settings(tmp_path):
    """Of three with an offer bob alone used his. On the 4th bob is in soho for a bagel anyway, nobody else is."""
    made = Settings(home=tmp_path)
    world.fill(made.lake)
    with steps.open_desk(made) as desk:
        desk.open(campaign(100_000, reserve=0), [SOHO], PLANNED)
        desk.issue("c", [offered(user) for user in USERS], PLANNED)
        assert desk.redeem(code_of(desk, "bob"), ask(), "r", AT).ok
    return made


def absorbed(settings, now=OVER):
    with steps.open_desk(settings) as desk:
        return absorb_answers(settings, desk, now)


def view(settings, through):
    rows = pl.read_parquet(settings.features / "user_responses.parquet").filter(event_timestamp=through)
    return {row["user_id"]: (row["bought"], row["came"]) for row in rows.iter_rows(named=True)}


def test_before_the_day_is_over_nobody_answered(settings):
    assert absorbed(settings, OVER - TICK) == (0, {"open": 3})
    assert read_answers(settings.lake).is_empty()


def test_deriving_again_changes_nothing(settings):
    assert absorbed(settings) == (3, {})
    first = (settings.lake / "answers.parquet").read_bytes()
    assert absorbed(settings) == (3, {})
    assert (settings.lake / "answers.parquet").read_bytes() == first


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_batches_are_one_table(settings, monkeypatch, batch):
    absorbed(settings)
    whole = read_answers(settings.lake)
    monkeypatch.setattr(room, "_BATCH", batch)
    assert absorbed(settings) == (3, {})
    assert read_answers(settings.lake).equals(whole)


def test_a_refresh_takes_answers_up_and_tells_of_them(settings):
    through = OVER + TICK
    done = steps.refresh_features(settings, through, through, silent)
    assert isinstance(done, Refreshed)
    assert (done.n_answered, done.unanswered) == (3, {})
    assert done.online["user_responses"] == 3
    assert view(settings, through) == {
        "ann": ([False], [False]),
        "bob": ([True], [True]),
        "dan": ([False], [False]),
    }
    again = steps.refresh_features(settings, through, through, silent)
    assert (again.n_answered, again.unanswered, again.online) == (3, {}, done.online), (
        "the sweep after it changes nothing"
    )


def test_at_the_very_moment_an_answer_is_not_known_yet(settings):
    assert steps.refresh_features(settings, OVER, OVER, silent).online["user_responses"] == 0


def test_what_comes_late_is_taken_in(settings):
    """Ann's visit of the 4th arrives a week later, and bob gives his latte back; who is erased is gone."""
    through, later = OVER + TICK, OVER + timedelta(days=7)
    steps.refresh_features(settings, through, through, silent)
    late = {"event_id": "late", "event_type": "purchase", "product_id": "mocha", "store_id": "soho", "quantity": 1}
    append_events(settings.lake, pl.DataFrame([{**late, "user_id": "ann", "occurred_at": AT}]))
    with steps.open_desk(settings) as desk:
        with desk.journal.write() as connection:
            code = connection.execute(sa.select(coupons.c.code).where(coupons.c.user_id == "bob")).scalar_one()
            for table in (coupons, decisions):
                connection.execute(sa.update(table).where(table.c.user_id == "dan").values(user_id=None))
        moment = later - timedelta(hours=1)
        assert desk.reverse(code, ask(lines=(Line("latte"),), till_time=moment), "b", moment).ok
    done = steps.refresh_features(settings, later, later, silent)
    assert (done.n_answered, done.unanswered) == (2, {"erased": 1})
    # Of dan an older row doesn't go on speaking; whoever erases takes all of his out.
    assert view(settings, later) == {"ann": ([False], [True]), "bob": ([False], [True]), "dan": ([], [])}
    assert "dan" not in read_answers(settings.lake)["user_id"].to_list()


def test_a_home_without_a_ledger_or_an_offer(tmp_path):
    settings = Settings(home=tmp_path)
    world.fill(settings.lake)
    done = steps.refresh_features(settings, world.END, world.END, silent)
    assert (done.n_answered, done.unanswered, done.online["user_responses"]) == (0, {}, 0)
    assert view(settings, world.END) == {}


def test_training_tells_how_many_answered(settings):
    steps.refresh_features(settings, world.END, world.END, silent)
    done = train(settings, through=world.END)
    assert done.response_version is None
    assert any("3 answered offers, 200 are needed" in note for note in done.notes)


def test_the_loop_closes(tmp_path):
    """Sixty people, nine days, one offer a day each; every fourth uses every offer, the others none."""
    settings = Settings(home=tmp_path)
    world.fill(settings.lake)
    with steps.open_desk(settings) as desk:
        desk.open(campaign(10_000_000, reserve=0), [SOHO], PLANNED)
        for n in range(9):
            span = timedelta(days=n)
            at = {"valid_from": FROM + span, "valid_until": UNTIL + span}
            desk.issue("c", [offered(f"u{user:02d}", DAY + span, **at) for user in range(60)], PLANNED)
        for user in range(0, 60, 4):
            for offer in desk.wallet(f"u{user:02d}", PLANNED):
                paid = ask(order_id=offer.offer_id, till_time=offer.valid_from)
                assert desk.redeem(offer.coupon_code, paid, offer.offer_id, offer.valid_from).ok
    now = OVER + timedelta(days=9)
    assert steps.refresh_features(settings, now, now, silent).n_answered == 540
    lines = sales(read_events(settings.lake, now), read_table(settings.lake, "stores"))
    version, told = train_response(settings.shelf, settings.lake, lines, now)
    assert (told, in_use(settings.shelf)) == ((), None)
    done = promote_response(settings, now=now)
    assert (done.version, done.promoted) == (version, True), done.reason
    found = in_use(settings.shelf)
    assert found.version == version
    own = pl.read_parquet(settings.features / "user_responses.parquet").sort("user_id")
    keen, other = (own.row(n, named=True) for n in (0, 1))
    responds = [_own(found, row).weight @ (found.classes.height > 0) for row in (keen, other)]
    assert responds[0] > 0.9 > 0.2 > responds[1]


def _own(response, row):
    offer = Offered(*(np.array(row[name], dtype=np.float64) for name in ("p_buy", "p_come", "share", "fit")))
    part = response.part_of_hour[row["hour"]]
    return Own.of(response.classes, row["product_ids"], part, offer, np.array(row["bought"]), np.array(row["came"]))


def test_offers_of_other_days_wait(settings):
    with steps.open_desk(settings) as desk:
        day = {"valid_from": AT + timedelta(days=1), "valid_until": AT + timedelta(days=1, hours=1)}
        desk.issue("c", [replace(offered("ann", DAY + timedelta(days=1), **day))], PLANNED)
    assert absorbed(settings) == (3, {"open": 1})
    assert absorbed(settings, OVER + timedelta(days=1)) == (4, {})
