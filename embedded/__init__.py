"""The online store on the ground floor: leased as an embedded Valkey or reached by URL, and how Feast is told of it."""

from embedded.lease import (
    BULK_TIMEOUT_S,
    PING_TIMEOUT_S,
    READ_TIMEOUT_S,
    OnlineStore,
    OnlineStoreError,
    answering,
    connect,
    lease_online_store,
    revive,
)

__all__ = [
    "BULK_TIMEOUT_S",
    "PING_TIMEOUT_S",
    "READ_TIMEOUT_S",
    "OnlineStore",
    "OnlineStoreError",
    "answering",
    "connect",
    "lease_online_store",
    "revive",
]
