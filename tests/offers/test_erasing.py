"""What a person leaves in the journal: open offers withdrawn, the rest nobody's, every sum as it was, every chain whole."""

from datetime import date, timedelta

import sqlalchemy as sa

from offers.desk import Desk
from offers.erasing import ERASED, NO_CONSENT, empty_log, make_nobodys, make_old_nobodys, withdraw_open
from offers.journal import Journal
from offers.tables import coupons, decisions, entries
from offers.verify import verify
from people import erasing
from people.consent import permission, say
from people.evidence import link
from people.registry import take
from people.secret import References
from people.tombstones import stones_of
from tests.offers.desk_world import AT, PLANNED, SOHO, ask, campaign, code_of, decision


def desk_of(url):
    desk = Desk(Journal(url))
    desk.open(campaign(granted=10_000), [SOHO], PLANNED)
    desk.issue("c", [decision(user) for user in ("ann", "bob")], PLANNED)
    return desk


def forget(desk, *users):
    withdrawn = withdraw_open(desk.journal, users, ERASED, AT)
    with desk.journal.write() as connection:
        return withdrawn, make_nobodys(connection, users)


def test_an_open_offer_is_withdrawn_and_nobodys(sqlite_url):
    desk = desk_of(sqlite_url)
    assert forget(desk, "ann", "card-1") == (1, {"coupons": 1, "decisions": 1})
    with desk.journal.read() as connection:
        rows = connection.execute(sa.select(coupons.c.user_id, coupons.c.state).order_by(coupons.c.seq)).all()
        assert [tuple(row) for row in rows] == [(None, "released"), ("bob", "issued")]
        assert connection.execute(sa.select(entries.c.reason).where(entries.c.kind == "release")).scalar() == ERASED
        assert connection.execute(sa.select(decisions.c.user_id)).scalars().all() == [None, "bob"]
    assert desk.wallet("ann", AT) == []
    assert verify(desk.journal) == []
    assert forget(desk, "ann", "card-1") == (0, {"coupons": 0, "decisions": 0})
    desk.journal.close()


def test_a_paid_one_keeps_its_money(sqlite_url):
    desk = desk_of(sqlite_url)
    assert desk.redeem(code_of(desk, "ann"), ask(), "r", AT).ok
    before = desk.campaign("c", AT)
    assert forget(desk, "ann") == (0, {"coupons": 1, "decisions": 1})
    with desk.journal.read() as connection:
        # Nobody tried to withdraw it: a refusal would be an entry.
        kinds = connection.execute(sa.select(entries.c.kind).where(entries.c.offer_id.is_not(None))).scalars()
        assert sorted(kinds) == ["issue", "issue", "redeem"]
    assert desk.campaign("c", AT) == before
    assert before["spent_cents"] == 100
    assert verify(desk.journal) == []
    # The outbox still tells the lake of the redemption, and of nobody.
    assert {event["user_id"] for _, event in desk.pending_events(10)} == {None}
    desk.journal.close()


def test_the_log_beside_the_file_is_emptied(sqlite_url, tmp_path):
    desk, log = desk_of(sqlite_url), tmp_path / "ledger.db-wal"
    assert log.stat().st_size > 0
    empty_log(desk.journal.engine)
    assert log.stat().st_size == 0
    desk.journal.close()


def test_a_no_to_offers_withdraws_and_takes_no_name_off(sqlite_url):
    desk = desk_of(sqlite_url)
    assert withdraw_open(desk.journal, ["bob"], NO_CONSENT, AT) == 1
    assert withdraw_open(desk.journal, ["bob"], NO_CONSENT, AT) == 0
    assert (len(desk.wallet("ann", AT)), desk.wallet("bob", AT)) == (1, [])
    assert verify(desk.journal) == []
    desk.journal.close()


def test_only_decisions_before_the_day_and_their_coupons_become_nobodys(sqlite_url):
    desk = desk_of(sqlite_url)
    with desk.journal.write() as connection:
        anns = decisions.c.user_id == "ann"
        connection.execute(sa.update(decisions).where(anns).values(for_date="2024-02-29"))
        for before, n in (("2024-02-29", 0), ("2024-03-01", 1), ("2024-03-01", 0)):
            assert make_old_nobodys(connection, date.fromisoformat(before)) == n
        for table in (decisions, coupons):
            assert set(connection.execute(sa.select(table.c.user_id)).scalars()) == {None, "bob"}
    desk.journal.close()


def test_on_postgres_the_registry_the_journal_and_consent_forget_too(postgres_url, tmp_path):
    desk, references = desk_of(postgres_url), References(tmp_path / "key")
    with desk.journal.write() as connection:
        take(connection, [link("ann", references.of("card:1"), "login", "session", 1)], "t", 1)
        say(connection, references, "ann", {"offers": False, "recommend": True}, "key", 2)
        assert permission(connection, {}, "offers", "opt-out").of("ann") is False
        erasure_id = erasing.ask(connection, references, "ann", "key", 3)
        (ids,) = erasing.under_way(connection).values()
    assert withdraw_open(desk.journal, ids, ERASED, AT) == 1
    with desk.journal.write() as connection:
        erasing.note(
            connection, erasure_id, {**make_nobodys(connection, ids), **erasing.forget(connection, ids, "k", 4)}
        )
        erasing.close(connection, erasure_id, 5)
        (receipt,) = erasing.receipts(connection, [erasure_id])
        assert dict(receipt.counts) == {"coupons": 1, "decisions": 1, "identities": 2, "links": 1, "consent": 2}
        assert set(stones_of(connection, references, ids)) == set(ids)
        say(connection, references, "ann", {"recommend": True}, "key", 9)
        assert stones_of(connection, references, ["ann"])["ann"].returned_us == 9
        assert make_old_nobodys(connection, AT.date() + timedelta(days=1)) == 1
    empty_log(desk.journal.engine)
    assert verify(desk.journal) == []
    desk.journal.close()
