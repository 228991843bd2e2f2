"""What must never happen to money, shown on a real database. Adapters give `url`, a ledger without entries, and
`empty_urls`, a few databases without tables."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from offers.audit import audit
from offers.database import LedgerError
from offers.desk import Desk
from offers.journal import Journal
from offers.tables import accounts, coupons, entries, metadata
from offers.verify import verify
from people.tables import METADATA as PEOPLE
from tests.offers.desk_world import AT, PLANNED, SOHO, UNTIL, ask, campaign, code_of, decision

C_ACCOUNT = sa.update(accounts).where(accounts.c.campaign_id == "c")


def busy_journal(url: str) -> Journal:
    """Coupons in every state."""
    journal = Journal(url)
    desk = Desk(journal)
    desk.open(campaign(), [SOHO], PLANNED)
    desk.issue("c", [decision(user) for user in ("ann", "bob", "cat", "dan", "eve")], PLANNED)
    desk.hold(code_of(desk, "ann"), ask(), "1", AT)
    desk.redeem(code_of(desk, "bob"), ask(order_id="o2"), "2", AT)
    cat = code_of(desk, "cat")
    desk.redeem(cat, ask(order_id="o3"), "3", AT)
    desk.reverse(cat, ask(order_id="o3"), "4", AT)
    desk.withdraw(desk.wallet("dan", PLANNED)[0].offer_id, "operator", AT)
    return journal


class ProofSuite:
    # -- what is stored

    def test_a_whole_journal_verifies(self, url):
        assert verify(busy_journal(url)) == []

    def test_entries_cant_be_changed_or_deleted(self, url):
        journal = busy_journal(url)
        for statement in (sa.update(entries).values(amount_cents=1), sa.delete(entries)):
            with (
                pytest.raises((LedgerError, sa.exc.IntegrityError), match="append-only"),
                journal.write() as connection,
            ):
                connection.execute(statement)
        assert verify(journal) == []

    @pytest.mark.parametrize(
        ("change", "found"),
        [
            (
                sa.update(accounts).where(accounts.c.campaign_id == "c").values(spent_cents=99),
                "spent_cents is 99, the entries say 100",
            ),
            (
                sa.update(accounts).where(accounts.c.campaign_id == "c").values(granted_cents=1001),
                "granted_cents is 1001, the entries say 1000",
            ),
            (sa.update(accounts).values(head_hash="0" * 64), "head_hash is 000"),
            (sa.update(coupons).where(coupons.c.state == "redeemed").values(state="issued"), "state is issued"),
            (sa.update(coupons).where(coupons.c.state == "held").values(held_until=UNTIL), "held_until is"),
            (sa.update(coupons).where(coupons.c.state == "redeemed").values(discount_cents=200), "terms aren't those"),
            (sa.delete(coupons).where(coupons.c.state == "redeemed"), "has no coupon"),
            (sa.delete(accounts), "campaign c has no account"),
        ],
    )
    def test_altered_sums_and_coupons_are_found(self, url, change, found):
        journal = busy_journal(url)
        with journal.write() as connection:
            connection.execute(change)
        assert any(found in line for line in verify(journal)), verify(journal)

    @pytest.mark.parametrize(
        "column",
        [name for name in entries.columns.keys() if name not in ("campaign_id", "hash")],  # noqa: SIM118
    )
    def test_one_altered_value_of_an_entry_is_found(self, url, column):
        """Every table and column is in `tests/offers/test_verify.py`; here on both databases."""
        journal = busy_journal(url)
        new = {
            "seq": 98,
            "detail": "[]",
            "judged_at": UNTIL,
            "at": UNTIL,
            "held_until": UNTIL,
            "amount_cents": 101,
            "units": 9,
        }
        bobs = (entries.c.kind == "redeem") & (entries.c.order_id == "o2")
        change = sa.update(entries).where(bobs).values({column: new.get(column, "x")})
        with journal.write() as connection:
            self.allow_changes(connection)
            assert connection.execute(change).rowcount == 1
        assert verify(journal) != []

    def test_a_missing_entry_is_found(self, url):
        journal = busy_journal(url)
        with journal.write() as connection:
            self.allow_changes(connection)
            connection.execute(sa.delete(entries).where(entries.c.kind == "hold"))
        assert any("an entry is missing" in line for line in verify(journal))

    def allow_changes(self, connection):
        """Take the guard off `entries`, as someone with the database's password could."""
        raise NotImplementedError

    # -- the database itself

    def test_migrations_build_the_tables_the_code_uses(self, empty_urls):
        journal = Journal(empty_urls[0])
        with journal.read() as connection:
            tables = [metadata, PEOPLE, audit.metadata]
            assert compare_metadata(MigrationContext.configure(connection), tables) == []

    def test_opening_again_changes_nothing(self, url):
        busy_journal(url).close()
        assert verify(Journal(url)) == []

    def test_a_ledger_of_a_newer_daypart_is_left_alone(self, url):
        journal = Journal(url)
        with journal.write() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        journal.close()
        with pytest.raises(LedgerError, match="newer Daypart"):
            Journal(url)
