"""Alembic migrations of the ledger's database, run when the journal opens."""
