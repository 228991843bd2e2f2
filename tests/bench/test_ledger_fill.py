"""A journal that was filled in bulk is one that the desk could have left: it verifies, and what is open can be redeemed."""

import pytest
import sqlalchemy as sa

from bench import ledger_fill
from bench.ledger_fill import fill, moulds
from bench.ledger_pattern import pattern
from bench.ledger_places import places, settle
from bench.ledger_world import CAMPAIGN_ID, Broken, close_whole, issue, open_campaign, open_desk, redeem
from offers.tables import accounts, coupons, entries


@pytest.fixture(scope="module")
def found():
    with places() as both:
        yield {place.name: place for place in both}


@pytest.mark.parametrize("name", ["SQLite", "PostgreSQL"])
def test_a_filled_journal_verifies_and_pays(found, name, monkeypatch):
    monkeypatch.setattr(ledger_fill, "CHUNK", 7)
    desk, told = open_desk(found[name].make("filled")), []
    redeemed, still_open = moulds(desk)
    each, one = redeemed.pattern.n_entries, still_open.pattern.n_entries
    assert each == one + 1
    with desk.journal.read() as connection:
        before = connection.execute(sa.select(accounts).where(accounts.c.campaign_id == CAMPAIGN_ID)).one()
    assert len(fill(desk, redeemed, 20, told.append)) == 20
    assert told == [7, 14, 20]
    codes = fill(desk, still_open, 3, told.append)
    settle(desk.journal.engine)
    for code in codes:
        redeem(desk, code)
    with desk.journal.read() as connection:
        after = connection.execute(sa.select(accounts).where(accounts.c.campaign_id == CAMPAIGN_ID)).one()
        n_open = connection.execute(sa.select(sa.func.count()).where(coupons.c.state == "issued")).scalar_one()
    assert after.spent_cents - before.spent_cents == 23 * 100
    assert after.head_seq - before.head_seq == 20 * each + 3 * one + 3
    assert n_open == 0
    close_whole(desk)


def test_a_filled_journal_is_checked_like_any(tmp_path):
    desk = open_desk(f"sqlite:///{tmp_path / 'l.db'}")
    fill(desk, moulds(desk)[0], 5, lambda n: None)
    with desk.journal.write() as connection:
        last = sa.select(sa.func.max(coupons.c.seq)).scalar_subquery()
        connection.execute(sa.update(coupons).where(coupons.c.seq == last).values(discount_cents=99))
    with pytest.raises(Broken, match="differences"):
        close_whole(desk)


def test_a_refusal_is_no_figure(tmp_path):
    desk = open_desk(f"sqlite:///{tmp_path / 'l.db'}")
    (code,) = issue(desk, ["ann"])
    redeem(desk, code)
    with pytest.raises(Broken, match="unknown_coupon"):
        redeem(desk, "0" * 16)
    open_campaign(desk, "poor", 5)
    with pytest.raises(Broken, match="budget_exhausted"):
        issue(desk, ["ann"], campaign_id="poor")
    with desk.journal.read() as connection:
        kinds = (
            connection.execute(sa.select(entries.c.kind).where(entries.c.campaign_id == CAMPAIGN_ID)).scalars().all()
        )
    assert kinds.count("redeem") == 1


def test_a_change_that_cannot_be_added_up_is_named():
    before = {"entries": {}, "accounts": {("c",): {"campaign_id": "c", "n": 1, "word": "a"}}}
    rows = {("c", 1): {"seq": 1, "offer_id": "off_1"}, ("c", 2): {"seq": 2, "offer_id": "{x} off_1"}}
    risen = {"entries": rows, "accounts": {("c",): {"campaign_id": "c", "n": 4, "word": "a"}}}
    made = pattern(before, risen, ["off_1"])
    assert made.moved == {("accounts", ("c",), "n"): 3}
    assert [row["offer_id"] for row in made.rows("entries", ["off_2"])] == ["off_2", "{x} off_2"]
    assert made.rows("answers", ["off_2"]) == []
    changed = {"entries": rows, "accounts": {("c",): {"campaign_id": "c", "n": 4, "word": "b"}}}
    with pytest.raises(ValueError, match=r"accounts\.word"):
        pattern(before, changed, ["off_1"])
