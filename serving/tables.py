"""The two tables of this room in the ledger's database: API keys and the event inbox."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Engine, Index, MetaData, String, Table, Text, func, inspect, select, text

from offers.columns import Id, Serial
from offers.database import transaction

METADATA = MetaData()
_MAKING_LOCK = 0x736572766E67  # "servng" in ASCII: one number per set of tables

API_KEYS = Table(
    "api_keys",
    METADATA,
    Column("key_hash", String(64), primary_key=True),
    Column("key_id", String(16), nullable=False, unique=True),
    Column("scope", String(16), nullable=False),
    Column("store_id", Id),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger),
    Column("revoked_ms", BigInteger),
    Column("holder_id", String(16)),
    Column("successor_id", String(16)),
)
EVENT_INBOX = Table(
    "event_inbox",
    METADATA,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("event_id", Id, nullable=False, unique=True),
    Column("received_ms", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("absorbed_ms", BigInteger),
    # A hash of what the event said, which outlives its body; none of events from before.
    Column("said", String(16)),
)
_WAITING = text("absorbed_ms IS NULL")
Index("event_inbox_waiting", EVENT_INBOX.c.seq, sqlite_where=_WAITING, postgresql_where=_WAITING)


def prepare(engine: Engine) -> None:
    """Make tables and columns that are missing; processes that do so at once go one after the other. Raises LedgerError."""
    with transaction(engine, write=True) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_MAKING_LOCK)))
        METADATA.create_all(connection, checkfirst=True)
        for table in METADATA.sorted_tables:
            there = {column["name"] for column in inspect(connection).get_columns(table.name)}
            for column in table.columns:
                # Those of later versions, which an older one left out: each may be empty, so old rows need nothing.
                if column.name not in there:
                    kind = column.type.compile(connection.dialect)
                    connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {column.name} {kind}")
