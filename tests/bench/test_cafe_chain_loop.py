"""The loop through the product's verbs, on a chain of a few members and one week; its tills and its push scheduler."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from bench.cafe.chain_loop import EVENING, PLAN_AT, Chain
from bench.cafe.checkout import Tills
from bench.cafe.customers import as_table, day_events, true_cents
from bench.cafe.people import build_truth
from bench.cafe.push import push
from bench.demo_models import learn
from offers.answers import Answer, Offer
from river import steps
from settings import Settings
from tests.house.rooms import ROOT
from training.lake import read_events

UNTIL = date(2025, 12, 1)
N = 300
TRUTH = build_truth(5, N, UNTIL)
DAY = date(2025, 12, 2)


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    settings = Settings(home=tmp_path_factory.mktemp("chain"), campaigns=ROOT / "campaigns", seed=5)
    chain, told, bars = Chain(settings, 60, 1, UNTIL), [], []
    weeks = chain.run(lambda *bar: bars.append(bar), told.append)
    return chain, weeks, told, bars


def offer(member: int, cents: int = 300, hour: int = 8) -> Offer:
    at = datetime(2025, 12, 2, hour + 5, tzinfo=UTC)  # New York in winter
    return Offer(
        f"off-{member}", f"code-{member}", "cafe", f"member-{member:06d}", "iced-americano", "canal-row", cents, 600, "USD",
        at - timedelta(hours=14), at, at + timedelta(hours=2), {}, "dec", "issued",
    )  # fmt: skip


def test_a_week_is_played_told_and_measured(played):
    chain, weeks, told, bars = played
    assert weeks == told
    assert [week.number for week in weeks] == [1]
    assert bars[-1] == ("days of the café", 7, 7)
    week = weeks[0]
    assert week.sent > 100
    assert week.sent > week.redeemed > 10
    assert max(week.policy, *week.uniform) <= week.oracle
    assert len(chain.who) < 60


def test_what_was_redeemed_stands_once_in_the_ledger_and_once_in_the_lake(played):
    chain, (week,), _, _ = played
    assert steps.verify_ledger(chain.settings)["differences"] == []
    with steps.open_desk(chain.settings) as desk:
        late = desk.pending_events(1000)
    events = read_events(chain.settings.lake).collect()
    used = events.filter(pl.col.event_type == "redemption")["event_id"].to_list()
    used += [event["event_id"] for _, event in late if event["event_type"] == "redemption"]
    # The eve of the day after the last is lived too, after its week was counted.
    assert week.redeemed <= len(set(used)) == len(used) <= week.redeemed + 10
    assert all(name.startswith("redemption:") for name in used)
    bought = events.filter((pl.col.event_type == "purchase") & pl.col.coupon_id.is_not_null())
    assert {f"redemption:{name}" for name in bought["coupon_id"]} == set(used)
    assert (bought["discount_cents"] > 0).all()


def test_nothing_is_left_to_send_and_the_holdout_got_nothing(played):
    chain, day = played[0], UNTIL - timedelta(days=1)
    last = datetime.combine(day - timedelta(days=1), PLAN_AT)
    with steps.open_desk(chain.settings) as desk:
        assert push(desk, last - timedelta(days=7), last + timedelta(hours=EVENING)) == []
    told = [steps.decision(chain.settings, "cafe", day, f"member-{k:06d}") for k in range(60)]
    held = [k for k, reason in enumerate(told) if reason.startswith("holdout")]
    assert held
    assert not set(held) & set(chain.who.tolist())


def test_a_training_on_what_is_known_already_promotes_nothing_twice(played):
    chain = played[0]
    at = datetime.combine(chain.first - timedelta(days=1), PLAN_AT)
    again = learn(chain.settings, at, at, lambda *_: None)
    same, when = again.verdicts
    assert same == f"{again.trained.version} serves already: the same purchases give the same artifact"
    # What was refused is judged again, by the same weeks.
    assert when.startswith(f"promotion of when {again.trained.when_version}: no week could be held out")


def test_customers_use_coupons_at_the_store_in_the_window_and_guests_never():
    offers = [offer(member) for member in range(N)]
    events = day_events(TRUTH, DAY, offers)
    used = events.filter(pl.col.event_type == "redemption")
    assert 3 < len(used) < N
    assert used["store_id"].unique().to_list() == ["canal-row"]
    assert used["occurred_at"].min() >= offers[0].valid_from
    assert used["occurred_at"].max() < offers[0].valid_until
    guests = events.filter(pl.col.user_id.is_null())
    assert len(guests) > 5
    assert guests["coupon_id"].null_count() == len(guests)
    assert events.equals(day_events(TRUTH, DAY, offers))


def test_without_offers_nobody_redeems_and_nothing_is_earned():
    events = day_events(TRUTH, DAY, [])
    assert "redemption" not in events["event_type"].to_list()
    assert as_table([]).is_empty()
    assert true_cents(TRUTH, []) == 0.0
    # A member whose offer never reached them lives the day as without one.
    ann = pl.col.user_id == "member-000003"
    assert day_events(TRUTH, DAY, [offer(5)]).filter(ann).equals(events.filter(ann))


class Desk:
    """A desk that refuses the coupons in `no`, and keeps what it was asked."""

    def __init__(self, no: set[str]) -> None:
        self.no, self.asked = no, []

    def _answer(self, kind, code, ask, key, now):
        self.asked.append((kind, code, ask, key, now))
        return Answer(code not in self.no, {"reason": "out_of_stock"} if code in self.no else {})

    def redeem(self, *asked):
        return self._answer("redeem", *asked)

    def reverse(self, *asked):
        return self._answer("reverse", *asked)


def test_a_refused_coupon_leaves_the_full_price_and_a_refund_is_taken_back():
    events = day_events(TRUTH, DAY, [offer(member) for member in range(N)])
    used = events.filter(pl.col.event_type == "redemption")
    paid, refused = used["coupon_id"][0], used["coupon_id"][1]
    line = (pl.col.coupon_id == paid) & (pl.col.event_type == "purchase")
    back = events.filter(line).with_columns(event_type=pl.lit("refund"), event_id=pl.lit("back"))
    late = pl.col.occurred_at + timedelta(minutes=25)
    rows = pl.concat([events, back.with_columns(occurred_at=late)])
    codes = {name: name.replace("off", "code") for name in used["coupon_id"]}
    desk = Desk({codes[refused]})
    tills = Tills(desk)
    told = tills.ring_up(rows, codes)
    assert tills.n_redeemed == len(used) - 1
    assert tills.n_reversed == 1
    assert tills.refused == {"out_of_stock": 1}
    assert "redemption" not in told["event_type"].to_list()
    assert len(told) == len(rows) - len(used)
    order = used.filter(pl.col.coupon_id == refused)["order_id"][0]
    full = told.filter(pl.col.order_id == order)
    assert full["discount_cents"].sum() == 0
    assert full["coupon_id"].null_count() == len(full)
    assert told.filter(pl.col.coupon_id == paid)["discount_cents"].to_list() == [300, 300]
    ask = next(ask for kind, code, ask, _, _ in desk.asked if kind == "redeem" and code == codes[paid])
    assert ("iced-americano", 600) in {(one.product_id, one.unit_price_cents) for one in ask.lines}
    assert [kind for kind, code, *_ in desk.asked if code == codes[paid]] == ["redeem", "reverse"]
    assert len({key for _, _, _, key, _ in desk.asked}) == len(desk.asked)
