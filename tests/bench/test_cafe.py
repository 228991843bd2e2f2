from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from bench.cafe.arms import Windows
from bench.cafe.chain import UNTIL, closes_at, history, simulate_nothing, simulate_response, write_input_tables
from bench.cafe.members import FOREVER, user_id
from bench.cafe.menu import PART_OF_HOUR, menu
from bench.cafe.offers import read_offers
from bench.cafe.people import ANYWAY, PERSUADABLE, build_truth, with_responses
from bench.cafe.truth import KINDS
from feature_repo.events import CHANNELS, EVENT_COLUMNS, EVENT_TYPES, MAX_ID_LENGTH, REQUIRED
from offers.campaign_file import load_campaign
from training.ingest import ingest

NEW_YORK = ZoneInfo("America/New_York")
CLOCKS_CHANGE = datetime(2025, 11, 2, 6, tzinfo=UTC)


def purchases(events):
    return events.filter(pl.col.event_type == "purchase")


def offers_to(truth, members, product, days, discount_cents=300, hour=8, hours=1):
    """One offer per member and day, at the member's home store."""
    rows = []
    for member, day in zip(members, days, strict=True):
        store = truth.members.home[member]
        begin = datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(truth.menu.zones[store]))
        rows.append(
            {
                "user_id": user_id(int(member)),
                "product_id": product,
                "store_id": truth.menu.store_ids[store],
                "discount_cents": discount_cents,
                "valid_from": begin.astimezone(UTC),
                "valid_until": begin.astimezone(UTC) + timedelta(hours=hours),
                "coupon_id": f"c-{member}-{day}",
            }
        )
    return pl.DataFrame(rows)


def gains_cents(truth, told, untouched):
    """int64: the change in margin of each order; an order keeps its id, whatever the offer does to it."""
    cost = pl.DataFrame({"product_id": truth.menu.product_ids, "cost": truth.menu.cost_cents})
    margin = (pl.col.unit_price_cents - pl.col.discount_cents - pl.col.cost).sum().alias("margin")
    with_offer, without = (
        purchases(e).join(cost, on="product_id").group_by("order_id").agg(margin) for e in (told, untouched)
    )
    both = with_offer.join(without, on="order_id", how="full").fill_null(0)
    return (both["margin"] - both["margin_right"]).to_numpy()


def test_same_seed_same_bytes(tmp_path):
    first, again, other = (
        write_input_tables(tmp_path / name, seed, n_members=80, n_weeks=2)
        for name, seed in (("a", 7), ("b", 7), ("c", 8))
    )
    assert set(first) == {"events", "products", "stores", "assortment"}
    for name in first:
        assert first[name].read_bytes() == again[name].read_bytes(), name
    assert first["events"].read_bytes() != other["events"].read_bytes()
    read = pl.read_parquet(first["events"])
    assert read.columns == [c.name for c in EVENT_COLUMNS]
    assert read.schema["occurred_at"] == pl.Datetime("us", "UTC")


def test_the_lake_takes_every_row(tmp_path):
    paths = write_input_tables(tmp_path / "in", 7, n_members=60, n_weeks=2)
    reports = ingest(tmp_path / "lake", **paths, now=datetime(2025, 12, 1, tzinfo=UTC))
    assert {report.table for report in reports} == set(paths)
    for report in reports:
        assert report.accepted == report.rows > 0, report
        assert not report.warnings, report


def test_the_cafes_campaign_can_send_the_flagship():
    campaign = load_campaign(Path(__file__).parents[2] / "campaigns", "cafe")
    it = menu()
    product = it.product_ids.index("iced-americano")
    assert campaign.depth.ladder_cents == (100, 200, 300)
    assert it.price_cents[0, product] - 300 >= it.cost_cents[product] * (1 + campaign.depth.min_margin_share)


def test_more_members_and_weeks_change_nobodys_past():
    few, many = history(build_truth(3, 50, UNTIL), 2), history(build_truth(3, 70, UNTIL), 3)
    start = closes_at(build_truth(3, 1, UNTIL)) - timedelta(weeks=2)
    # Local days start after UTC days in America, so the longer history's earlier days end after `start`.
    safe = pl.col.user_id.is_in([user_id(k) for k in range(50)]) & (pl.col.occurred_at >= start + timedelta(hours=9))
    assert len(few.filter(safe)) > 100
    assert few.filter(safe).equals(many.filter(safe))


def test_counts_are_those_of_a_coffee_chain(events, truth):
    known = purchases(events).filter(pl.col.user_id.is_not_null())
    visits = known["order_id"].n_unique() / len(truth.members) / 12
    assert 1.5 < visits < 3
    anonymous = purchases(events).filter(pl.col.user_id.is_null())["order_id"].n_unique()
    assert 0.2 < anonymous / purchases(events)["order_id"].n_unique() < 0.27
    assert known["user_id"].n_unique() > 0.9 * len(truth.members)
    kinds = dict(events.group_by("event_type").len().iter_rows())
    assert set(kinds) == {"purchase", "view", "cart", "refund", "void"}
    assert 0 < kinds["refund"] + kinds["void"] < 0.02 * kinds["purchase"]
    assert kinds["view"] > kinds["cart"] > 1000


def test_events_keep_the_schema(events, truth):
    assert events["event_id"].is_unique().all()
    assert set(events["event_type"]) <= set(EVENT_TYPES)
    assert set(events["channel"]) <= set(CHANNELS)
    for kind, names in REQUIRED.items():
        assert events.filter(pl.col.event_type == kind).select(names).null_count().row(0) == (0,) * len(names)
    assert events.select(pl.col(pl.String).str.len_chars().max()).max_horizontal().item() <= MAX_ID_LENGTH
    assert set(events["product_id"]) <= set(truth.menu.product_ids)
    assert set(events["store_id"]) == set(truth.menu.store_ids)
    assert set(events["user_id"].drop_nulls()) <= {user_id(k) for k in range(len(truth.members))}
    assert events["occurred_at"].is_sorted()
    assert events["occurred_at"].max() < closes_at(truth)
    assert (
        purchases(events)
        .select("order_id", "quantity", "unit_price_cents", "channel")
        .null_count()
        .sum_horizontal()
        .item()
        == 0
    )


def test_purchases_fall_into_the_stores_own_opening_hours(events, truth):
    for store, zone, is_open in zip(truth.menu.store_ids, truth.menu.zones, truth.menu.open, strict=True):
        hours = purchases(events).filter(pl.col.store_id == store)["occurred_at"].dt.convert_time_zone(zone).dt.hour()
        assert len(hours) > 1000
        assert set(hours) == set(np.flatnonzero(is_open).tolist())


def test_a_look_comes_before_the_drink_bought_over_the_counter(events):
    counter = purchases(events).filter((pl.col.channel == "store") & pl.col.user_id.is_not_null())
    looks = events.filter(pl.col.event_type == "view").select("user_id", "product_id", seen="occurred_at")
    pairs = counter.join(looks, on=["user_id", "product_id"])
    within = pairs.filter((pl.col.occurred_at - pl.col.seen).is_between(timedelta(0), timedelta(hours=1)))
    assert within["order_id"].n_unique() > 0.15 * counter["order_id"].n_unique()


@pytest.mark.parametrize(("member", "product"), [(PERSUADABLE, "iced-americano"), (ANYWAY, "latte")])
def test_the_known_members_come_at_8_on_both_sides_of_the_clock_change(events, member, product):
    theirs = purchases(events).filter((pl.col.user_id == user_id(member)) & (pl.col.product_id == product))
    assert (theirs["store_id"] == "canal-row").mean() > 0.9
    for side, utc_hour in ((pl.col.occurred_at < CLOCKS_CHANGE, 12), (pl.col.occurred_at >= CLOCKS_CHANGE, 13)):
        moments = theirs.filter(side)["occurred_at"]
        assert len(moments) >= 3
        assert moments.dt.convert_time_zone(str(NEW_YORK)).dt.hour().mode().to_list() == [8]
        assert moments.dt.hour().mode().to_list() == [utc_hour]
        assert (moments.dt.convert_time_zone(str(NEW_YORK)).dt.weekday() <= 5).mean() > 0.9


def test_history_does_not_depend_on_responses(truth, events):
    exchanged = with_responses(truth, np.random.default_rng(1).permutation(len(truth.members)))
    assert (exchanged.kind != truth.kind).mean() > 0.5
    assert history(exchanged, 12).equals(events)


def test_no_table_tells_the_truth(tmp_path):
    paths = write_input_tables(tmp_path, 7, n_members=60, n_weeks=1)
    assert pl.read_parquet(paths["events"])["coupon_id"].is_null().all()
    assert not pl.read_parquet(paths["events"])["discount_cents"].sum()
    for path in paths.values():
        text = path.read_bytes().lower()
        assert not [word for word in (*KINDS, "persuad", "slope", "threshold", "annoy") if word.encode() in text]


def test_progress_is_told(truth):
    told = []
    history(truth, 1, lambda *what: told.append(what))
    assert told[-1] == ("café days", 7, 7)
    assert len(told) == 7


def test_a_persuaded_member_redeems_as_often_as_the_truth_says(truth):
    days = [UNTIL + timedelta(days=7 * k) for k in range(600)]
    offers = offers_to(truth, [PERSUADABLE] * 600, "iced-americano", days)
    arms, _, _ = read_offers(truth, offers)
    told = simulate_response(truth, offers, np.random.default_rng(5))
    redeemed = told.filter(pl.col.event_type == "redemption")
    p = truth.p_visit_and_buy(arms, 300)[0]
    assert p > 0.8
    assert abs(len(redeemed) / 600 - p) < 4 * np.sqrt(p * (1 - p) / 600)
    untouched = simulate_nothing(truth, offers, np.random.default_rng(5))
    inside = purchases(untouched).filter(
        (pl.col.product_id == "iced-americano")
        & (pl.col.occurred_at.dt.convert_time_zone(str(NEW_YORK)).dt.hour() == 8)
        & (pl.col.store_id == "canal-row")
    )
    nothing = truth.p_visit_and_buy(arms, 0)[0]
    assert abs(len(inside) / 600 - nothing) < 4 * np.sqrt(nothing * (1 - nothing) / 600)


def test_redemptions_carry_their_coupon_and_order(truth):
    offers = offers_to(truth, [PERSUADABLE] * 50, "iced-americano", [UNTIL + timedelta(days=7 * k) for k in range(50)])
    told = simulate_response(truth, offers, np.random.default_rng(5))
    lines = purchases(told).filter(pl.col.coupon_id.is_not_null())
    redeemed = told.filter(pl.col.event_type == "redemption")
    assert len(lines) == len(redeemed) > 30
    both = lines.join(
        redeemed, on=["order_id", "coupon_id", "user_id", "product_id", "store_id", "occurred_at", "channel"]
    )
    assert len(both) == len(lines)
    assert set(lines["discount_cents"]) == {300}
    joined = redeemed.join(offers, on="coupon_id")
    assert len(joined) == len(redeemed)
    assert joined.select(
        ((pl.col.occurred_at >= pl.col.valid_from) & (pl.col.occurred_at < pl.col.valid_until)).all()
    ).item()
    others = purchases(told).filter(pl.col.coupon_id.is_null())
    assert not others["discount_cents"].sum()
    assert told.schema["occurred_at"] == pl.Datetime("us", "UTC")


@pytest.mark.parametrize(("product", "hour"), [("usual drink", 8), ("egg-sandwich", 8), ("usual drink", 15)])
def test_lift_in_margin_is_what_the_truth_says(truth, product, hour):
    """Offers that persuade, to people who often come at another hour or for another product: visits are cannibalised."""
    days = [UNTIL + timedelta(days=k) for k in range(7 * 30)]
    likely = (
        truth.members.visit.mean(axis=1)
        * (truth.slope > 3)
        * (truth.threshold < 0.35)
        * (truth.members.fades == FOREVER)
    )
    members = np.argsort(-likely)[:25]
    rows = []
    for member in members:
        drinks = truth.members.pick[member, PART_OF_HOUR[hour]] * ~truth.menu.is_food
        bought = truth.menu.product_ids[drinks.argmax()] if product == "usual drink" else product
        rows.append(offers_to(truth, [member] * len(days), bought, days, 250, hour, 2))
    offers = pl.concat(rows)
    told, untouched = (f(truth, offers, np.random.default_rng(11)) for f in (simulate_response, simulate_nothing))
    expected = truth.incremental_margin_cents(read_offers(truth, offers)[0], 250).sum()
    gains = gains_cents(truth, told, untouched)
    assert abs(gains.sum() - expected) < 4 * np.sqrt((gains.astype(float) ** 2).sum())


def test_put_off_members_stay_away(truth):
    members = np.flatnonzero((truth.kind == KINDS.index("put_off")) & (truth.members.visit[:, 1] > 0.5))
    days = np.repeat([UNTIL + timedelta(days=1 + 7 * k) for k in range(20)], len(members))
    offers = offers_to(truth, np.tile(members, 20), "oat-latte", days, 100)
    told, untouched = (f(truth, offers, np.random.default_rng(2)) for f in (simulate_response, simulate_nothing))
    assert purchases(told)["order_id"].n_unique() < 0.9 * purchases(untouched)["order_id"].n_unique()


def test_the_flagship_offer_earns_and_the_faithful_one_does_not(truth):
    americano, latte = (truth.menu.product_ids.index(p) for p in ("iced-americano", "latte"))
    tuesday = np.datetime64(UNTIL) + 1
    ladder = np.array([0, 100, 200, 300])
    flagship = truth.incremental_margin_cents(Windows.of(PERSUADABLE, americano, 0, tuesday, [8] * 4, 9), ladder)
    assert flagship.argmax() == 3
    assert flagship[3] > 100
    faithful = truth.incremental_margin_cents(Windows.of(ANYWAY, latte, 0, tuesday, [8] * 4, 9), ladder)
    assert faithful.argmax() == 0
    assert faithful[0] == 0
