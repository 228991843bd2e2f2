import asyncio
from datetime import timedelta

import pytest

from offers.answers import Ask
from offers.audit import By
from offers.basket import Line
from offers.desk import open_desk
from serving import keys
from serving.follower_sign import looked
from serving.scrape import Scrape, standing
from tests.offers.desk_world import SOHO, campaign, decision
from tests.serving.fakes import NOW


@pytest.fixture
def shop(world):
    desk = open_desk(world.parts.settings.ledger_url)
    desk.open(campaign(granted=1000), [SOHO], NOW - timedelta(days=1))
    window = {"valid_from": NOW - timedelta(minutes=30), "valid_until": NOW + timedelta(hours=1)}
    desk.issue("c", [decision("ann", **window, send_at=NOW - timedelta(days=1))], NOW - timedelta(days=1))
    (offer,) = desk.wallet("ann", NOW)
    ask = Ask(user_id=None, store_id="soho", order_id="o", lines=(Line("latte", 1, 450, 0),))
    yield world, desk, offer, ask
    desk.journal.close()


def page(world, scrape=None):
    async def read():
        return await (scrape or Scrape()).page(world.parts)

    return asyncio.run(read()).decode()


def test_budgets_are_read_for_the_page(shop):
    world, desk, offer, ask = shop
    desk.hold(offer.coupon_code, ask, "k1", NOW)
    held = page(world)
    assert 'daypart_campaign_remaining_cents{campaign="c"} 900.0' in held
    assert 'daypart_campaign_held_cents{campaign="c"} 100.0' in held
    desk.redeem(offer.coupon_code, ask, "k2", NOW)
    paid = page(world)
    assert 'daypart_campaign_spent_cents{campaign="c"} 100.0' in paid
    assert 'daypart_campaign_remaining_cents{campaign="c"} 900.0' in paid
    assert 'daypart_campaign_stopped{campaign="c"} 0.0' in paid
    assert "daypart_ledger_up 1.0" in paid


def test_a_ledger_that_is_gone_leaves_its_campaigns_out(shop, monkeypatch):
    world, *_ = shop
    monkeypatch.setattr(world.parts.engine, "connect", refuse)
    gone = page(world)
    assert "daypart_ledger_up 0.0" in gone
    assert "campaign=" not in gone
    assert "daypart_requests" in gone


def refuse(*args, **kwargs):
    raise OSError("no such database")


def test_a_ledger_that_is_slow_holds_no_page_up(world, monkeypatch):
    import threading

    release = threading.Event()
    monkeypatch.setattr("serving.scrape.PATIENCE_S", 0.05)
    monkeypatch.setattr("serving.scrape.standing", lambda *_: release.wait(5))
    try:
        assert "daypart_ledger_up 0.0" in page(world)
    finally:
        release.set()


def test_whoever_asks_often_is_not_let_through_to_the_ledger(world, monkeypatch):
    clock, asked = [0.0], []
    monkeypatch.setattr("serving.scrape.standing", lambda *args: asked.append(1) or standing(*args))
    scrape = Scrape(lambda: clock[0])
    for clock[0] in (0.0, 4.9, 5.0):
        page(world, scrape)
    assert len(asked) == 2


def test_files_that_wait_are_counted_and_problems_by_their_code(world):
    inbox = world.parts.settings.home / "inbox"
    inbox.mkdir(exist_ok=True)
    (inbox / "impressions-1-1.csv").write_text("")
    (inbox / "impressions-2-1.csv.part").write_text("")
    world.ask("GET", "/v1/nowhere")
    answer = world.ask("GET", "/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "daypart_inbox_files 1.0" in answer.text
    assert 'daypart_problems_total{code="unknown_path"} 1.0' in answer.text


def test_the_follower_is_told_of_while_there_is_one(world):
    assert "daypart_follower_silent_seconds" not in page(world)
    looked(world.parts.settings.home)
    assert "\ndaypart_follower_silent_seconds " in page(world)


def test_a_scheduler_is_waited_for_until_its_last_key_is_revoked(world):
    """One that has run out counts, as nobody is sent anything by it; one that a rotation replaced doesn't."""
    engine, by = world.parts.engine, By("tests", "given up")

    def told():
        (line,) = [line for line in page(world).splitlines() if line.startswith("daypart_scheduler_keys")]
        return float(line.split()[1])

    assert told() == 1.0, "the world's own"
    first = keys.key_id_of(world.secrets["scheduler"])
    secret = keys.rotate(engine, first, NOW, timedelta(days=1), by)
    keys.create(engine, "app", NOW)
    assert told() == 1.0
    over = keys.create(engine, "scheduler", NOW - timedelta(days=2), expires=NOW - timedelta(days=1))
    assert told() == 2.0
    for one in (secret, over):
        keys.revoke(engine, keys.key_id_of(one), NOW, by)
    assert told() == 0.0
