"""Before a worker starts: is everything there that it will need? Each fault is one line that says what to do."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager

from embedded import OnlineStoreError, lease_online_store
from models.errors import ArtifactError
from offers.campaign_file import CampaignError, load_campaign
from offers.database import LedgerError, connect
from offers.signing_key import SigningKeyError, signer_at
from serving.bundle import load_bundle_to_start
from serving.catalogue import CatalogueError
from serving.feast_services import feature_services
from serving.tables import prepare
from settings import Settings, SettingsError


class StartFault(Exception):
    """The service cannot start. One line: what, where, what to do."""


FAULTS = (
    ArtifactError, CampaignError, CatalogueError, LedgerError, OnlineStoreError, SettingsError, SigningKeyError, StartFault
)  # fmt: skip


@contextmanager
def preflight(settings: Settings) -> Iterator[Callable[[], object]]:
    """Open each part, and let it go again but for the online store, which stays for as long as the block runs: what it had to
    load is there for the workers. Cheapest first, so that a typing error is told at once.

    An embedded store loads while the block goes on; what is given waits for it. Raises one of FAULTS, as does the waiting.
    """
    for file in sorted(settings.campaigns.glob("*.toml")):
        load_campaign(settings.campaigns, file.stem)
    signer_at(settings.signing_key, settings.offline_retired_keys)
    load_bundle_to_start(settings)
    feature_services(settings)
    engine = connect(settings.ledger_url)
    try:
        prepare(engine)
    finally:
        engine.dispose()
    with ExitStack() as stack:
        beside = ThreadPoolExecutor(1, thread_name_prefix="lease")
        leased = beside.submit(stack.enter_context, lease_online_store(settings))
        beside.shutdown(wait=False)
        try:
            yield leased.result
        finally:
            # What is about to be opened is closed by the stack.
            wait((leased,))
        leased.result()


def require_free(host: str, port: int) -> None:
    """Raises StartFault when the address cannot be bound."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise StartFault(
                f"cannot listen on {host} port {port} ({reason}); set DAYPART_HOST or DAYPART_PORT"
            ) from None
